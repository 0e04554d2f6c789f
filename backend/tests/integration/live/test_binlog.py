"""The binlog reader: keys and groups of every kind of change, whole transactions, and what it refuses and why."""

from __future__ import annotations

import random
from contextlib import closing

import pytest

from live.source.binlog import MOST_OFFSET, BinlogReader, dump_request
from live.source.changes import Commit, Position, RowChange, SourceRefused, XaBegin
from live.source.server import SourceServer
from live.source.table_map import WatchedTable
from tests.integration.live.binlog_harness import TIME, Reads, plan, rows
from tests.integration.migration.migration_harness import LegacySource
from tests.support.sources import EACH_SERVER, MARIADB

pytestmark = EACH_SERVER


def test_changes_come_with_their_keys_before_and_after(read: Reads) -> None:
    events = read(plan(1), "UPDATE subscription_plans SET id = 7", "DELETE FROM subscription_plans")
    table = "subscription_plans"
    assert rows(events) == [RowChange(table, 1), RowChange(table, 7, 1), RowChange(table, 7)]


def test_usage_logs_come_with_user_and_time_of_both_images(read: Reads) -> None:
    events = read(
        f"INSERT INTO usage_logs VALUES (1, 5, 'hint', NULL, NULL, '{TIME}')",
        "UPDATE usage_logs SET user_id = 6, created_at = '2023-01-02 03:04:05'",
    )
    assert [row.groups for row in rows(events)] == [
        ((5, TIME),),
        ((5, TIME), (6, "2023-01-02 03:04:05")),
    ]


def test_upserts_and_replacements_are_what_the_engine_made_of_them(read: Reads) -> None:
    events = read(
        plan(1), plan(2),
        "REPLACE INTO subscription_plans VALUES (1, 'New', 1, 2, 1, NOW())",
        "INSERT INTO subscription_plans VALUES (2, 'x', 1, 2, 1, NOW()) ON DUPLICATE KEY UPDATE name = 'y'",
    )  # fmt: skip
    assert {row.row_id for row in rows(events)[2:]} == {1, 2}


def test_a_transaction_ends_once_and_one_that_was_rolled_back_is_not_there(read: Reads) -> None:
    events = read(
        "BEGIN", plan(1), "SAVEPOINT a", plan(2), "ROLLBACK TO SAVEPOINT a", plan(3), "COMMIT",
        "BEGIN", plan(4), "ROLLBACK",
    )  # fmt: skip
    assert [row.row_id for row in rows(events)] == [1, 3]
    assert [type(event) for event in events] == [RowChange, RowChange, Commit]


def test_positions_go_on_over_a_new_file(read: Reads) -> None:
    events = read(plan(1), "FLUSH BINARY LOGS", plan(2))
    first, second = (event.position for event in events if isinstance(event, Commit))
    assert first < second and first.number + 1 == second.number


@MARIADB
def test_compressed_rows_are_read(read: Reads, legacy: LegacySource) -> None:
    legacy.sql("SET GLOBAL log_bin_compress = 1")
    try:
        events = read(f"INSERT INTO usage_logs VALUES (1, 5, 'hint', NULL, '[{'1,' * 400}1]', '{TIME}')")
    finally:
        legacy.sql("SET GLOBAL log_bin_compress = 0")
    assert rows(events) == [RowChange("usage_logs", 1, None, ((5, TIME),))]


def test_minimal_images_suffice_for_keys_and_not_for_groups(read: Reads, legacy: LegacySource) -> None:
    legacy.sql("SET SESSION binlog_row_image = 'MINIMAL'")
    events = read(plan(1), "UPDATE subscription_plans SET name = 'x'", "UPDATE subscription_plans SET id = 2")
    assert rows(events)[1:] == [RowChange("subscription_plans", 1), RowChange("subscription_plans", 2, 1)]
    with pytest.raises(SourceRefused, match=r"logged without user_id, created_at: set binlog_row_image"):
        read(
            f"INSERT INTO usage_logs VALUES (1, 5, 'hint', NULL, NULL, '{TIME}')",
            "UPDATE usage_logs SET action = 'execution'",
        )


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("TRUNCATE TABLE users", "definition or contents of a table were replaced"),
        ("ALTER TABLE users ADD COLUMN more INT", "definition or contents of a table were replaced"),
        ("RENAME TABLE users TO people", "definition or contents of a table were replaced"),
        ("DROP TABLE usage_logs", "definition or contents of a table were replaced"),
    ],
)
def test_what_rows_do_not_tell_is_refused(read: Reads, statement: str, reason: str) -> None:
    with pytest.raises(SourceRefused, match=reason):
        read(statement)


