"""rollout.py on the service's table: gates, percentages, versions, rollback, comparison."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.dynamodb.errors import ConditionFailed
from rollout.flags import Setting, State
from tests.integration.rollout.conftest import World

pytestmark = pytest.mark.any_engine


def test_a_table_without_flags_has_every_default_and_no_item(world: World) -> None:
    report = world.json("status")
    assert report["version"] == 0 and report["settings"] == {} and report["history"] == []
    assert report["indexes"] == {"GSI1": "ACTIVE", "GSI2": "ACTIVE"}
    assert world.state == State()


def test_a_flag_is_enabled_for_a_share_disabled_and_each_change_is_in_the_history(world: World) -> None:
    world.run("enable", "sign_in=gsi1_query", "--percent", "10", "--shadow", "5", "--reason", "first tenth")
    setting = world.state.settings["sign_in"]
    assert (setting.value, setting.percent, setting.shadow) == ("gsi1_query", 10, 5)
    salt = world.state.salt
    world.run("enable", "sign_in=gsi1_query")
    world.run("disable", "sign_in")
    assert world.state.settings["sign_in"].value == "email_guard" and world.state.salt == salt
    reasons = [change["reason"] for change in world.json("status")["history"]]
    assert reasons == ["disable sign_in", "sign_in=gsi1_query", "first tenth"]
    assert "sign_in" in world.run("status") and "version 3" in world.run("status")


def test_two_operators_at_once_cannot_overwrite_each_other(world: World) -> None:
    now = datetime.now(UTC)
    both = world.state.with_settings({"sign_in": Setting("gsi1_query", 5, now)}, now, "ann@host", "first")
    world.store.write(both)
    with pytest.raises(ConditionFailed, match="changed meanwhile"):
        world.store.write(
            both.with_settings({}, now, "bob@host", "late").with_settings({}, now, "bob@host", "later")
        )
    assert world.state.version == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("enable", "signin=gsi1_query"), "there is no flag"),
        (("enable", "sign_in=scan"), "set it to email_guard or gsi1_query"),
        (("enable",), "no flag is named"),
        (("enable", "sign_in=gsi1_query", "--settings", "nowhere.tfvars"), "nowhere.tfvars"),
        (("status", "--system", "rollout.nothing"), "--system rollout.nothing"),
        (("status", "--env", "prod"), "ALGOITNY_ENVIRONMENT"),
        (("compare", "timeline"), "not a path with several strategies"),
        (("report", "nowhere.log"), "nowhere.log"),
    ],
)
def test_a_mistake_is_one_line_with_the_next_step(
    world: World, arguments: tuple[str, ...], said: str
) -> None:
    message = world.run(*arguments, code=2)
    assert said in message and len(message.strip().splitlines()) == 1
    assert world.state == State()


def test_prod_asks_for_a_week_in_dev_and_staging_by_their_records_or_a_reason_that_is_logged(
    world: World, tmp_path: Path
) -> None:
    files = []
    for env, days in (("dev", 8), ("staging", 6)):
        since = datetime.now(UTC) - timedelta(days=days)
        record = {"system": "service", "env": env, "version": 3, "settings": {
            "sign_in": {"value": "gsi1_query", "percent": 100, "since": since.isoformat()}
        }}  # fmt: skip
        file = tmp_path / f"{env}.json"
        file.write_text(json.dumps(record))
        files += ["--record", str(file)]
    enable = ("enable", "sign_in=gsi1_query", "--env", "prod", *files)
    message = world.run(*enable, code=2, ALGOITNY_ENVIRONMENT="prod")
    assert "a week of it in staging: it has been on for 6.0 days there" in message and "--override" in message
    assert "in dev" not in message and world.state == State()
    world.run(*enable, "--override", "incident 7", ALGOITNY_ENVIRONMENT="prod")
    assert world.state.reason.startswith("OVERRIDE incident 7 (sign_in=gsi1_query in prod follows a week")


def test_a_record_of_another_kind_is_refused(world: World, tmp_path: Path) -> None:
    file = tmp_path / "record.json"
    file.write_text("[]")
    message = world.run("enable", "sign_in=gsi1_query", "--record", str(file), code=2)
    assert "is not a report of" in message


def test_a_rollback_sets_every_path_to_its_default_in_one_write(world: World) -> None:
    world.run(
        "enable", "sign_in=gsi1_query", "my_runs=partition_query_consistent", "problems=partition_query"
    )
    world.run("rollback", "--reason", "pager")
    assert world.state.version == 2 and world.state.reason == "pager"
    values = {name: setting.value for name, setting in world.state.settings.items()}
    assert values == {"sign_in": "email_guard", "my_runs": "partition_query", "problems": "in_memory"}
    world.run("rollback")
    assert world.state.version == 2


def test_an_index_that_is_missing_keeps_the_gate_closed_whatever_the_reason(world: World) -> None:
    client = world.engine.client()
    client.update_table(
        TableName=world.table_name, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "GSI1"}}]
    )
    message = world.run("enable", "sign_in=gsi1_query", "--override", "hurry", code=2)
    assert "GSI1" in message and ("add_gsi.py" in message or "DELETING" in message)
    assert world.state == State()


def test_all_strategies_of_a_filled_table_have_the_same_results(filled: World) -> None:
    report = filled.json("compare", "--samples", "3", DYNAMODB_CATALOGUE_PROBLEMS="1000")
    assert report["different"] == []
    rows = {(row["path"], row["strategy"]): row for row in report["strategies"]}
    assert rows.keys() == {
        ("sign_in", "email_guard"), ("sign_in", "gsi1_query"),
        ("staff_users", "partition_query"), ("staff_users", "partition_query_consistent"),
        ("staff_drafts", "partition_query"), ("staff_drafts", "partition_query_consistent"),
        ("my_runs", "partition_query"), ("my_runs", "partition_query_consistent"),
        ("problems", "in_memory"), ("problems", "partition_query"),
    }  # fmt: skip
    assert rows["sign_in", "email_guard"]["averageUnits"] == 2.0
    assert rows["sign_in", "gsi1_query"]["averageUnits"] == 0.5
    assert rows["problems", "in_memory"]["averageFetched"] == 0
    assert rows["problems", "partition_query"]["averageFetched"] == 2
    assert "averageUnits" in filled.run("compare", "my_runs", "--samples", "1")
