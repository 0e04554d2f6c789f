"""The template keeps CloudFormation's rules, as far as they can be told without it, and says what was declared."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from api.dynamodb.control_plane.comparison import compare_structure
from api.dynamodb.control_plane.declaration import ENVIRONMENTS
from api.dynamodb.control_plane.description import parse_table
from api.dynamodb.schema.entities import TTL
from api.dynamodb.schema.indexes import INDEXES
from api.dynamodb.table_schema import METRICS_TABLE, table_declaration
from api.dynamodb.transport.retry import SERVICE_POLICY
from config.prices import Prices
from lifecycle.infrastructure import files
from lifecycle.infrastructure.alarms import SPEND_DOLLARS, alarms
from lifecycle.infrastructure.policies import POLICIES, REPOSITORY_OPERATIONS
from lifecycle.infrastructure.template import template
from lifecycle.table_configs.algoitny_main import TABLE

TEMPLATE = template()
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]
PARAMETERS: dict[str, Any] = TEMPLATE["Parameters"]
CONDITIONS: dict[str, Any] = TEMPLATE["Conditions"]
PSEUDO = {"AWS::Partition", "AWS::Region", "AWS::AccountId", "AWS::NoValue"}
SECTIONS = {
    "AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Conditions", "Resources", "Outputs",
}  # fmt: skip
ATTRIBUTES = {"Type", "Condition", "Properties", "DeletionPolicy", "UpdateReplacePolicy"}
# What each type must have and what else it may have, of all that CloudFormation's reference lists.
REQUIRED = {
    "AWS::DynamoDB::Table": {"KeySchema"},
    "AWS::CloudWatch::Alarm": {"ComparisonOperator", "EvaluationPeriods"},
    "AWS::IAM::ManagedPolicy": {"PolicyDocument"},
    "AWS::Budgets::Budget": {"Budget"},
}
OPTIONAL = {
    "AWS::DynamoDB::Table": {
        "TableName", "AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes", "DeletionProtectionEnabled",
        "PointInTimeRecoverySpecification", "TimeToLiveSpecification", "Tags",
    },
    "AWS::CloudWatch::Alarm": {
        "AlarmName", "AlarmDescription", "Namespace", "MetricName", "Dimensions", "Statistic", "ExtendedStatistic",
        "EvaluateLowSampleCountPercentile", "Period", "DatapointsToAlarm", "Threshold", "TreatMissingData",
        "AlarmActions", "OKActions",
    },
    "AWS::IAM::ManagedPolicy": {"Description"},
    "AWS::Budgets::Budget": {"NotificationsWithSubscribers"},
}  # fmt: skip
BYTES = 51_200  # of a template that a command line passes on


def walk(value: Any) -> Iterator[tuple[str, Any]]:
    """Every key and value within, at any depth."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key, inner
            yield from walk(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from walk(inner)


def of_type(kind: str) -> dict[str, dict[str, Any]]:
    return {name: made["Properties"] for name, made in RESOURCES.items() if made["Type"] == kind}


def test_it_has_the_sections_that_a_template_may_have() -> None:
    assert set(TEMPLATE) == SECTIONS
    assert TEMPLATE["AWSTemplateFormatVersion"] == "2010-09-09"
    assert len(files.contents()[files.TEMPLATE].encode()) < BYTES
    for names in (RESOURCES, PARAMETERS, CONDITIONS, TEMPLATE["Outputs"]):
        assert all(re.fullmatch(r"[A-Za-z0-9]{1,255}", name) for name in names)
        assert len(names) <= 200


def test_it_says_that_it_is_generated_and_by_which_command() -> None:
    assert "`make infra`" in TEMPLATE["Metadata"]["Generated"]
    assert "algoitny-watch.json" in TEMPLATE["Metadata"]["IndexChanges"]


def test_every_reference_leads_somewhere() -> None:
    known = {*PARAMETERS, *RESOURCES, *PSEUDO}
    functions = set()
    for key, value in walk({name: TEMPLATE[name] for name in ("Conditions", "Resources", "Outputs")}):
        if key == "Ref":
            assert value in known
        elif key == "Fn::Sub":
            assert set(re.findall(r"\$\{([^}]+)\}", value)) <= known
        elif key == "Fn::If":
            assert value[0] in CONDITIONS
        elif key == "Condition" and isinstance(value, str):
            assert value in CONDITIONS
        if key.startswith("Fn::"):
            functions.add(key)
    assert functions == {"Fn::Sub", "Fn::If", "Fn::Not", "Fn::Equals", "Fn::And"}


def test_without_the_table_it_is_the_same_and_nothing_refers_to_it() -> None:
    watch = template(with_table=False)
    assert {**watch, "Description": ""} == {
        **TEMPLATE,
        "Description": "",
        "Resources": {
            name: made for name, made in RESOURCES.items() if name not in ("Table", "MetricsTable")
        },
    }
    assert not any((key, value) == ("Ref", "Table") for key, value in walk(TEMPLATE))


@pytest.mark.parametrize("name", RESOURCES)
def test_a_resource_has_what_its_type_requires_and_nothing_unknown(name: str) -> None:
    made = RESOURCES[name]
    assert set(made) <= ATTRIBUTES
    properties = set(made["Properties"])
    assert REQUIRED[made["Type"]] <= properties
    assert properties <= REQUIRED[made["Type"]] | OPTIONAL[made["Type"]]


def test_parameters_have_types_and_defaults_that_their_own_rules_allow() -> None:
    assert PARAMETERS["TableName"]["Default"] == "algoitny_main"
    assert PARAMETERS["Environment"]["AllowedValues"] == [env for env in ENVIRONMENTS if env != "dev"]
    for parameter in PARAMETERS.values():
        default = parameter.get("Default")
        assert parameter["Type"] == ("Number" if isinstance(default, int) else "String")
        assert parameter["Type"] == "String" or default >= parameter["MinValue"]
        if default is not None and "AllowedPattern" in parameter:
            assert re.fullmatch(parameter["AllowedPattern"], default)
        if default is not None and "AllowedValues" in parameter:
            assert default in parameter["AllowedValues"]
    used = {value for key, value in walk(TEMPLATE) if key == "Ref"}
    subbed = {
        n for key, value in walk(TEMPLATE) if key == "Fn::Sub" for n in re.findall(r"\$\{(\w+)\}", value)
    }
    assert set(PARAMETERS) <= used | subbed


def test_the_table_is_the_declared_one() -> None:
    properties = of_type("AWS::DynamoDB::Table")["Table"]
    table = parse_table({**properties, "TableName": "any", "TableStatus": "ACTIVE"})
    assert compare_structure(TABLE, table) == []
    definition = table_declaration("any").definition("prod")
    del definition["Tags"]
    assert {**properties, "TableName": "any"}.items() >= definition.items()
    assert properties["TimeToLiveSpecification"] == {"AttributeName": TTL, "Enabled": True}
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert properties["DeletionProtectionEnabled"] is True
    keys = {
        key["AttributeName"] for index in properties["GlobalSecondaryIndexes"] for key in index["KeySchema"]
    }
    keys |= {key["AttributeName"] for key in properties["KeySchema"]}
    assert keys == {each["AttributeName"] for each in properties["AttributeDefinitions"]}


@pytest.mark.parametrize("env", PARAMETERS["Environment"]["AllowedValues"])
def test_its_settings_are_those_that_are_declared_for_the_environment(env: str) -> None:
    properties, here = RESOURCES["Table"]["Properties"], TABLE.for_env(env)
    tags = {
        tag["Key"]: env if tag["Value"] == {"Ref": "Environment"} else tag["Value"]
        for tag in properties["Tags"]
    }
    assert tags == here.tags
    assert properties["DeletionProtectionEnabled"] == here.protection
    assert properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] == here.recovery
    assert properties["TimeToLiveSpecification"]["AttributeName"] == here.ttl
    assert (here.billing, here.stream) == (None, None)


