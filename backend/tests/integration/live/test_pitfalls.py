"""The pitfalls of following, each with the test that catches it; those of the gate, the cutover and the direction back
are with them."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any

import pytest

from engines.mariadb import RunningMariaDB
from live.follow.lanes import Fenced, Lanes, Permit, Write, issue
from live.preflight import checks
from live.source.binlog import BinlogReader
from live.source.changes import RowChange, SourceRefused
from live.source.server import SourceServer
from tests.integration.live.live_harness import Live, fill, on_server
from tests.integration.live.processes import follower_process
from tests.integration.migration.migration_harness import LegacySource
from tests.support.sources import EACH_SERVER, connect

pytestmark = pytest.mark.any_engine
SLOW_COMMIT_MS = 1_500


@contextmanager
def slow_commits(legacy: LegacySource) -> Iterator[None]:
    """Semi-synchronous replication without a replica: a commit is in the binlog, and waits before the engine has it."""
    side = "source" if "mariadb" not in str(legacy.sql("SELECT VERSION()")).lower() else "master"
    if side == "source" and not legacy.sql("SHOW VARIABLES LIKE 'rpl_semi_sync_source_enabled'"):
        legacy.sql("INSTALL PLUGIN rpl_semi_sync_source SONAME 'semisync_source.so'")
    legacy.sql(f"SET GLOBAL rpl_semi_sync_{side}_wait_point = 'AFTER_SYNC'")
    legacy.sql(f"SET GLOBAL rpl_semi_sync_{side}_timeout = %s", SLOW_COMMIT_MS)
    legacy.sql(f"SET GLOBAL rpl_semi_sync_{side}_enabled = 1")
    try:
        yield
    finally:
        legacy.sql(f"SET GLOBAL rpl_semi_sync_{side}_enabled = 0")


@contextmanager
def committing(legacy: LegacySource, statement: str) -> Iterator[None]:
    """Runs a statement on another connection, whose commit is on its way while the block runs."""
    with connect(legacy.source) as connection:
        connection.cursor().execute("SET foreign_key_checks = 0, sql_mode = ''")
        thread = threading.Thread(target=lambda: connection.cursor().execute(statement))
        thread.start()
        yield
        thread.join()


NEW_PLAN = "INSERT INTO subscription_plans VALUES (9, 'Late', 1, 2, 1, '2024-01-02')"


def logged(legacy: LegacySource, position: object) -> list[RowChange]:
    """The rows that the binlog shows after a position."""
    with SourceServer(legacy.source) as server:
        watched = server.watched_tables()
    reader = BinlogReader(legacy.source, watched, position, server_id=3_000_000_001, blocking=False)  # type: ignore[arg-type]
    with closing(reader):
        return [event for event in reader.events() if isinstance(event, RowChange)]


@EACH_SERVER
def test_pitfall_1_visibility_race_the_binlog_shows_a_row_that_the_engine_does_not_have_yet(
    legacy: LegacySource,
) -> None:
    with SourceServer(legacy.source) as server:
        server.create_mark()
        position = server.position()
        with slow_commits(legacy), committing(legacy, NEW_PLAN):
            while not logged(legacy, position):
                time.sleep(0.01)
            assert legacy.sql("SELECT COUNT(*) FROM subscription_plans") == ((0,),)  # a plain re-read is old
            server.mark(0)
            assert legacy.sql("SELECT COUNT(*) FROM subscription_plans") == ((1,),)


@EACH_SERVER
def test_pitfall_2_starting_position_a_row_before_it_is_copied_although_its_commit_is_late(
    live: Live,
) -> None:
    move = live.live_move()
    move.prepare()
    with SourceServer(live.legacy.source) as server:
        position = server.position()
        with slow_commits(live.legacy), committing(live.legacy, NEW_PLAN):
            while not logged(live.legacy, position):
                time.sleep(0.01)
            live.catch_up()
    assert live.differences() == []
    assert ("PLAN", "0000000000000009") in live.move.items()


def test_counters_are_recounted_for_the_users_and_days_of_both_images(live: Live) -> None:
    """A recount sees rows ahead of their events: row 1 is counted for user 6, and then turns out to be user 7's."""
    fill(live.legacy)
    live.begin()
    live.legacy.sql("UPDATE usage_logs SET user_id = 6 WHERE id = 1")
    live.legacy.sql("UPDATE usage_logs SET action = 'hint' WHERE user_id = 6")
    live.legacy.sql("UPDATE usage_logs SET user_id = 7 WHERE id = 1")
    live.catch_up()
    assert live.differences() == []


