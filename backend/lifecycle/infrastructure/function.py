"""The direction back as a function on the table's stream: a CloudFormation template of its own.

It is deployed after a cutover, which turns the stream on, and deleted when the direction back ends. The mapping gives a
shard's records to one invocation at a time, in order, repeats from a failed record on, and sends what it gives up to a
queue. Its tumbling window is there because an event names its shard only with one.
"""

from __future__ import annotations

import json
from typing import Any

from api.dynamodb.schema import keys
from api.dynamodb.schema.entities import PK, SK
from lifecycle.infrastructure.alarms import HAS_TOPIC
from lifecycle.infrastructure.grants import VERSION, in_template
from lifecycle.infrastructure.policies import FUNCTION
from lifecycle.infrastructure.table import TABLE_NAME

HANDLER = "live.function.handler.handler"
RUNTIME, ARCHITECTURES = "python3.11", ("x86_64", "arm64")
# The certificate authority that `make dynamodb-live-function ARGS="--ca FILE"` puts into the archive.
CA_FILE = "ca.pem"
_CODE_FOLDER = "/var/task"
# Records are removed from a stream after 24 hours: an hour before, the queue gets what could not be applied.
_RECORD_SECONDS = 23 * 3600
_TIMEOUT_SECONDS, _WINDOW_SECONDS, _MEMORY_MB = 300, 300, 512
_NAME = "${TableName}-live-function"
_AUTHORITY = "VerifiesServer"
_NO_VALUE = {"Ref": "AWS::NoValue"}
_TOPIC = {"Fn::If": [HAS_TOPIC, [{"Ref": "AlarmTopicArn"}], _NO_VALUE]}


def event_filter() -> dict[str, Any]:
    """The mapping's filter: records of the items that become rows, but for those that the TTL removed."""
    prefixes = (keys.DAY_PREFIX, keys.LOG_PREFIX, keys.SAMPLE_PREFIX, keys.HIDDEN_PREFIX)
    main = {SK: {"S": [keys.META, *({"prefix": prefix} for prefix in prefixes)]}}
    plans = {PK: {"S": [keys.PLANS]}}
    by_people = {"userIdentity": {"principalId": [{"exists": False}]}}
    patterns = [{**by_people, "dynamodb": {"Keys": of}} for of in (main, plans)]
    return {"Filters": [{"Pattern": json.dumps(pattern)} for pattern in patterns]}


def _text(description: str, default: str | None = None, **more: Any) -> dict[str, Any]:
    defaults = {} if default is None else {"Default": default}
    return {"Type": "String", **defaults, **more, "Description": description}


def _parameters() -> dict[str, Any]:
    return {
        "TableName": _text("The service's DYNAMODB_TABLE.", TABLE_NAME, AllowedPattern="[a-zA-Z0-9_.-]{3,255}"),
        "StreamArn": _text(
            "The stream that the cutover turned on: `stream` of make dynamodb-live-status ARGS=--json.",
            AllowedPattern="arn:.+:table/.+/stream/.+",
        ),
        "CodeBucket": _text("The bucket with the archive of make dynamodb-live-function."),
        "CodeKey": _text("The archive's key in it."),
        "Architecture": _text(
            "Of the machine that built the archive.", ARCHITECTURES[0], AllowedValues=list(ARCHITECTURES)
        ),
        "MySQLHost": _text("MYSQL_HOST: the server's name within the VPC."),
        "MySQLPort": {"Type": "Number", "Default": 3306, "Description": "MYSQL_PORT."},
        "MySQLUser": _text("MYSQL_USER: an account with SELECT, INSERT, UPDATE and DELETE on the database."),
        "MySQLDatabase": _text("MYSQL_DATABASE.", "algoitny"),
        "MySQLTimeZone": _text("MYSQL_TIME_ZONE, as the move had it.", "UTC"),
        "MySQLSslMode": _text(
            f"MYSQL_SSL_MODE; verify_ca and verify_identity need an archive with {CA_FILE}.", "required",
            AllowedValues=["required", "verify_ca", "verify_identity"],
        ),
        "MySQLSecretArn": _text(
            "The secret with the account's password, as RDS stores it, or the password alone.",
            AllowedPattern="arn:.+:secretsmanager:.+",
        ),
        "TimeZone": _text("The service's ALGOITNY_TIME_ZONE.", "Asia/Seoul"),
        "SubnetIds": {
            "Type": "List<AWS::EC2::Subnet::Id>",
            "Description": "Subnets from which MySQL, DynamoDB and Secrets Manager can be reached.",
        },
        "SecurityGroupIds": {
            "Type": "List<AWS::EC2::SecurityGroup::Id>",
            "Description": "Groups that MySQL lets in.",
        },
        "Concurrency": {
            "Type": "Number",
            "Default": 20,
            "MinValue": 1,
            "Description": "Shards that are applied at the same time, each with a connection to MySQL.",
        },
        "AlarmTopicArn": _text(
            "The SNS topic that the alarms tell; nothing leaves them silent.", "",
            AllowedPattern="(arn:[a-z-]+:sns:.+)?",
        ),
    }  # fmt: skip


