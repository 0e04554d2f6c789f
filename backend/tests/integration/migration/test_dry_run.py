"""The dry run reads and encodes everything, writes nothing, and the real run then matches it exactly."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from migration.checkpoint import StepState
from tests.integration.migration import mixed_rows
from tests.integration.migration.migration_harness import Move
from tests.support.fault_proxy import FaultProxy

pytestmark = pytest.mark.any_engine


def by_rule(steps: dict[str, StepState]) -> dict[str, Any]:
    """The counts by step, without what only an engine can say."""
    return {name: {**dataclasses.asdict(state.counts), "consumed": 0} for name, state in steps.items()}


def test_the_real_run_matches_the_dry_run_exactly(move: Move) -> None:
    mixed_rows.fill(move.legacy)
    prediction = move.dry_run(batch_size=1_000)
    report = move.run(batch_size=9)
    assert by_rule(report.steps) == by_rule(prediction.steps)
    fields = ("entity", "key", "reason")
    assert [{name: entry[name] for name in fields} for entry in move.letters()] == prediction.dead
    assert len(move.dump()) == prediction.totals.items
    assert {
        name: state.counts.dead for name, state in prediction.steps.items() if state.counts.dead
    } == mixed_rows.DEAD
    assert prediction.steps["usage"].counts.skipped > 20
    assert prediction.steps["users"].counts.zero_dates > 5


def test_the_units_by_rule_are_those_that_the_engine_counts(metered_move: Move) -> None:
    mixed_rows.fill(metered_move.legacy)
    report = metered_move.run(batch_size=30)
    for name, state in report.steps.items():
        assert (name, state.counts.consumed) == (name, state.counts.wcu)


def test_the_dry_run_asks_the_engine_for_its_state_and_nothing_else(move: Move) -> None:
    mixed_rows.fill(move.legacy)
    with FaultProxy(move.engine.endpoint_url) as proxy:
        move.endpoint_url = proxy.url
        done = move.call("--dry-run")
        assert set(proxy.operations()) == {"DescribeTable"}
    assert (done.returncode, done.stderr) == (0, "")
    assert "nothing was written: this was a dry run" in done.stdout
    assert "table      ready" in done.stdout
    assert move.dump() == {}
    assert not move.state_dir.exists()


def test_the_dry_run_leaves_the_source_as_it_was(quick_move: Move) -> None:
    mixed_rows.fill(quick_move.legacy)
    tables = "subscription_plans, users, problems, test_cases, search_history, usage_logs"
    before = quick_move.legacy.sql(f"CHECKSUM TABLE {tables}")
    quick_move.dry_run()
    quick_move.run()
    assert quick_move.legacy.sql(f"CHECKSUM TABLE {tables}") == before


def test_the_dry_run_works_without_a_table_and_without_an_engine(quick_move: Move) -> None:
    quick_move.legacy.add("users", {"id": 1})
    table = quick_move.table
    quick_move.table = "algoitny_missing"
    done = quick_move.call("--dry-run")
    assert done.returncode == 0, done.stderr
    assert "table      MISSING: make dynamodb-init" in done.stdout
    quick_move.table, quick_move.endpoint_url = table, "http://127.0.0.1:9"
    done = quick_move.call("--dry-run", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    assert report["table"].startswith("not reachable (nothing answers at http://127.0.0.1:9")
    assert report["totals"]["read"] == 1


def test_the_dry_run_writes_its_dead_letters_where_it_is_told(quick_move: Move) -> None:
    quick_move.legacy.add("users", {"id": 1, "is_staff": 9})
    file = quick_move.state_dir.parent / "predicted.jsonl"
    assert quick_move.call("--dry-run", "--dead-letter", str(file)).returncode == 0
    quick_move.run()
    assert file.read_bytes() == quick_move.letter_file().read_bytes()


def test_with_json_nothing_but_json_is_printed(quick_move: Move) -> None:
    quick_move.legacy.add("users", {"id": 1}, {"id": 2, "is_staff": 9})
    for arguments, code in ((["--dry-run"], 0), ([], 3), ([], 3), (["--retry-dead-letter"], 3)):
        done = quick_move.call("--json", *arguments)
        assert (done.returncode, done.stderr) == (code, "")
        assert done.stdout.count("\n") == 1
        json.loads(done.stdout)