def test_the_table_outlives_its_stack() -> None:
    assert RESOURCES["Table"]["DeletionPolicy"] == "Retain"
    assert RESOURCES["Table"]["UpdateReplacePolicy"] == "Retain"


def test_alarms_keep_cloudwatch_s_rules() -> None:
    made = of_type("AWS::CloudWatch::Alarm")
    assert len({alarm["AlarmName"]["Fn::Sub"] for alarm in made.values()}) == len(made) == len(alarms())
    for alarm in made.values():
        assert ("Statistic" in alarm) != ("ExtendedStatistic" in alarm)
        assert alarm["DatapointsToAlarm"] <= alarm["EvaluationPeriods"]
        assert alarm["Period"] in (10, 30) or alarm["Period"] % 60 == 0
        assert alarm["Period"] * alarm["EvaluationPeriods"] <= 86_400
        assert alarm["TreatMissingData"] == "notBreaching"
        assert 60 < len(alarm["AlarmDescription"]) <= 1024
        assert alarm["AlarmActions"]["Fn::If"][0] == "HasAlarmTopic"


def metrics() -> dict[str, set[str]]:
    """The alarms' metrics, each with the operations and indexes that it is watched for."""
    found: dict[str, set[str]] = {}
    for alarm in of_type("AWS::CloudWatch::Alarm").values():
        names = [each["Value"] for each in alarm.get("Dimensions", []) if each["Name"] != "TableName"]
        found.setdefault(alarm["MetricName"], set()).add(names[0] if names else "")
    return found