def _role() -> dict[str, Any]:
    log = {"Fn::Sub": "${Log.Arn}:*"}
    surroundings = [
        ("Log", ["logs:CreateLogStream", "logs:PutLogEvents"], log),
        ("Password", ["secretsmanager:GetSecretValue"], {"Ref": "MySQLSecretArn"}),
        ("GivenUp", ["sqs:SendMessage"], {"Fn::GetAtt": ["GivenUp", "Arn"]}),
        # AWS narrows these to nothing that is known before: a function in a VPC has network interfaces of its own.
        (
            "Network",
            ["ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:DescribeNetworkInterfaces",
             "ec2:DescribeSubnets", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"],
            "*",
        ),
    ]  # fmt: skip
    statements = [
        {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource}
        for sid, actions, resource in surroundings
    ]
    return {
        "AssumeRolePolicyDocument": {
            "Version": VERSION,
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "lambda.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                }
            ],
        },
        "Policies": [
            {"PolicyName": "table", "PolicyDocument": FUNCTION.document(in_template)},
            {"PolicyName": "surroundings", "PolicyDocument": {"Version": VERSION, "Statement": statements}},
        ],
    }


def _function() -> dict[str, Any]:
    variables = {
        "DYNAMODB_TABLE": {"Ref": "TableName"},
        "ALGOITNY_TIME_ZONE": {"Ref": "TimeZone"},
        "MYSQL_HOST": {"Ref": "MySQLHost"},
        "MYSQL_PORT": {"Ref": "MySQLPort"},
        "MYSQL_USER": {"Ref": "MySQLUser"},
        "MYSQL_DATABASE": {"Ref": "MySQLDatabase"},
        "MYSQL_TIME_ZONE": {"Ref": "MySQLTimeZone"},
        "MYSQL_SSL_MODE": {"Ref": "MySQLSslMode"},
        "MYSQL_SSL_CA": {"Fn::If": [_AUTHORITY, f"{_CODE_FOLDER}/{CA_FILE}", _NO_VALUE]},
        "MYSQL_PASSWORD_SECRET": {"Ref": "MySQLSecretArn"},
    }
    return {
        "FunctionName": {"Fn::Sub": _NAME},
        "Description": "AlgoItny: what the service writes to the table becomes rows of MySQL",
        "Runtime": RUNTIME,
        "Architectures": [{"Ref": "Architecture"}],
        "Handler": HANDLER,
        "Code": {"S3Bucket": {"Ref": "CodeBucket"}, "S3Key": {"Ref": "CodeKey"}},
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "MemorySize": _MEMORY_MB,
        "Timeout": _TIMEOUT_SECONDS,
        "ReservedConcurrentExecutions": {"Ref": "Concurrency"},
        "VpcConfig": {"SubnetIds": {"Ref": "SubnetIds"}, "SecurityGroupIds": {"Ref": "SecurityGroupIds"}},
        "LoggingConfig": {"LogGroup": {"Ref": "Log"}},
        "Environment": {"Variables": variables},
    }


def _mapping() -> dict[str, Any]:
    return {
        "EventSourceArn": {"Ref": "StreamArn"},
        "FunctionName": {"Ref": "Function"},
        "StartingPosition": "TRIM_HORIZON",
        "BatchSize": 200,
        "MaximumBatchingWindowInSeconds": 1,
        "ParallelizationFactor": 1,
        "TumblingWindowInSeconds": _WINDOW_SECONDS,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "BisectBatchOnFunctionError": True,
        "MaximumRetryAttempts": -1,
        "MaximumRecordAgeInSeconds": _RECORD_SECONDS,
        "DestinationConfig": {"OnFailure": {"Destination": {"Fn::GetAtt": ["GivenUp", "Arn"]}}},
        "FilterCriteria": event_filter(),
    }