def test_a_change_in_statement_format_is_refused(read: Reads) -> None:
    with pytest.raises(
        SourceRefused, match=r"statement format at .*UPDATE users SET name = 'x'.*binlog_format"
    ):
        read("SET SESSION binlog_format = 'STATEMENT'", "UPDATE users SET name = 'x'")


def test_statements_about_other_things_are_passed_over(read: Reads, legacy: LegacySource) -> None:
    trigger = "CREATE TRIGGER seen BEFORE INSERT ON users FOR EACH ROW SET @seen = 1"
    events = read(
        trigger, "DROP TRIGGER seen", "CREATE INDEX named ON users (name)", "ANALYZE TABLE users",
        "CREATE TABLE notes (id INT)", "INSERT INTO notes VALUES (1)", "DROP TABLE notes", plan(1),
    )  # fmt: skip
    assert [row.row_id for row in rows(events)] == [1]


def test_a_position_inside_a_transaction_is_refused(read: Reads, legacy: LegacySource) -> None:
    with SourceServer(legacy.source) as server:
        server.create_mark()
        before, watched = server.position(), server.watched_tables()
        legacy.sql("BEGIN")
        legacy.sql(plan(1))
        legacy.sql("UPDATE usage_logs SET user_id = 1")
        legacy.sql(plan(2))
        legacy.sql("COMMIT")
        # The last column of the events is where each ends: behind a table map, whose rows follow.
        ends = [
            int(event[4])
            for event in server.query(f"SHOW BINLOG EVENTS IN '{before.file}' FROM {before.offset}")
            if event[2] == "Table_map"
        ]
    inside = Position(before.file, ends[0])
    reader = BinlogReader(legacy.source, watched, inside, server_id=3_000_000_001, blocking=False)
    with closing(reader), pytest.raises(SourceRefused, match="the position is inside a transaction"):
        list(reader.events())


def test_a_position_that_the_server_does_not_have_is_refused(legacy: LegacySource) -> None:
    for position in (Position("bin.999999", 4), Position("bin.000001", 5)):
        reader = BinlogReader(legacy.source, {}, position, server_id=3_000_000_001, blocking=False)
        with closing(reader), pytest.raises(SourceRefused, match="purged or is another server's"):
            list(reader.events())


def test_pitfall_11_binlog_names_are_ordered_by_number_and_offsets_end_at_4_gb() -> None:
    assert Position("bin.999999", 700) < Position("bin.1000000", 4)
    assert max(Position("bin.1000000", 4), Position("bin.999999", 9)).file == "bin.1000000"
    assert Position.parse(str(Position("a:b.000007", 12))) == Position("a:b.000007", 12)
    dump_request(Position("bin.000001", MOST_OFFSET), 1, blocking=True)
    with pytest.raises(SourceRefused, match="beyond 4 GB"):
        dump_request(Position("bin.000001", MOST_OFFSET + 1), 1, blocking=True)


def test_an_xa_transaction_is_marked_from_its_beginning_to_its_end(read: Reads) -> None:
    events = read(
        "XA START 'a'", plan(1), "XA END 'a'", "XA PREPARE 'a'", "XA COMMIT 'a'",
        "XA START 'b','c',9", plan(2), "XA END 'b','c',9", "XA PREPARE 'b','c',9", "XA ROLLBACK 'b','c',9",
    )  # fmt: skip
    assert [type(event) for event in events] == [XaBegin, RowChange, Commit, Commit] * 2
    ends = [(event.xa, event.outcome) for event in events if isinstance(event, Commit)]
    assert [outcome for _, outcome in ends] == ["prepared", "committed", "prepared", "rolled back"]
    assert ends[0][0] == ends[1][0] != ends[2][0] == ends[3][0]


