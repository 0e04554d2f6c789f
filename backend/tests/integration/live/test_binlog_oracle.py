"""The reader of the binlog against another one: the same changed keys, in the same transactions, in the same order."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest

from live.source.changes import Position, RowChange, SourceRefused
from live.source.server import SourceServer
from live.source.table_map import WatchedTable
from tests.integration.live.oracle import by_library, by_reader
from tests.integration.migration.migration_harness import LegacySource
from tests.support.sources import EACH_SERVER, MARIADB, MYSQL
from tests.support.torture import Sample

# The library hands over the name of a database as PyMySQL no longer has it.
pytestmark = [EACH_SERVER, pytest.mark.filterwarnings("ignore:'db' is deprecated:DeprecationWarning")]

ENTRIES = WatchedTable(
    "entries",
    (("id", False), ("owner", False), ("moment", False), ("body", False)),
    groups=("owner", "moment"),
)
MARKS = WatchedTable("marks", (("id", True), ("name", False)))
WATCHED = {table.name: table for table in (ENTRIES, MARKS)}
MOMENTS = ("NULL", "'2024-05-06 07:08:09.123456'", "'1999-12-31 23:59:59'", "'2040-01-01 00:00:00.5'")
# What a transaction does: keys before and after, groups that are NULL, several rows, other tables, big rows.
STATEMENTS = (
    "INSERT IGNORE INTO entries VALUES ({a}, {owner}, {moment}, 'x'), ({b}, NULL, NULL, NULL), (-{a}, 7, NULL, '')",
    "UPDATE entries SET owner = {owner}, moment = {moment} WHERE id BETWEEN {a} AND {b}",
    "UPDATE IGNORE entries SET id = id + 1000 WHERE id = {a}",
    "UPDATE IGNORE entries SET id = id - 1000 WHERE id > 1000 ORDER BY id LIMIT 2",
    "DELETE FROM entries WHERE id BETWEEN {a} AND {a} + 3",
    "REPLACE INTO entries VALUES ({a}, {owner}, {moment}, 'again')",
    "INSERT INTO entries VALUES ({b}, 3, NULL, 'y') ON DUPLICATE KEY UPDATE owner = {owner}, body = 'z'",
    "UPDATE entries SET body = REPEAT('é', {size}) WHERE id = {a}",
    "INSERT IGNORE INTO marks VALUES ({a}, 'mark'), (4294967295 - {b}, NULL)",
    "DELETE FROM marks WHERE id > {b} * 40000000",
    "UPDATE entries JOIN marks ON marks.id = entries.id SET entries.owner = 5, marks.name = {owner}",
    "INSERT IGNORE INTO entries SELECT id + 500, owner, moment, body FROM entries WHERE id BETWEEN {a} AND {b}",
    "INSERT INTO noise VALUES ({a})",
    "SAVEPOINT here",
    "ROLLBACK TO SAVEPOINT here",
)


@pytest.fixture
def begins(legacy: LegacySource) -> Iterator[Callable[[], Position]]:
    """Tables to write to, with the metadata that the library needs; gives the present position."""
    legacy.sql("SET GLOBAL binlog_row_metadata = 'FULL'")
    legacy.sql(
        "CREATE TABLE entries (id BIGINT PRIMARY KEY, owner BIGINT, moment DATETIME(6), body LONGTEXT)"
    )
    legacy.sql("CREATE TABLE marks (id INT UNSIGNED PRIMARY KEY, name VARCHAR(20))")
    legacy.sql("CREATE TABLE noise (id INT)")

    def position() -> Position:
        with SourceServer(legacy.source) as server:
            return server.position()

    yield position
    legacy.sql("SET GLOBAL binlog_row_metadata = 'MINIMAL'")


def write(legacy: LegacySource, rng: random.Random, transactions: int) -> None:
    """Transactions of one to eight statements, of which some are rolled back, and statements by themselves."""
    for _ in range(transactions):
        number = rng.randint(1, 8)
        legacy.sql("BEGIN")
        legacy.sql("SAVEPOINT here")
        for _ in range(number):
            low, high = sorted(rng.sample(range(1, 100), 2))
            legacy.sql(rng.choice(STATEMENTS).format(
                a=low, b=high, owner=rng.choice(("NULL", "1", "2", str(2**40))), moment=rng.choice(MOMENTS),
                size=rng.choice((10, 9_000, 200_000)),
            ))  # fmt: skip
        legacy.sql(rng.choice(("COMMIT", "COMMIT", "COMMIT", "ROLLBACK")))
        if rng.random() < 0.1:
            legacy.sql("FLUSH BINARY LOGS")


@pytest.mark.sampled
def test_both_readers_see_the_same_changes(
    legacy: LegacySource, begins: Callable[[], Position], sample: Sample
) -> None:
    position = begins()
    for seed in sample.of(range(40), between=1):
        write(legacy, random.Random(seed), 50)
    ours = by_reader(legacy.source, WATCHED, position)
    assert ours == by_library(legacy.source, WATCHED, position)
    changes = [change for transaction in ours for change in transaction]
    assert len(ours) > 50 and len(changes) > 300
    assert any(change.former_id is not None for change in changes)
    assert any((None, None) in change.groups for change in changes)


MARK = "INSERT INTO marks VALUES (1, 'x'), (2, 'y')"
BIG = f"INSERT INTO entries VALUES (1, 5, NULL, '{'x' * 2_000}')"


@MARIADB
def test_the_library_loses_compressed_rows_and_the_reader_does_not(
    legacy: LegacySource, begins: Callable[[], Position]
) -> None:
    position = begins()
    legacy.sql("SET GLOBAL log_bin_compress = 1")
    try:
        legacy.sql(BIG)
        legacy.sql(MARK)
    finally:
        legacy.sql("SET GLOBAL log_bin_compress = 0")
    # A row event below `log_bin_compress_min_len` is not compressed.
    marks = [RowChange("marks", 1), RowChange("marks", 2)]
    assert by_reader(legacy.source, WATCHED, position) == [
        [RowChange("entries", 1, None, ((5, None),))],
        marks,
    ]
    assert by_library(legacy.source, WATCHED, position) == [marks]


@MYSQL
def test_the_library_loses_compressed_transactions_and_the_reader_refuses_them(
    legacy: LegacySource, begins: Callable[[], Position]
) -> None:
    position = begins()
    legacy.sql("SET SESSION binlog_transaction_compression = ON")
    legacy.sql(BIG)
    assert by_library(legacy.source, WATCHED, position) == []
    with pytest.raises(SourceRefused, match="a compressed transaction"):
        by_reader(legacy.source, WATCHED, position)


def test_the_library_passes_over_rows_whose_table_it_has_not_seen_and_the_reader_refuses_them(
    legacy: LegacySource, begins: Callable[[], Position]
) -> None:
    position = begins()
    legacy.sql(MARK)
    with SourceServer(legacy.source) as server:
        events = server.query(f"SHOW BINLOG EVENTS IN '{position.file}' FROM {position.offset}")
    inside = Position(position.file, next(int(event[4]) for event in events if event[2] == "Table_map"))
    assert by_library(legacy.source, WATCHED, inside) == []
    with pytest.raises(SourceRefused, match="inside a transaction"):
        by_reader(legacy.source, WATCHED, inside)