def _alarm(
    namespace: str, metric: str, dimension: tuple[str, Any], threshold: int, minutes: int, why: str
) -> Any:
    return {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmName": {"Fn::Sub": f"{_NAME}-{metric}"},
            "AlarmDescription": why,
            "Namespace": namespace,
            "MetricName": metric,
            "Dimensions": [{"Name": dimension[0], "Value": dimension[1]}],
            "Statistic": "Maximum",
            "Period": 60,
            "DatapointsToAlarm": minutes,
            "EvaluationPeriods": minutes,
            "Threshold": threshold,
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "notBreaching",
            "AlarmActions": _TOPIC,
            "OKActions": _TOPIC,
        },
    }


def _alarms() -> dict[str, Any]:
    function = ("FunctionName", {"Ref": "Function"})
    queue = ("QueueName", {"Fn::GetAtt": ["GivenUp", "QueueName"]})
    return {
        "IteratorAgeAlarm": _alarm(
            "AWS/Lambda", "IteratorAge", function, 300_000, 5,
            "MySQL is five minutes behind the table: look at the function's log and at MySQL. After 23 hours records "
            "are given up, and nobody can go back any more.",
        ),
        "ErrorsAlarm": _alarm(
            "AWS/Lambda", "Errors", function, 0, 5,
            "The function ends with an error five minutes in a row, or the hourly sweep does: its log says why.",
        ),
        "GivenUpAlarm": _alarm(
            "AWS/SQS", "ApproximateNumberOfMessagesVisible", queue, 0, 1,
            "Records were given up after 23 hours: MySQL lacks what they changed. Do not go back before it was "
            "compared and mended.",
        ),
    }  # fmt: skip


def function_template() -> dict[str, Any]:
    """The template as JSON data."""
    schedule = {
        "ScheduleExpression": "rate(1 hour)",
        "Targets": [
            {
                "Id": "sweep",
                "Arn": {"Fn::GetAtt": ["Function", "Arn"]},
                "Input": {"Fn::Sub": json.dumps({"sweep": "${StreamArn}"})},
            }
        ],
    }
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "AlgoItny: the direction back of a live move, as a function on the stream of the table",
        "Metadata": {"Generated": "by `make infra`; a test fails when it differs: do not edit"},
        "Parameters": _parameters(),
        "Conditions": {
            HAS_TOPIC: {"Fn::Not": [{"Fn::Equals": [{"Ref": "AlarmTopicArn"}, ""]}]},
            _AUTHORITY: {"Fn::Not": [{"Fn::Equals": [{"Ref": "MySQLSslMode"}, "required"]}]},
        },
        "Resources": {
            "Log": {
                "Type": "AWS::Logs::LogGroup",
                "Properties": {"LogGroupName": {"Fn::Sub": f"/aws/lambda/{_NAME}"}, "RetentionInDays": 90},
            },
            "GivenUp": {
                "Type": "AWS::SQS::Queue",
                "Properties": {"MessageRetentionPeriod": 1_209_600, "SqsManagedSseEnabled": True},
            },
            "Role": {"Type": "AWS::IAM::Role", "Properties": _role()},
            "Function": {"Type": "AWS::Lambda::Function", "Properties": _function()},
            "Mapping": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": _mapping()},
            "Sweep": {"Type": "AWS::Events::Rule", "Properties": schedule},
            "SweepPermission": {
                "Type": "AWS::Lambda::Permission",
                "Properties": {
                    "Action": "lambda:InvokeFunction",
                    "FunctionName": {"Ref": "Function"},
                    "Principal": "events.amazonaws.com",
                    "SourceArn": {"Fn::GetAtt": ["Sweep", "Arn"]},
                },
            },
            **_alarms(),
        },
        "Outputs": {
            "FunctionName": {"Description": "The function.", "Value": {"Ref": "Function"}},
            "GivenUpUrl": {
                "Description": "The queue of records that were given up.",
                "Value": {"Ref": "GivenUp"},
            },
        },
    }
