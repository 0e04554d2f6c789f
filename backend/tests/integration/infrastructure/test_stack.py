"""The template, deployed to MiniStack's CloudFormation, makes the declared table, its alarms and its policies.

MiniStack 1.5 makes of the table what CreateTable takes, deletion protection and tags; it leaves TTL and
point-in-time recovery out, so they are turned on here from the template's own words, by the calls that
CloudFormation makes on AWS. It keeps alarms and policies as they are given and never evaluates them. It answers
at once: nothing waits here for an index.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from api.dynamodb.control_plane.comparison import compare_table
from api.dynamodb.control_plane.description import read_settings
from api.dynamodb.schema.indexes import INDEXES
from api.dynamodb.table_schema import check_table, create_table
from engines.ministack import SERVICES, start_ministack
from lifecycle.infrastructure import files
from lifecycle.infrastructure.alarms import alarms
from lifecycle.infrastructure.policies import POLICIES
from lifecycle.table_configs.algoitny_main import TABLE as DECLARED
from tests.support.engines import REGION, Engine
from tests.support.scripts import run_script

TEMPLATE = (files.FOLDER / files.TEMPLATE).read_text(encoding="utf-8")
WATCH = (files.FOLDER / files.WATCH).read_text(encoding="utf-8")
TABLE: dict[str, Any] = json.loads(TEMPLATE)["Resources"]["Table"]["Properties"]
METRICS: dict[str, Any] = json.loads(TEMPLATE)["Resources"]["MetricsTable"]["Properties"]
TOPIC = "arn:aws:sns:us-east-1:111122223333:oncall"
TESTED = {"Environment": "staging", "AlarmTopicArn": TOPIC}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A MiniStack that plays CloudFormation and what the template asks of it."""
    services = (*SERVICES, "cloudformation", "cloudwatch", "monitoring", "iam", "sts")
    with start_ministack(tmp_path_factory.mktemp("cloud"), services=services) as running:
        yield Engine(running.name, running.endpoint_url)


def client(cloud: Engine, service: str) -> Any:
    make: Callable[..., Any] = boto3.client
    return make(
        service, endpoint_url=cloud.endpoint_url, region_name=REGION,
        aws_access_key_id="test", aws_secret_access_key="test",
    )  # fmt: skip