_TYPES = (
    "BIGINT", "INT UNSIGNED", "SMALLINT", "MEDIUMINT", "FLOAT", "DOUBLE", "DECIMAL(12,3)", "DECIMAL(30,10)",
    "CHAR(40) CHARACTER SET utf8mb4", "VARCHAR(20)", "VARCHAR(3000)", "TINYTEXT", "TEXT", "LONGTEXT", "BLOB", "JSON",
    "ENUM('a','b')", "SET('a','b','c')", "BIT(9)", "BIT(16)", "DATE", "TIME(3)", "YEAR", "DATETIME", "BINARY(5)",
    "VARBINARY(300)", "TIMESTAMP(2) NULL",
)  # fmt: skip


def _value(rng: random.Random, kind: str) -> str:
    if rng.random() < 0.3:
        return "NULL"
    head = kind.partition("(")[0].split(" ")[0]
    if head in ("BIGINT", "INT", "SMALLINT", "MEDIUMINT", "FLOAT", "DOUBLE", "DECIMAL", "BIT"):
        return str(rng.randrange(100))
    values = {"ENUM": "a", "SET": "a,c", "JSON": '{"a": 1}', "DATE": "2024-01-02", "TIME": "01:02:03.5",
              "YEAR": "2024", "DATETIME": "2024-01-02 03:04:05", "TIMESTAMP": "2024-01-02 03:04:05.25"}  # fmt: skip
    sizes = {"CHAR": 9, "BINARY": 5, "VARBINARY": 280, "VARCHAR": 15 if "20" in kind else 2_900}
    return f"'{values.get(head, 'é' * (sizes.get(head, 100) // 2))}'"


def test_keys_and_times_are_found_among_columns_of_every_type(legacy: LegacySource) -> None:
    rng = random.Random(3)
    columns = ", ".join(f"c{n} {kind}" for n, kind in enumerate(_TYPES))
    times = ", ".join(f"d{n} DATETIME({n}) NULL, t{n} TIMESTAMP({n}) NULL" for n in range(7))
    names = [f"{letter}{n}" for letter in "dt" for n in range(7)]
    legacy.sql(f"CREATE TABLE typed ({columns}, {times}, id BIGINT UNSIGNED PRIMARY KEY)")
    legacy.sql("SET SESSION sql_mode = ''")
    with SourceServer(legacy.source) as server:
        position = server.position()
    for number in range(38):
        values = ", ".join(_value(rng, kind) for kind in _TYPES)
        moment = (
            "'0000-00-00'" if number == 3 else f"'20{number:02}-02-03 04:05:06.{rng.randrange(10**6):06}'"
        )
        moments = ", ".join([moment] * 14)
        legacy.sql(
            f"INSERT INTO typed VALUES ({values}, {moments}, {2**63 + number if number % 5 == 0 else number})"
        )
    order = [name for (name,) in legacy.sql(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'typed' "
        "ORDER BY ordinal_position")]  # fmt: skip
    table = WatchedTable("typed", tuple((name, name == "id") for name in order), groups=tuple(names))
    reader = BinlogReader(legacy.source, {"typed": table}, position, server_id=3_000_000_001, blocking=False)
    with closing(reader):
        changes = rows(list(reader.events()))
    legacy.sql("SET SESSION time_zone = '+00:00'")
    selected = legacy.sql(f"SELECT id, {', '.join(f'CAST({name} AS CHAR)' for name in names)} FROM typed")
    expected = {row[0]: [_whole(text) for text in row[1:]] for row in selected}
    assert {
        change.row_id: [_whole(str(value)) for value in change.groups[0]] for change in changes
    } == expected


def _whole(text: str) -> str:
    """A time as text with six digits behind the second."""
    head, _, fraction = text.partition(".")
    return f"{head}.{fraction.ljust(6, '0')}"