def test_every_index_is_watched_for_throttles_and_every_operation_for_errors() -> None:
    places = {"", *(index.name for index in INDEXES)}
    assert metrics() == {
        "ReadThrottleEvents": places,
        "WriteThrottleEvents": places,
        "ThrottledRequests": {"TransactWriteItems"},
        "ConsumedReadCapacityUnits": places,
        "ConsumedWriteCapacityUnits": places,
        "SuccessfulRequestLatency": {"GetItem", "UpdateItem", "Query"},
        "SystemErrors": set(REPOSITORY_OPERATIONS),
        "UserErrors": {""},
    }


def test_latency_rings_before_the_service_gives_up() -> None:
    for alarm in alarms():
        if alarm.statistic == "p99":
            assert alarm.threshold < SERVICE_POLICY.read_timeout * 1000
            assert f"{SERVICE_POLICY.read_timeout * 1000:.0f} ms" in alarm.why


def test_user_errors_have_no_table() -> None:
    """CloudWatch keeps them by account and region; an alarm with a table's name would never ring."""
    (alarm,) = [a for a in of_type("AWS::CloudWatch::Alarm").values() if a["MetricName"] == "UserErrors"]
    assert "Dimensions" not in alarm


def test_the_table_of_metrics_is_the_declared_one() -> None:
    properties = of_type("AWS::DynamoDB::Table")["MetricsTable"]
    table = parse_table({**properties, "TableName": "any", "TableStatus": "ACTIVE"})
    assert compare_structure(METRICS_TABLE, table) == []
    assert properties["TimeToLiveSpecification"] == {"AttributeName": TTL, "Enabled": True}
    assert properties["TableName"] == {"Ref": "MetricsTableName"}


def test_policies_stand_in_the_template_as_they_stand_alone() -> None:
    made = of_type("AWS::IAM::ManagedPolicy")
    assert set(made) == {policy.logical_id for policy in POLICIES}
    for policy in POLICIES:
        whole = json.dumps(made[policy.logical_id]["PolicyDocument"])
        start = '{"Fn::Sub": "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:'
        plain = re.sub(re.escape(start) + r'([^"]+)"}', r'"arn:aws:dynamodb:*:*:\1"', whole)
        alone = json.loads(files.contents()[f"iam/{policy.name}.json"])
        plain = plain.replace("${TableName}", "algoitny_main").replace(
            "${MetricsTableName}", "algoitny_metrics"
        )
        assert json.loads(plain) == alone
        assert re.fullmatch(r"[ -~]{1,1000}", made[policy.logical_id]["Description"])


def test_consumed_units_ring_at_what_they_cost_and_a_person_can_set_the_number() -> None:
    prices = {"Read": Prices().per_million_rru, "Write": Prices().per_million_wru}
    for kind, price in prices.items():
        parameter = PARAMETERS[f"{kind}UnitsPerMinute"]
        assert parameter["Default"] * 60 / 1e6 * price == pytest.approx(SPEND_DOLLARS, rel=1e-4)
        made = [
            each
            for each in of_type("AWS::CloudWatch::Alarm").values()
            if each["MetricName"] == f"Consumed{kind}CapacityUnits"
        ]
        assert len(made) == 1 + len(INDEXES)
        for alarm in made:
            assert alarm["Threshold"] == {"Ref": f"{kind}UnitsPerMinute"} and alarm["Statistic"] == "Sum"
            assert f"{parameter['Default']:,} units a minute" in alarm["AlarmDescription"]


def test_a_budget_is_made_where_there_is_an_amount_and_somebody_to_tell() -> None:
    assert RESOURCES["MonthlyBudget"]["Condition"] == "HasBudget"
    assert CONDITIONS["HasBudget"] == {
        "Fn::And": [
            {"Fn::Not": [{"Fn::Equals": [{"Ref": "MonthlyDollars"}, 0]}]}, {"Condition": "HasAlarmTopic"},
        ]
    }  # fmt: skip
    assert PARAMETERS["MonthlyDollars"]["Default"] == 0
    (budget,) = of_type("AWS::Budgets::Budget").values()
    assert budget["Budget"]["BudgetLimit"] == {"Amount": {"Ref": "MonthlyDollars"}, "Unit": "USD"}
    told = {each["Notification"]["NotificationType"] for each in budget["NotificationsWithSubscribers"]}
    assert told == {"ACTUAL", "FORECASTED"}