class Stack:
    """A stack of the template for a table of its own."""

    def __init__(self, cloud: Engine, table: str) -> None:
        self.cloud, self.table = cloud, table
        self.metrics_table = f"{table}_metrics"
        self.name = table.replace("_", "-")
        self.formation = client(cloud, "cloudformation")

    def _asked(self, template: str, parameters: dict[str, str]) -> dict[str, Any]:
        given = {**TESTED, "TableName": self.table, "MetricsTableName": self.metrics_table, **parameters}
        return {
            "StackName": self.name,
            "TemplateBody": template,
            "Capabilities": ["CAPABILITY_IAM"],
            "Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in given.items()],
        }

    def create(self, template: str = TEMPLATE, **parameters: str) -> None:
        self.formation.create_stack(**self._asked(template, parameters))
        self.formation.get_waiter("stack_create_complete").wait(
            StackName=self.name, WaiterConfig={"Delay": 1}
        )

    def update(self, template: str, **parameters: str) -> None:
        self.formation.update_stack(**self._asked(template, parameters))
        self.formation.get_waiter("stack_update_complete").wait(
            StackName=self.name, WaiterConfig={"Delay": 1}
        )

    def adopt(self, **parameters: str) -> list[tuple[str, str]]:
        """Imports the tables into the stack, as infra/README.md says; what the change set changes."""
        names = {"StackName": self.name, "ChangeSetName": "adopt"}
        tables = [
            {
                "ResourceType": "AWS::DynamoDB::Table",
                "LogicalResourceId": resource,
                "ResourceIdentifier": {"TableName": name},
            }
            for resource, name in (("Table", self.table), ("MetricsTable", self.metrics_table))
        ]
        self.formation.create_change_set(
            **self._asked(TEMPLATE, parameters),
            ChangeSetName="adopt",
            ChangeSetType="IMPORT",
            ResourcesToImport=tables,
        )
        self.formation.get_waiter("change_set_create_complete").wait(**names, WaiterConfig={"Delay": 1})
        changes = self.formation.describe_change_set(**names)["Changes"]
        self.formation.execute_change_set(**names)
        self.formation.get_waiter("stack_import_complete").wait(
            StackName=self.name, WaiterConfig={"Delay": 1}
        )
        return [(c["ResourceChange"]["Action"], c["ResourceChange"]["LogicalResourceId"]) for c in changes]

    def kinds(self) -> list[str]:
        """The types of what is in the stack."""
        found = self.formation.describe_stack_resources(StackName=self.name)["StackResources"]
        return sorted(each["ResourceType"] for each in found if each["ResourceStatus"] != "DELETE_COMPLETE")

    def outputs(self) -> dict[str, str]:
        (stack,) = self.formation.describe_stacks(StackName=self.name)["Stacks"]
        return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}

    def alarms(self) -> dict[str, dict[str, Any]]:
        """CloudWatch's alarms of this table by what follows table and environment in their names."""
        prefix = f"{self.table}-{TESTED['Environment']}-"
        pages = (
            client(self.cloud, "cloudwatch").get_paginator("describe_alarms").paginate(AlarmNamePrefix=prefix)
        )
        return {a["AlarmName"].removeprefix(prefix): a for page in pages for a in page["MetricAlarms"]}

    def described(self) -> dict[str, Any]:
        table: dict[str, Any] = self.cloud.client().describe_table(TableName=self.table)["Table"]  # type: ignore[assignment]
        return table

    def do_what_ministack_leaves_out(self) -> None:
        """TTL and recovery, from the template."""
        dynamodb = self.cloud.client()
        dynamodb.update_time_to_live(
            TableName=self.table, TimeToLiveSpecification=TABLE["TimeToLiveSpecification"]
        )
        dynamodb.update_continuous_backups(
            TableName=self.table,
            PointInTimeRecoverySpecification=TABLE["PointInTimeRecoverySpecification"],
        )
        dynamodb.update_time_to_live(
            TableName=self.metrics_table, TimeToLiveSpecification=METRICS["TimeToLiveSpecification"]
        )


def _located(resource: str, places: dict[str, str]) -> str:
    for place, arn in places.items():
        resource = resource.replace(place, arn)
    return resource


@pytest.fixture
def stack(cloud: Engine, table_name: str) -> Iterator[Stack]:
    made = Stack(cloud, table_name)
    yield made
    made.formation.delete_stack(StackName=made.name)


def test_the_deployed_table_is_the_declared_one(stack: Stack) -> None:
    stack.create()
    dynamodb = stack.cloud.client()
    assert [each.kind for each in check_table(dynamodb, stack.table)] == ["ttl"]
    stack.do_what_ministack_leaves_out()
    assert check_table(dynamodb, stack.table) == []
    assert stack.outputs()["TableArn"].endswith(f":table/{stack.table}")


def test_check_finds_no_drift_in_the_deployed_table(stack: Stack) -> None:
    """The command compares keys, types, indexes, states, TTL, billing, recovery, stream, tags and protection."""

    def check() -> tuple[int, str]:
        settings = stack.cloud.settings(stack.table)
        done = run_script("dynamodb_migrations", "check", "--env", TESTED["Environment"], settings=settings)
        return done.returncode, done.stdout + done.stderr

    stack.create()
    code, told = check()
    assert code == 1, told
    dynamodb, env = stack.cloud.client(), TESTED["Environment"]
    before = compare_table(DECLARED, env, read_settings(dynamodb, stack.table))
    assert [each.kind for each in before.differences] == ["ttl", "recovery"]
    stack.do_what_ministack_leaves_out()
    code, told = check()
    assert code == 0, told


def test_its_alarms_watch_what_was_declared_and_tell_the_topic(stack: Stack) -> None:
    stack.create()
    found = stack.alarms()
    assert set(found) == {alarm.name for alarm in alarms()}
    for alarm in alarms():
        made = found[alarm.name]
        dimensions = {each["Name"]: each["Value"] for each in made.get("Dimensions", [])}
        told = {} if alarm.dimensions is None else {"TableName": stack.table, **dict(alarm.dimensions)}
        assert dimensions == told
        assert (made["MetricName"], made["Namespace"]) == (alarm.metric, "AWS/DynamoDB")
        assert made.get("ExtendedStatistic", made.get("Statistic")) == alarm.statistic
        assert (made["Threshold"], made["EvaluationPeriods"]) == (alarm.threshold, alarm.of)
        assert made["AlarmDescription"] == alarm.why
        assert made["AlarmActions"] == [TOPIC]
        assert made["OKActions"] == [TOPIC]


