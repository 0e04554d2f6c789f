"""MySQL as the target of the direction back: one connection, behind the gate, with the stream's position and letters.

Whatever is applied and the position behind it are committed together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Self

import pymysql
from pymysql.constants import CLIENT, FIELD_TYPE
from pymysql.converters import conversions

from config.environment import MySQLSource
from live.follow.batch import Unit
from live.gate.gate import gate_failures
from live.gate.statements import EPOCH_VARIABLE
from live.reverse.row_format import ColumnInfo, RowFormat
from live.streams.shards import Shard, StreamPosition
from migration.mapping import STEPS, Row
from migration.source.connection import open_mysql

SHARDS_TABLE, LETTERS_TABLE, TOUCHED_TABLE = (
    "algoitny_live_shards",
    "algoitny_live_letters",
    "algoitny_live_touched",
)
# Values come as the texts that MySQL sends, as the move reads them.
_TEXTS: Any = {kind: encode for kind, encode in conversions.items() if isinstance(kind, type)}
_TEXTS[FIELD_TYPE.BIT] = lambda data: str(int.from_bytes(data, "big"))
# Foreign keys are off: a thing may be written before the one that it refers to, and a deletion deletes nothing else.
# READ COMMITTED: rows are locked one by one, and nothing is decided by an older snapshot.
_SESSION = (
    "SET SESSION time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO', foreign_key_checks = 0, "
    "innodb_lock_wait_timeout = 10, wait_timeout = 86400",
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
)
_TABLES = (
    f"CREATE TABLE IF NOT EXISTS `{SHARDS_TABLE}` (stream VARCHAR(255) CHARACTER SET ascii NOT NULL, "
    "shard VARCHAR(100) CHARACTER SET ascii NOT NULL, parent VARCHAR(100) CHARACTER SET ascii, "
    "sequence VARCHAR(50) CHARACTER SET ascii, is_done TINYINT NOT NULL, read_at DOUBLE, "
    "PRIMARY KEY (stream, shard)) ENGINE=InnoDB",
    f"CREATE TABLE IF NOT EXISTS `{LETTERS_TABLE}` (kind VARCHAR(20) CHARACTER SET ascii NOT NULL, "
    "thing VARCHAR(100) CHARACTER SET ascii NOT NULL, reason TEXT NOT NULL, since DATETIME NOT NULL, "
    "PRIMARY KEY (kind, thing)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4",
    f"CREATE TABLE IF NOT EXISTS `{TOUCHED_TABLE}` (step VARCHAR(20) CHARACTER SET ascii NOT NULL, id BIGINT NOT NULL, "
    "day INT NOT NULL, PRIMARY KEY (step, id, day)) ENGINE=InnoDB",
)
# The row of a stream that says when it was last read: no shard has an empty name.
_WHOLE_STREAM = ""


class ReverseTarget:
    """One connection that writes rows under an epoch of the gate; a context manager. Not thread-safe.

    `epoch` None writes as the application does: for a trial before the cutover. Methods raise `pymysql.Error`, and the
    constructor `MigrationError` with one line.
    """

    def __init__(self, source: MySQLSource, epoch: int | None) -> None:
        with gate_failures(source):
            self.connection = open_mysql(
                source, conv=_TEXTS, autocommit=False, read_timeout=120.0, client_flag=CLIENT.FOUND_ROWS
            )
            for statement in _SESSION:
                self.run(statement)
            self.run(f"SET {EPOCH_VARIABLE} = %s", [epoch])
            self.formats = {
                step.name: RowFormat(step, self._columns(step.table), source.time_zone) for step in STEPS
            }
            self.connection.commit()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.connection.close()

    def run(self, statement: str, values: Sequence[object] = ()) -> int:
        """Runs a statement; the number of rows that it returned, or that it matched."""
        with self.connection.cursor() as cursor:
            return int(cursor.execute(statement, values or None))

    def rows(self, statement: str, values: Sequence[object] = ()) -> Sequence[Row]:
        """The rows of a query, each value a text or None."""
        with self.connection.cursor() as cursor:
            cursor.execute(statement, values or None)
            rows: Sequence[Row] = cursor.fetchall()
            return rows

    def _columns(self, table: str) -> dict[str, ColumnInfo]:
        rows = self.rows(
            "SELECT column_name, data_type, is_nullable FROM information_schema.columns "
            "WHERE table_schema = DATABASE() AND table_name = %s",
            [table],
        )
        return {
            str(name).lower(): ColumnInfo(str(kind).lower(), nullable == "YES")
            for name, kind, nullable in rows
        }

    def create_tables(self) -> None:
        """Creates the tables of positions and letters where they are missing."""
        for statement in _TABLES:
            self.run(statement)

    def position(self, arn: str) -> StreamPosition:
        """How far a stream was applied."""
        position = StreamPosition(arn)
        for shard, parent, sequence, is_done, read_at in self.rows(
            f"SELECT shard, parent, sequence, is_done, read_at FROM `{SHARDS_TABLE}` WHERE stream = %s", [arn]
        ):
            if shard == _WHOLE_STREAM:
                position.read_at = None if read_at is None else float(read_at)
            else:
                position.shards[str(shard)] = Shard(str(shard), parent, sequence, is_done == "1")
        self.connection.commit()
        return position

    def save_position(self, arn: str, shards: Iterable[Shard], read_at: float | None) -> None:
        """Notes how far shards were applied, and when the stream was read; in the running transaction."""
        for shard in (*shards, Shard(_WHOLE_STREAM)):
            moment = read_at if shard.shard == _WHOLE_STREAM else None
            self.run(
                f"REPLACE INTO `{SHARDS_TABLE}` (stream, shard, parent, sequence, is_done, read_at) "
                "VALUES (%s, %s, %s, %s, %s, %s)",
                [arn, shard.shard, shard.parent, shard.sequence, int(shard.is_done), moment],
            )

    def claim_shard(self, arn: str, shard: str) -> str | None:
        """Locks a shard's position until the transaction ends, and returns how far the shard was applied.

        Whoever applies records of a shard does so first: of two readers one waits, and then sees that it is late.
        """
        self.run(
            f"INSERT IGNORE INTO `{SHARDS_TABLE}` (stream, shard, is_done) VALUES (%s, %s, 0)", [arn, shard]
        )
        ((sequence,),) = self.rows(
            f"SELECT sequence FROM `{SHARDS_TABLE}` WHERE stream = %s AND shard = %s FOR UPDATE", [arn, shard]
        )
        return sequence

    def note_shards(self, arn: str, shards: Iterable[Shard]) -> None:
        """Notes shards that were seen, with their parents, and those that were read to their end; no position is moved.

        In the running transaction.
        """
        for shard in shards:
            self.run(
                f"INSERT INTO `{SHARDS_TABLE}` (stream, shard, parent, is_done) VALUES (%s, %s, %s, %s) "
                "ON DUPLICATE KEY UPDATE parent = COALESCE(VALUES(parent), parent), "
                "is_done = GREATEST(is_done, VALUES(is_done))",
                [arn, shard.shard, shard.parent, int(shard.is_done)],
            )

    def add_letter(self, kind: str, identity: object, reason: str) -> None:
        """Notes a thing whose row could not be written, with the reason; in the running transaction."""
        now = datetime.now(UTC).replace(tzinfo=None, microsecond=0).isoformat(" ")
        self.run(
            f"REPLACE INTO `{LETTERS_TABLE}` (kind, thing, reason, since) VALUES (%s, %s, %s, %s)",
            [kind, str(identity), reason, now],
        )

    def remove_letters(self, kind: str, identities: Iterable[object]) -> None:
        """Forgets the letters of things whose rows are written."""
        names = [str(identity) for identity in identities]
        if names:
            marks = ", ".join(["%s"] * len(names))
            self.run(f"DELETE FROM `{LETTERS_TABLE}` WHERE kind = %s AND thing IN ({marks})", [kind, *names])

    def note_touched(self, units: Collection[Unit]) -> None:
        """Notes what was written here, in the running transaction: after a rollback the move builds it again."""
        if units:
            marks = ", ".join(["(%s, %s, %s)"] * len(units))
            values = [value for unit in sorted(units) for value in unit]
            self.run(f"INSERT IGNORE INTO `{TOUCHED_TABLE}` (step, id, day) VALUES {marks}", values)

    def touched(self) -> list[Unit]:
        """Everything that this direction has written since `forget_touched`."""
        rows = self.rows(f"SELECT step, id, day FROM `{TOUCHED_TABLE}` ORDER BY step, id, day")
        self.connection.commit()
        return [Unit(str(step), int(number or 0), int(day or 0)) for step, number, day in rows]

    def forget_touched(self) -> None:
        """Forgets what `touched` lists, and positions and letters of earlier streams."""
        for table in (TOUCHED_TABLE, SHARDS_TABLE, LETTERS_TABLE):
            self.run(f"DELETE FROM `{table}`")
        self.connection.commit()

    def letters(self) -> list[tuple[str, str, str]]:
        """(kind, thing, reason) of everything whose row could not be written."""
        rows = self.rows(f"SELECT kind, thing, reason FROM `{LETTERS_TABLE}` ORDER BY kind, thing")
        self.connection.commit()
        return [(str(kind), str(identity), str(reason)) for kind, identity, reason in rows]


def written_back(source: MySQLSource) -> list[Unit]:
    """Everything that this direction has written to a source, if it ever was on. Raises `MigrationError`."""
    with ReverseTarget(source, None) as target, gate_failures(source):
        if not target.rows("SHOW TABLES LIKE %s", [TOUCHED_TABLE]):
            return []
        return target.touched()


def code_of_row(error: pymysql.Error) -> int:
    """The error's number if the row's own values are its reason, otherwise 0."""
    code = error.args[0] if error.args else 0
    return code if code in _ROW_ERRORS else 0


# NULL where it may not be, no default, duplicate values, out of range, truncated, no such character, JSON, checks.
_ROW_ERRORS = frozenset({1048, 1062, 1264, 1265, 1292, 1364, 1366, 1406, 1690, 3140, 3819, 3903, 4025})
