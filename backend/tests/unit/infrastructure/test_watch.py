"""Alarms for the tables of the examples and for tables of one's own: each table and index, by its real name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cfnlint.api import lint

from api.dynamodb.control_plane.declaration import ENVIRONMENTS, TableConfig
from config.environment import BACKEND_DIR
from lifecycle.declared_tables import load_tables
from lifecycle.infrastructure import files
from lifecycle.infrastructure.watch import example_templates, folder_template
from tests.support.scripts import run_script

EXAMPLES = example_templates()


def tables(name: str) -> list[TableConfig]:
    declared = load_tables([BACKEND_DIR / "examples" / name / "table_configs"])
    return [table.config for table in declared if not table.is_borrowed]


def alarms(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [resource["Properties"] for resource in document["Resources"].values()]


def resolved(value: Any, env: str) -> str:
    text = value["Fn::Sub"] if isinstance(value, dict) else value
    return str(text.replace("${Environment}", env))


def test_every_example_has_its_alarms() -> None:
    assert set(EXAMPLES) == {"decision_log", "playground_scores", "root_orchestrator", "trading_dashboard"}


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_linter_of_cloudformation_has_nothing_to_say(name: str) -> None:
    text = files.json_text(EXAMPLES[name])
    assert json.loads(text) == EXAMPLES[name] and len(text.encode()) < 51_200
    assert [f"{match.rule.id} {match.message}" for match in lint(text)] == []


@pytest.mark.parametrize("env", ENVIRONMENTS)
@pytest.mark.parametrize("name", EXAMPLES)
def test_every_table_and_index_is_watched_by_its_real_name(name: str, env: str) -> None:
    watched: dict[str, set[tuple[str, str]]] = {}
    for alarm in alarms(EXAMPLES[name]):
        dimensions = {each["Name"]: each["Value"] for each in alarm["Dimensions"]}
        place = (resolved(dimensions["TableName"], env), dimensions.get("GlobalSecondaryIndexName", ""))
        watched.setdefault(alarm["MetricName"], set()).add(place)
    places = {
        (table.table_name(env), index)
        for table in tables(name)
        for index in ("", *(each.name for each in table.indexes))
    }
    for kind in ("Read", "Write"):
        assert watched[f"{kind}ThrottleEvents"] == watched[f"Consumed{kind}CapacityUnits"] == places
    assert watched["SystemErrors"] == {(table.table_name(env), "") for table in tables(name)}


@pytest.mark.parametrize("name", EXAMPLES)
def test_no_two_alarms_of_an_account_have_one_name(name: str) -> None:
    names = [resolved(each["AlarmName"], env) for each in alarms(EXAMPLES[name]) for env in ENVIRONMENTS]
    assert len(set(names)) == len(names)


def test_a_table_that_has_one_name_everywhere_is_watched_by_it(tmp_path: Path) -> None:
    (tmp_path / "orders.py").write_text(
        "from api.dynamodb.control_plane.declaration import *\n"
        'TABLE = TableConfig("orders", Key("id"), real_name="{name}")\n'
    )
    made = alarms(folder_template(tmp_path, "own"))
    assert {each["Dimensions"][0]["Value"] for each in made} == {"orders"}
    assert all(each["AlarmName"]["Fn::Sub"].startswith("orders-${Environment}-") for each in made)
    printed = run_script("infrastructure", "--watch", str(tmp_path))
    assert printed.returncode == 0 and json.loads(printed.stdout)["Resources"].keys()
    missing = run_script("infrastructure", "--watch", str(tmp_path / "nothing"))
    assert (missing.returncode, missing.stderr.count("\n")) == (2, 1)
