"""The template of the function on the stream, and the archive's rules about what it may be built of."""

from __future__ import annotations

import importlib
import json
from typing import Any

import pytest
from cfnlint.api import lint

from lifecycle.errors import BadInput
from lifecycle.infrastructure import function_archive
from lifecycle.infrastructure.function import HANDLER, function_template
from live.streams.shards import RETENTION_SECONDS

TEMPLATE = function_template()
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]


def test_the_linter_of_cloudformation_has_nothing_to_say() -> None:
    assert [f"{match.rule.id} {match.message}" for match in lint(json.dumps(TEMPLATE))] == []


def test_its_handler_exists() -> None:
    module, _, name = HANDLER.rpartition(".")
    assert callable(getattr(importlib.import_module(module), name))


def test_a_shard_is_applied_in_order_from_its_beginning_and_nothing_is_given_up_before_the_reader_would() -> (
    None
):
    mapping = RESOURCES["Mapping"]["Properties"]
    assert (mapping["ParallelizationFactor"], mapping["StartingPosition"]) == (1, "TRIM_HORIZON")
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["BisectBatchOnFunctionError"] and mapping["MaximumRetryAttempts"] == -1
    assert mapping["MaximumRecordAgeInSeconds"] == RETENTION_SECONDS
    assert mapping["DestinationConfig"]["OnFailure"]["Destination"] == {"Fn::GetAtt": ["GivenUp", "Arn"]}
    assert mapping["TumblingWindowInSeconds"] <= 900
    assert json.loads(RESOURCES["Sweep"]["Properties"]["Targets"][0]["Input"]["Fn::Sub"]) == {
        "sweep": "${StreamArn}"
    }


def test_no_password_stands_in_its_settings_and_no_right_is_without_bounds() -> None:
    variables = RESOURCES["Function"]["Properties"]["Environment"]["Variables"]
    assert "MYSQL_PASSWORD" not in variables and variables["MYSQL_PASSWORD_SECRET"] == {
        "Ref": "MySQLSecretArn"
    }
    table, surroundings = (each["PolicyDocument"] for each in RESOURCES["Role"]["Properties"]["Policies"])
    unbounded = {
        action
        for statement in (*table["Statement"], *surroundings["Statement"])
        if statement["Resource"] in ("*", ["*"])
        for action in statement["Action"]
    }
    assert {action.partition(":")[0] for action in unbounded} == {"ec2", "dynamodb"}
    assert [action for action in unbounded if action.startswith("dynamodb:")] == ["dynamodb:ListStreams"]


@pytest.mark.parametrize(
    ("tag", "runs"),
    [
        ("py3-none-any", True),
        ("cp311-cp311-manylinux_2_17_x86_64", True),
        ("cp311-cp311-manylinux2014_aarch64", True),
        ("cp311-abi3-manylinux_2_34_x86_64", False),
        ("cp311-cp311-macosx_11_0_arm64", False),
    ],
)
def test_native_code_has_to_run_on_the_runtime_s_system(tag: str, runs: bool) -> None:
    assert function_archive._runs(tag) == runs


def test_packages_that_are_not_the_pinned_ones_are_refused() -> None:
    with pytest.raises(BadInput, match=r"orjson is .*, and requirements\.txt pins 1\.0"):
        function_archive._pinned("orjson", {"orjson": "1.0"})
    with pytest.raises(BadInput, match="nothing-of-this-name is not installed"):
        function_archive._pinned("nothing-of-this-name", {})
