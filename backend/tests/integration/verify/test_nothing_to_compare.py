"""A proof that compared no row is no success: an exit code of its own, and a last line that says why."""

from __future__ import annotations

import json

import pytest

from tests.integration.migration.migration_harness import Move
from tests.support.scripts import run_script

pytestmark = pytest.mark.any_engine

MODES = ((), ("--counts-only",), ("--sample", "5"))


def last_line(move: Move, *arguments: str) -> tuple[int, str]:
    """The exit code and the last line of the report, which is the same with --json."""
    done = run_script("verify_migration", *arguments, settings=move.settings())
    assert done.stderr == ""
    as_json = run_script("verify_migration", *arguments, "--json", settings=move.settings())
    assert as_json.returncode == done.returncode
    assert json.loads(as_json.stdout)["verdict"] == "nothing_compared"
    return done.returncode, done.stdout.splitlines()[-1]


@pytest.mark.parametrize("mode", MODES, ids=["contents", "counts", "sample"])
def test_every_row_is_a_dead_letter(move: Move, mode: tuple[str, ...]) -> None:
    move.legacy.add("users", *({"id": number, "is_active": 9} for number in range(1, 61)))
    assert move.run().dead == 60
    assert last_line(move, *mode) == (3, "nothing was compared: 60 rows are dead letters")


@pytest.mark.parametrize("mode", MODES, ids=["contents", "counts", "sample"])
def test_an_empty_source_and_an_empty_table(move: Move, mode: tuple[str, ...]) -> None:
    move.run()
    assert last_line(move, *mode) == (3, "nothing was compared: the source has no rows")


def test_every_row_has_expired(move: Move) -> None:
    move.legacy.add("usage_logs", {"id": 1, "created_at": "2001-02-03 04:05:06"})
    move.run()
    assert last_line(move, "--entity", "usage") == (3, "nothing was compared: 1 rows have expired")


def test_an_empty_source_and_a_table_with_items_differ(move: Move) -> None:
    move.legacy.add("users", {"id": 1})
    move.run()
    move.legacy.sql("DELETE FROM users")
    done = run_script("verify_migration", settings=move.settings())
    assert (done.returncode, done.stdout.splitlines()[-1]) == (1, "4 differences")