@EACH_SERVER
def test_pitfall_8_unlogged_cascades_are_refused_before_anything(live: Live) -> None:
    live.legacy.sql("CREATE TABLE parents (id BIGINT PRIMARY KEY)")
    live.legacy.sql(
        "ALTER TABLE users ADD CONSTRAINT cascading FOREIGN KEY (id) REFERENCES parents (id) ON DELETE CASCADE"
    )
    failed = {check.name: check.state for check in checks(live.legacy.source) if not check.passed}
    assert failed == {"foreign keys that change rows": "users.cascading"}
    # What a cascade does: MariaDB logs the parent's row alone, MySQL the child's as well.
    live.legacy.add("users", {"id": 1})
    live.legacy.sql("INSERT INTO parents VALUES (1)")
    with SourceServer(live.legacy.source) as server:
        position, is_mariadb = server.position(), server.identity().is_mariadb
    live.legacy.sql("SET foreign_key_checks = 1")
    live.legacy.sql("DELETE FROM parents")
    assert live.legacy.sql("SELECT COUNT(*) FROM users") == ((0,),)
    assert logged(live.legacy, position) == ([] if is_mariadb else [RowChange("users", 1)])


@pytest.fixture
def xa(legacy: LegacySource) -> Iterator[Callable[[str], None]]:
    """Runs statements of XA transactions, each prepared on a connection that then ends; leaves none open."""
    connections: list[Any] = []

    def run(statement: str) -> None:
        if not connections:
            connections.append(connect(legacy.source))
        connections[-1].cursor().execute(statement)
        if statement.startswith("XA PREPARE"):
            connections.pop().close()

    yield run
    for connection in connections:
        connection.close()
    for _, length, _, name in legacy.sql("XA RECOVER"):
        legacy.sql(f"XA ROLLBACK '{name[:length]}'")


@EACH_SERVER
def test_pitfall_9_xa_rows_before_their_commit_count_when_it_comes(
    live: Live, xa: Callable[[str], None]
) -> None:
    live.begin()
    for name, number in (("kept", 1), ("dropped", 2)):
        plan = f"INSERT INTO subscription_plans VALUES ({number}, 'XA {number}', 1, 2, 1, NOW())"
        for statement in (f"XA START '{name}'", plan, f"XA END '{name}'", f"XA PREPARE '{name}'"):
            xa(statement)
    live.legacy.add("subscription_plans", {"id": 3})
    before = live.status()["position"]
    live.catch_up()
    status = live.status()
    assert len(status["status"]["open_xa"]) == 2
    assert status["position"] == before  # I5: not past an XA transaction that is prepared
    assert {sk for pk, sk in live.move.items() if pk == "PLAN"} == {f"{3:016}"}
    xa("XA COMMIT 'kept'")
    xa("XA ROLLBACK 'dropped'")
    live.catch_up()
    assert {sk for pk, sk in live.move.items() if pk == "PLAN"} == {f"{1:016}", f"{3:016}"}
    assert live.differences() == []
    assert live.status()["status"]["open_xa"] == []


def test_pitfall_9_an_xa_transaction_that_was_prepared_before_the_position_is_refused(
    live: Live, xa: Callable[[str], None]
) -> None:
    live.live_move().prepare()
    for statement in ("XA START 'old'", NEW_PLAN, "XA END 'old'", "XA PREPARE 'old'"):
        xa(statement)
    with pytest.raises(SourceRefused, match="XA transaction is prepared and not finished"):
        live.catch_up()
    xa("XA ROLLBACK 'old'")
    assert live.live_move().require_state().phase == "prepared"
    live.catch_up()


def test_pitfall_10_another_server_behind_the_same_name_is_refused(
    live: Live, other_server: RunningMariaDB, legacy_tables: tuple[str, ...]
) -> None:
    fill(live.legacy)
    live.begin()
    with (
        on_server(live, other_server, legacy_tables) as swapped,
        pytest.raises(SourceRefused, match="another server answers"),
    ):
        swapped.catch_up()
    live.catch_up()


