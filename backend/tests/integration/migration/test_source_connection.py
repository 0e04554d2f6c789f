"""The connection to the source: what a server may do to it, and that reading goes on behind the last row."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from config.environment import MySQLSource
from migration.commit_queue import CommitQueue
from migration.errors import MigrationError
from migration.loader import Chunk
from migration.mapping import STEPS, USAGE, USERS, MigrationStep, Row
from migration.source import LegacyDatabase
from tests.integration.migration.migration_harness import LegacySource, Move
from tests.support.sources import connect

# The server ended, killed or forgot the connection; it ended the statement.
ENDED = (2006, 2013, 2055, 1053, 1077, 1152, 1158, 1927, 3169, 4031, 1969, 3024, 1317)


@pytest.fixture
def database(legacy: LegacySource) -> Iterator[LegacyDatabase]:
    """A connection to the source, as the tools make it."""
    with LegacyDatabase(legacy.source) as opened:
        yield opened


def number_of(database: LegacyDatabase) -> int:
    """The server's number of the connection."""
    ((number,),) = database.query("SELECT CONNECTION_ID()")
    return int(number or 0)


READS: dict[str, Callable[[LegacyDatabase, MigrationStep], object]] = {
    "count": LegacyDatabase.count,
    "last_key": LegacyDatabase.last_key,
    "row": lambda database, step: database.row(step, 3),
    "columns": lambda database, step: database.columns(step.table),
    "newest_time": LegacyDatabase.newest_time,
    "rows": lambda database, step: list(database.rows(step, None, database.last_key(step) or (0,))),
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
@pytest.mark.parametrize("step", [USERS, USAGE], ids=lambda step: step.name)
def test_a_connection_that_is_killed_between_two_reads_is_made_again(
    legacy: LegacySource,
    database: LegacyDatabase,
    step: MigrationStep,
    read: Callable[[LegacyDatabase, MigrationStep], object],
) -> None:
    legacy.add("users", *[{"id": number} for number in range(1, 6)])
    legacy.add("usage_logs", *[{"id": n, "user_id": n % 2, "created_at": "2024-01-01"} for n in range(1, 6)])
    expected = read(database, step)
    killed = number_of(database)
    legacy.sql(f"KILL CONNECTION {killed}")
    assert read(database, step) == expected
    assert number_of(database) != killed


def arm(legacy: LegacySource, table: str, row_id: int, code: int, connection: int) -> None:
    """Lets the server fail with `code` at a row of the table, on one connection."""
    legacy.sql(
        "CREATE FUNCTION trip(id BIGINT) RETURNS BIGINT NOT DETERMINISTIC READS SQL DATA BEGIN "
        f"IF id = {row_id} AND CONNECTION_ID() = {connection} THEN "
        f"SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = {code}, MESSAGE_TEXT = 'tripped'; END IF; RETURN id; END"
    )
    names = next(step.column_names for step in STEPS if step.table == table)
    columns = ", ".join("trip(id) AS id" if name == "id" else f"`{name}`" for name in names)
    legacy.sql(f"RENAME TABLE `{table}` TO `real_{table}`")
    legacy.sql(f"CREATE ALGORITHM = MERGE VIEW `{table}` AS SELECT {columns} FROM `real_{table}`")


@pytest.mark.parametrize("code", ENDED)
@pytest.mark.parametrize("step", [USERS, USAGE], ids=lambda step: step.name)
def test_reading_goes_on_behind_the_last_row_after_each_way_to_be_ended(
    legacy: LegacySource, database: LegacyDatabase, step: MigrationStep, code: int
) -> None:
    legacy.add("users", *[{"id": number} for number in range(1, 9)])
    legacy.add("usage_logs", *[{"id": n, "user_id": n % 3, "created_at": "2024-01-01"} for n in range(1, 9)])
    until = database.last_key(step)
    assert until is not None
    expected = [step.key(row) for row in database.rows(step, None, until)]
    arm(legacy, step.table, 5, code, number_of(database))
    assert [step.key(row) for row in database.rows(step, None, until)] == expected


def test_a_server_that_ends_every_statement_before_its_first_row_is_named(
    legacy: LegacySource, database: LegacyDatabase
) -> None:
    legacy.add("users", {"id": 1})
    legacy.sql("RENAME TABLE users TO real_users")
    legacy.sql(
        "CREATE FUNCTION trip() RETURNS BIGINT NOT DETERMINISTIC BEGIN "
        "SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1969; RETURN 1; END"
    )
    legacy.sql("CREATE VIEW users AS SELECT trip() AS id")
    with pytest.raises(MigrationError, match=r"max_statement_time.*: raise the limit for this account"):
        database.count(USERS)
        list(database.rows(USERS, None, (1,)))


@pytest.fixture
def hurried(legacy: LegacySource) -> Iterator[MySQLSource]:
    """An account whose statements may take 10 ms and whose idle connections are ended after a second."""
    name, password = f"hurried_{secrets.token_hex(4)}", secrets.token_hex(8)
    with connect(legacy.source, "") as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE USER '{name}'@'%%' IDENTIFIED BY '{password}' WITH MAX_STATEMENT_TIME 0.01")
        cursor.execute(f"GRANT SELECT ON `{legacy.source.database}`.* TO '{name}'@'%%'")
        cursor.execute("SELECT @@global.wait_timeout, @@global.net_write_timeout")
        before = cursor.fetchone()
        cursor.execute("SET GLOBAL wait_timeout = 1, GLOBAL net_write_timeout = 1")
        try:
            yield replace(legacy.source, user=name, password=password)
        finally:
            cursor.execute("SET GLOBAL wait_timeout = %s, GLOBAL net_write_timeout = %s", before)
            cursor.execute(f"DROP USER '{name}'@'%%'")


def test_limits_of_the_server_on_time_are_off_for_the_session(hurried: MySQLSource) -> None:
    with LegacyDatabase(hurried) as database:
        names = ("max_statement_time", "wait_timeout", "net_write_timeout")
        (values,) = database.query(f"SELECT {', '.join(f'@@session.{name} + 0' for name in names)}")
        limit, *timeouts = (float(value or 0) for value in values)
        assert limit == 0
        assert min(timeouts) >= 3_600
        assert database.query("SELECT SLEEP(0.1)") == [["0"]]


def test_the_session_reads_only_and_spells_values_in_one_way(database: LegacyDatabase) -> None:
    assert database.query("SELECT @@session.sql_mode, @@session.time_zone") == [["", "+00:00"]]
    with pytest.raises(MigrationError, match="READ ONLY"):
        database.query("DELETE FROM users")


def test_a_statement_without_rows_has_no_rows(database: LegacyDatabase) -> None:
    assert database.query("SET SESSION lc_time_names = 'ko_KR'") == []
    assert database.query("SELECT @@session.lc_time_names") == [["ko_KR"]]


def test_a_select_limit_of_the_server_cuts_no_answer_short(legacy: LegacySource) -> None:
    legacy.add("users", *[{"id": number} for number in range(1, 6)])
    (before,) = legacy.sql("SELECT @@global.sql_select_limit")[0]
    legacy.sql("SET GLOBAL sql_select_limit = 2")
    try:
        with LegacyDatabase(legacy.source) as database:
            assert len(database.query("SELECT id FROM users")) == 5
    finally:
        legacy.sql("SET GLOBAL sql_select_limit = %s", before)


def test_a_server_that_does_not_come_back_is_named(
    legacy: LegacySource, database: LegacyDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engines.processes import free_port

    monkeypatch.setattr("migration.source.connection.RECONNECT_SECONDS", 0.5)
    legacy.sql(f"KILL CONNECTION {number_of(database)}")
    assert isinstance(database.source, MySQLSource)
    database.source = replace(database.source, port=free_port())
    with pytest.raises(MigrationError, match="nothing answers at mysql://"):
        database.count(USERS)


def test_a_password_that_was_changed_meanwhile_is_no_reason_to_wait(
    legacy: LegacySource, database: LegacyDatabase
) -> None:
    legacy.sql(f"KILL CONNECTION {number_of(database)}")
    assert isinstance(database.source, MySQLSource)
    database.source = replace(database.source, password="another")
    with pytest.raises(MigrationError, match="MySQL refused the user"):
        database.count(USERS)


@pytest.mark.any_engine
def test_a_run_whose_source_fails_has_committed_what_was_acknowledged(
    quick_move: Move, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick_move.legacy.add("users", *[{"id": number} for number in range(1, 60)])
    read_rows = LegacyDatabase.rows

    def failing_rows(
        self: LegacyDatabase, step: MigrationStep, after: tuple[int, ...] | None, until: tuple[int, ...]
    ) -> Iterator[Row]:
        for row in read_rows(self, step, after, until):
            if step is USERS and step.key(row) == (45,):
                raise MigrationError("the source is gone")
            yield row

    def add_without_commit(self: CommitQueue, chunk: Chunk) -> None:
        self._loader.wait(chunk)
        self._chunks.append(chunk)

    with monkeypatch.context() as patch:
        patch.setattr(LegacyDatabase, "rows", failing_rows)
        patch.setattr(CommitQueue, "add", add_without_commit)
        with pytest.raises(MigrationError, match="the source is gone"):
            quick_move.run(batch_size=10)
    assert quick_move.checkpoint()["steps"]["users"]["after"] == [40]
    assert quick_move.run().steps["users"].counts.written == 59
