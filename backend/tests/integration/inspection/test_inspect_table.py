"""`make dynamodb-inspect` on engines: what it shows of a subject, what it finds, and what it refuses."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from api.dynamodb.clock import utc_now
from api.dynamodb.usage_limits.windows import local_day
from tests.integration.inspection.conftest import World
from tests.support.engines import Engine
from tests.support.scripts import run_script


def inspected(world: World, *arguments: str, exit_code: int = 0) -> dict[str, Any]:
    done = run_script("inspect_table", *arguments, "--json", settings=world.settings)
    assert (done.returncode, done.stderr) == (exit_code, "")
    shown: dict[str, Any] = json.loads(done.stdout)
    return shown


def kinds(shown: dict[str, Any]) -> set[str]:
    return {item["kind"] for item in shown["items"]}


def test_each_thing_is_shown_with_all_its_items_and_nothing_is_wrong(world: World) -> None:
    person = {
        "user",
        "email_guard",
        "google_guard",
        "user_entry",
        "user_run",
        "user_problem_run",
        "usage_day",
    }
    user = inspected(world, "user", "7")
    assert kinds(user) == person
    assert user["findings"] == []
    assert "Kim@Example.org" not in json.dumps(user)
    assert kinds(inspected(world, "email", " kim@EXAMPLE.org")) == person
    run = inspected(world, "run", "99")
    assert kinds(run) == {"run", "user_run", "user_problem_run", "text_part"}
    (main,) = (item for item in run["items"] if item["kind"] == "run")
    assert main["indexes"][0]["index"] == "GSI2"
    assert main["indexes"][0]["is_listed"] is True
    assert run["cost"]["read_units"] > 0
    problem = {"problem", "number_guard", "problem_entry", "word_entry", "test_case", "text_part"}
    assert kinds(inspected(world, "problem", "12")) == problem
    assert kinds(inspected(world, "problem", "baekjoon", "1000")) == problem
    assert kinds(inspected(world, "case", "12", str(world.case_id))) == {"test_case", "text_part"}
    days = {local_day(utc_now()), local_day(utc_now() - timedelta(minutes=10))}
    shown = [
        run_script("inspect_table", "usage", "7", day.isoformat(), settings=world.settings).stdout
        for day in days
    ]
    assert any("usage_day" in text and "nothing is wrong" in text for text in shown)


def test_a_fault_is_named_with_the_next_step_and_exit_code_1(world: World) -> None:
    world.table.update_item(
        Key={"PK": "RUN#99", "SK": "META"},
        UpdateExpression="SET pub = :f",
        ExpressionAttributeValues={":f": False},
    )
    shown = inspected(world, "run", "99", exit_code=1)
    checks = [(finding["check"], finding["kind"]) for finding in shown["findings"]]
    assert sorted(checks) == [
        ("entry.different", "user_problem_run"), ("entry.different", "user_run"), ("index.superfluous", "run"),
    ]  # fmt: skip
    done = run_script("inspect_table", "run", "99", settings=world.settings)
    assert done.returncode == 1
    assert (
        "WRONG index.superfluous: run RUN#99 / META: it is in GSI2, where its fields do not put it"
        in done.stdout
    )
    assert done.stdout.splitlines()[-1].startswith("3 faults; read with ")


def test_what_is_asked_for_is_shown(world: World) -> None:
    done = run_script("inspect_table", "user", "7", "--personal", settings=world.settings)
    assert done.returncode == 0
    assert "email: Kim@Example.org" in done.stdout
    assert "google_guard  GID#g7 / GUARD" in done.stdout
    hidden = run_script("inspect_table", "user", "7", settings=world.settings).stdout
    assert "Kim@" not in hidden
    assert "email: (hidden)" in hidden


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("user", "8"), "error: there is no item of user 8 in the table"),
        (("user", "kim"), "error: give user ID"),
        (("problem", "baekjoon", "1", "2"), "error: give problem ID, or problem PLATFORM NUMBER"),
        (("usage", "7", "yesterday"), "error: give usage USER_ID YYYY-MM-DD"),
        (
            ("problem", "baekjoon", "9"),
            "error: there is no problem baekjoon 9 in the table: if you know its id",
        ),
        (("user", "7", "--limit", "0"), "error: --limit is 0: give a number from 1"),
    ],
)
def test_what_cannot_be_shown_is_told_in_one_line(
    world: World, arguments: tuple[str, ...], message: str
) -> None:
    done = run_script("inspect_table", *arguments, settings=world.settings)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(message)
    assert len(done.stderr.splitlines()) == 1


def test_a_table_that_is_missing_is_told_with_the_command_that_makes_it(
    use_engine: Engine, table_name: str
) -> None:
    done = run_script("inspect_table", "user", "7", settings=use_engine.settings(table_name))
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert "make dynamodb-init" in done.stderr