def test_without_a_topic_the_alarms_are_there_and_silent(stack: Stack) -> None:
    stack.create(AlarmTopicArn="")
    found = stack.alarms()
    assert len(found) == len(alarms())
    assert all(alarm["AlarmActions"] == [] for alarm in found.values())


def test_its_policies_name_the_stack_s_own_table(stack: Stack) -> None:
    stack.create()
    iam, outputs = client(stack.cloud, "iam"), stack.outputs()
    for policy in POLICIES:
        arn = outputs[f"{policy.logical_id}Arn"]
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
        table = f"arn:aws:dynamodb:{REGION}:000000000000:table/{stack.table}"
        metrics = f"arn:aws:dynamodb:{REGION}:000000000000:table/{stack.metrics_table}"
        places = {"table/{table}": table, "table/{metrics}": metrics}
        assert document == policy.document(lambda name, places=places: _located(name, places))  # type: ignore[misc]


def test_a_stack_that_is_deleted_leaves_the_table_with_its_items(stack: Stack) -> None:
    stack.create()
    item = {"PK": {"S": "PLAN"}, "SK": {"S": "1"}}
    stack.cloud.client().put_item(TableName=stack.table, Item=item)
    stack.formation.delete_stack(StackName=stack.name)
    stack.formation.get_waiter("stack_delete_complete").wait(StackName=stack.name, WaiterConfig={"Delay": 1})
    assert stack.cloud.client().get_item(TableName=stack.table, Key=item)["Item"] == item
    assert stack.alarms() == {}


def test_an_index_changed_by_the_tools_lives_with_a_stack_that_let_the_table_go(stack: Stack) -> None:
    """The order of infra/README.md: the table leaves the stack, changes, and is adopted again, never touched."""
    stack.create()
    stack.do_what_ministack_leaves_out()
    dynamodb = stack.cloud.client()
    item = {"PK": {"S": "PLAN"}, "SK": {"S": "1"}}
    dynamodb.put_item(TableName=stack.table, Item=item)
    before = stack.described()["TableId"]

    stack.update(WATCH)
    assert "AWS::DynamoDB::Table" not in stack.kinds()
    assert set(stack.alarms()) == {alarm.name for alarm in alarms()}
    dynamodb.update_table(
        TableName=stack.table,
        AttributeDefinitions=[{"AttributeName": "GSI3PK", "AttributeType": "S"}],
        GlobalSecondaryIndexUpdates=[
            {
                "Create": {
                    "IndexName": "GSI3",
                    "KeySchema": [{"AttributeName": "GSI3PK", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "ALL"},
                }
            }
        ],
    )
    stack.update(WATCH, AlarmTopicArn="")  # any later deployment
    names = {index["IndexName"] for index in stack.described()["GlobalSecondaryIndexes"]}
    assert names == {"GSI3", *(index.name for index in INDEXES)}

    dynamodb.update_table(
        TableName=stack.table, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "GSI3"}}]
    )
    assert stack.adopt(AlarmTopicArn="") == [("Import", "Table"), ("Import", "MetricsTable")]
    assert "AWS::DynamoDB::Table" in stack.kinds()
    assert check_table(dynamodb, stack.table) == []
    assert stack.described()["TableId"] == before
    assert dynamodb.get_item(TableName=stack.table, Key=item)["Item"] == item


def test_a_table_that_was_there_before_gets_its_alarms_and_policies(stack: Stack) -> None:
    create_table(stack.cloud.client(), stack.table)
    stack.create(WATCH)
    assert set(stack.kinds()) == {"AWS::CloudWatch::Alarm", "AWS::IAM::ManagedPolicy"}
    assert check_table(stack.cloud.client(), stack.table) == []


def test_an_environment_that_is_not_declared_is_refused(stack: Stack) -> None:
    with pytest.raises(ClientError, match="Environment"):
        stack.create(Environment="moon")