def test_pitfall_10_a_server_of_the_same_name_with_another_history_is_refused(live: Live) -> None:
    live.begin()
    live.legacy.add("subscription_plans", {"id": 1})
    live.catch_up()
    ledger = live.ledger()
    with closing(ledger):
        status = ledger.note("status") or ""
        assert '"gtid": "0-1-' in status
        ledger.set_notes(status=status.replace('"gtid": "0-1-', '"gtid": "0-1-9999'))
    with pytest.raises(SourceRefused, match="another transaction at"):
        live.catch_up()


def test_pitfall_12_a_purged_binlog_is_refused_and_nothing_is_skipped(
    live: Live, other_server: RunningMariaDB, legacy_tables: tuple[str, ...]
) -> None:
    with on_server(live, other_server, legacy_tables) as moved:
        moved.begin()
        position = moved.status()["position"]
        moved.legacy.add("subscription_plans", {"id": 1})
        moved.legacy.sql("FLUSH BINARY LOGS")
        with SourceServer(moved.legacy.source) as server:
            present = server.position().file
        # A file that is being read, or whose commits are not on the disk yet, is not purged at once.
        while moved.legacy.sql("SHOW BINARY LOGS")[0][0] != present:
            moved.legacy.sql("PURGE BINARY LOGS TO %s", present)
            time.sleep(0.05)
        with pytest.raises(SourceRefused, match="purged or is another server's"):
            moved.catch_up()
        assert moved.status()["position"] == position
        assert moved.status()["bytes_behind"] is None


def test_pitfall_12_the_preflight_compares_retention_with_the_time_of_the_copy(legacy: LegacySource) -> None:
    legacy.sql("SET GLOBAL binlog_expire_logs_seconds = 60")
    try:
        failed = [str(check) for check in checks(legacy.source) if not check.passed]
    finally:
        legacy.sql("SET GLOBAL binlog_expire_logs_seconds = 0")
    assert len(failed) == 1 and "binlog retention" in failed[0] and "1.0 hours or more" in failed[0]


def test_pitfall_15_a_zombie_is_refused_by_the_store(live: Live) -> None:
    live.begin()
    move = live.live_move()
    item = {"PK": {"S": "PLAN"}, "SK": {"S": f"{77:016}"}}
    issue(move.transport, move.table, Permit(5, 1))
    with Lanes(move.transport, move.table, Permit(5, 1)) as paused:
        paused.write([Write(item)])
        paused.write([Write(item, is_removal=True)])
        issue(move.transport, move.table, Permit(5, 2))
        with pytest.raises(Fenced, match="refuses the writes of this run"):
            paused.write([Write(item)])
    with pytest.raises(Fenced, match="a later run follows"):
        issue(move.transport, move.table, Permit(5, 1))
    assert ("PLAN", item["SK"]["S"]) not in live.move.items()


def test_pitfall_15_a_follower_that_slept_through_an_abort_writes_nothing(live: Live) -> None:
    live.begin()
    with follower_process(live) as follower:
        follower.wait_until_following()
        os.kill(follower.pid, signal.SIGSTOP)
        live.live_move().abort()
        before = live.move.dump()
        live.legacy.add("subscription_plans", {"id": 1})
        os.kill(follower.pid, signal.SIGCONT)
        code, error = follower.ended()
    assert code == 2
    assert error.count("\n") <= 3 and "Traceback" not in error
    assert live.move.dump() == before


def test_a_restarted_server_is_followed_on(
    live: Live, other_server: RunningMariaDB, legacy_tables: tuple[str, ...]
) -> None:
    """A lost connection is opened again from the last position that was applied, and only to the same server."""
    with on_server(live, other_server, legacy_tables) as moved:
        moved.begin()
        with follower_process(moved) as follower:
            follower.wait_until_following()
            for (number,) in moved.legacy.sql(
                "SELECT id FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%'"
            ):
                moved.legacy.sql(f"KILL {number}")
            moved.legacy.add("subscription_plans", {"id": 1})
            follower.wait_until(lambda: ("PLAN", f"{1:016}") in moved.move.items())
            assert "trying again from" in follower.stop()
        assert moved.differences() == []


def test_a_wrong_password_is_one_line_without_it(legacy: LegacySource) -> None:
    wrong = replace(legacy.source, password="not-the-password")
    with (
        pytest.raises(SourceRefused, match="check MYSQL_USER, MYSQL_PASSWORD") as refused,
        SourceServer(wrong),
    ):
        pass
    assert "not-the-password" not in str(refused.value)
