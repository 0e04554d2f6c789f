"""The commands of the live move: their order, their reports, and what they say of a mistake."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from live.state import LIVE_PK
from tests.integration.live.live_harness import Live, fill
from tests.integration.live.processes import follower_process
from tests.support.scripts import run_script

pytestmark = pytest.mark.any_engine


def run(live: Live, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_script("live_migration", *arguments, settings=live.move.settings())


def report(live: Live, *arguments: str, code: int = 0) -> dict[str, Any]:
    done = run(live, *arguments, "--json")
    assert (done.returncode, done.stderr) == (code, ""), done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def error(live: Live, *arguments: str) -> str:
    done = run(live, *arguments)
    assert done.returncode == 2 and done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def test_from_preparation_to_abort(live: Live) -> None:
    fill(live.legacy)
    dry = report(live, "prepare", "--dry-run")
    assert dry["passed"] and dry["phase"] is None
    assert report(live, "prepare")["phase"] == "prepared"
    assert report(live, "prepare")["phase"] == "prepared"  # again changes nothing
    assert report(live, "start", "--dry-run")["would"].startswith("note the position")
    assert report(live, "start", "--once")["phase"] == "live"
    live.legacy.sql("UPDATE users SET name = 'New' WHERE id = 1")
    caught_up = report(live, "start", "--once")
    assert caught_up["keys"] == 1
    status = report(live, "status")
    assert (status["phase"], status["writer"], status["dead_letters"]) == ("live", "application", 0)
    assert status["bytes_behind"] >= 0 and not status["last_proof"]
    assert "applied up to" in run(live, "status").stdout
    with follower_process(live) as follower:
        follower.wait_until_following()
        assert "is locked by" in error(live, "start", "--once")  # a second start
        proof = report(live, "verify")
        assert proof["agrees"] and proof["items"] > 100
        assert "following" in run(live, "status").stdout
        assert "following mysql://" in follower.stop()
    assert report(live, "abort", "--dry-run")["aborted"] is False
    assert "must be confirmed" in error(live, "abort")
    assert report_after_warning(live, "abort", "--yes")["aborted"] is True
    assert "make dynamodb-live-prepare" in error(live, "status")
    left = {sk for pk, sk in _operations(live) if pk == LIVE_PK}
    assert "STATE" not in left
    assert not live.live_move().folder.exists()
    assert live.legacy.sql("SHOW TABLES LIKE 'cdc_mark'") == ()


def report_after_warning(live: Live, *arguments: str) -> dict[str, Any]:
    done = run(live, *arguments, "--json")
    assert done.returncode == 0 and done.stderr.startswith("WARNING: "), done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def _operations(live: Live) -> list[tuple[str, str]]:
    pages = live.move.engine.client().get_paginator("scan").paginate(TableName=live.move.table)
    return [
        (item["PK"]["S"], item["SK"]["S"])
        for page in pages
        for item in page["Items"]
        if item["PK"]["S"].startswith("OPS#")
    ]


def test_what_is_wrong_with_a_server_is_said_before_anything(live: Live) -> None:
    live.legacy.sql("SET GLOBAL binlog_row_image = 'MINIMAL'")
    try:
        refused = report(live, "prepare", code=1)
    finally:
        live.legacy.sql("SET GLOBAL binlog_row_image = 'FULL'")
    failed = [check for check in refused["checks"] if not check["passed"]]
    assert [(check["name"], check["state"]) for check in failed] == [("binlog_row_image", "MINIMAL")]
    assert "SET GLOBAL" in failed[0]["remedy"]
    assert live.legacy.sql("SHOW TABLES LIKE 'cdc_mark'") == ()


def test_a_table_without_the_primary_key_is_said(live: Live) -> None:
    live.legacy.sql("ALTER TABLE usage_logs MODIFY id BIGINT NOT NULL, DROP PRIMARY KEY")
    failed = [check for check in report(live, "prepare", code=1)["checks"] if not check["passed"]]
    assert [check["name"] for check in failed] == ["primary key of usage_logs"]


def test_nothing_is_done_without_a_preparation(live: Live) -> None:
    for command in ("start", "status", "verify", "abort"):
        assert "make dynamodb-live-prepare" in error(live, command)


def test_a_table_that_an_earlier_move_has_filled_is_not_taken_for_a_copy(live: Live) -> None:
    """What changed between the earlier move and the noted position is in no log that is read."""
    live.legacy.add("users", {"id": 1}, {"id": 2})
    live.move.run()
    live.legacy.sql("DELETE FROM users WHERE id = 1")
    assert report(live, "prepare")["passed"]
    assert "--restart" in error(live, "start", "--once")
    assert "must be confirmed" in error(live, "start", "--once", "--restart")
    assert report_after_warning(live, "start", "--once", "--restart", "--yes")["phase"] == "live"
    assert live.differences() == []
    assert ("USR#1", "META") not in live.move.items()


def test_a_ledger_that_was_lost_is_made_again(live: Live) -> None:
    fill(live.legacy)
    live.begin()
    live.live_move().ledger_path.unlink()
    live.legacy.sql("DELETE FROM search_history WHERE id < 9")
    live.catch_up()
    assert live.differences() == []
    assert live.unknown_keys() == []


def test_totals_of_runs_that_the_service_has_stored_are_dropped(live: Live) -> None:
    """They would be out of date for ever: nobody but the service's own writes keeps them."""
    fill(live.legacy)
    live.begin()
    key = {"PK": {"S": "USR#2#PRG"}, "SK": {"S": "META"}}
    client = live.move.engine.client()
    client.put_item(TableName=live.move.table, Item={**key, "uid": {"N": "2"}, "st": {"S": "x"}})
    live.legacy.sql("UPDATE search_history SET user_id = 3 WHERE user_id = 2")
    live.catch_up()
    assert "Item" not in client.get_item(TableName=live.move.table, Key=key)
