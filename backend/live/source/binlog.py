"""Reads a binlog by the replication protocol over PyMySQL: keys and ends of transactions, by file and position.

It is written anew because the well-known library decodes every value (16 times the CPU), passes over MariaDB's
compressed rows, needs full metadata and reconnects by itself. This reader refuses what it does not understand.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

import pymysql

from config.environment import MySQLSource
from live.source.changes import (
    COMMITTED,
    PREPARED,
    ROLLED_BACK,
    Commit,
    Event,
    Position,
    SourceLost,
    SourceRefused,
    XaBegin,
    source_failure,
)
from live.source.row_events import ROW_EVENTS, decompressed, row_changes
from live.source.table_map import TableLayout, WatchedTable, table_layout
from migration.source.connection import open_mysql
from migration.source.errors import code_of

HEARTBEAT_SECONDS = 0.2
# A server that has nothing to say sends heartbeats, so a silent connection is a dead one.
SILENCE_SECONDS = 30.0
MOST_OFFSET = 2**32 - 1  # the request for a binlog has four bytes for it
_COM_BINLOG_DUMP = 0x12
_NON_BLOCKING = 1
_HEADER = struct.Struct("<IBIIIH")
_GTID = struct.Struct("<QI")  # sequence number and domain; the server's id is in the header
_ROTATE, _QUERY, _XID, _FORMAT, _TABLE_MAP, _XA_PREPARE = 4, 2, 16, 15, 19, 38
_MARIADB_GTID, _COMPRESSED_QUERY = 162, 165
_REFUSED = {
    26: "the server lost changes of its binlog (an incident event): begin the live move again; that is",
    39: "partial JSON values: empty binlog_row_value_options, for every session; that is",
    40: "a compressed transaction: set binlog_transaction_compression to OFF, for every session; it is",
}
_GTIDS = frozenset({33, 34, 42, _MARIADB_GTID})
_HEARTBEATS = frozenset({27, 41})
# Events without rows: stop, integers and users' variables of statements, rows as text, sets of GTIDs, group
# replication's own, annotated rows, checkpoints, lists of GTIDs, the start of encryption.
_WITHOUT_ROWS = frozenset({3, 5, 13, 14, 29, 35, 36, 37, 160, 161, 163, 164})
_IGNORABLE = 0x80
_FL_STANDALONE, _FL_PREPARED_XA = 1, 64

_STATEMENT = re.compile(r"\s*(?:insert|update|delete|replace|load|call|with|do)\b", re.IGNORECASE)
# What leaves rows and columns as they are, though it may name a table.
_HARMLESS = re.compile(
    r"\s*(?:(?:create|drop)\s+(?:or\s+replace\s+)?(?:definer\s*=\s*\S+\s+)?"
    r"(?:trigger|index|unique\s+index|procedure|function|view|user|role|event)|"
    r"grant|revoke|flush|analyze|optimize|check|repair|alter\s+user|set)\b",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"/\*.*?\*/|--[^\n]*|#[^\n]*", re.DOTALL)
_XA = re.compile(r"XA (COMMIT|ROLLBACK) (.*)", re.IGNORECASE | re.DOTALL)


def dump_request(position: Position, server_id: int, *, blocking: bool) -> bytes:
    """The command that asks for a binlog. Raises `SourceRefused` for a position that it cannot name."""
    if position.offset > MOST_OFFSET:
        raise SourceRefused(
            f"the binlog position {position} is beyond 4 GB, which the protocol cannot name: FLUSH BINARY LOGS on the "
            "server, then begin the live move again"
        )
    flags = 0 if blocking else _NON_BLOCKING
    head = struct.pack("<BIHI", _COM_BINLOG_DUMP, position.offset, flags, server_id)
    return head + position.file.encode()


class BinlogReader:
    """Reads the binlog from a position on; one connection, which is not made again. Not thread-safe.

    `watched` are the tables by name. Without `blocking` it ends at the present end of the binlog.
    """

    def __init__(
        self,
        source: MySQLSource,
        watched: Mapping[str, WatchedTable],
        position: Position,
        *,
        server_id: int,
        blocking: bool = True,
    ) -> None:
        self.position = position
        self._source = source
        self._watched = dict(watched)
        self._names = _names_pattern(source.database, self._watched)
        self._tables: dict[int, tuple[bytes, TableLayout | None]] = {}
        self._inside = self._xa = False
        self._gtid = ""
        self._began: Position | None = None
        request = dump_request(position, server_id, blocking=blocking)
        try:
            self._connection: Any = open_mysql(source, autocommit=True, read_timeout=SILENCE_SECONDS)
            self._checksums = self._prepare()
            self._connection._write_bytes(struct.pack("<I", len(request))[:3] + b"\0" + request)
            self._connection._next_seq_id = 1
        except pymysql.Error as error:
            raise _failure(error, source) from None

    def _prepare(self) -> bool:
        """Tells the server what this reader understands; returns whether events end with a checksum."""
        heartbeat = int(HEARTBEAT_SECONDS * 1e9)
        with self._connection.cursor() as cursor:
            cursor.execute("SELECT @@global.binlog_checksum")
            checksum = cursor.fetchone()[0]
            cursor.execute(
                "SET @master_binlog_checksum = @@global.binlog_checksum, "
                "@source_binlog_checksum = @@global.binlog_checksum, @mariadb_slave_capability = 4, "
                f"@master_heartbeat_period = {heartbeat}, @source_heartbeat_period = {heartbeat}"
            )
            # Applying a large transaction may take a while, in which nothing is read here.
            cursor.execute("SET SESSION net_write_timeout = 3600")
        return str(checksum).upper() != "NONE"

    def close(self) -> None:
        """Ends the connection."""
        self._connection._force_close()

    def events(self) -> Iterator[Event]:
        """Row changes and ends of transactions; None when nothing has happened for `HEARTBEAT_SECONDS`.

        Raises `SourceRefused` and `SourceLost`.
        """
        while True:
            try:
                packet = self._connection._read_packet()
            except pymysql.Error as error:
                raise _failure(error, self._source) from None
            if packet.is_eof_packet():
                return
            yield from self._event(packet.get_all_data())

    def _event(self, data: bytes) -> Iterator[Event]:
        time, kind, server, _, offset, flags = _HEADER.unpack_from(data, 1)
        if kind == _FORMAT:
            self._checksums = data[-5] == 1
            self._tables.clear()
            return
        tail = 4 if self._checksums else 0
        if tail and zlib.crc32(data[1:-4]) != int.from_bytes(data[-4:], "little"):
            raise SourceRefused(f"an event behind {self.position} is damaged: its checksum differs")
        body = data[20 : len(data) - tail]
        if kind == _ROTATE:
            self.position = Position(body[8:].decode(), int.from_bytes(body[:8], "little"))
            self._tables.clear()
            return
        if kind in _HEARTBEATS:
            yield None
            return
        if offset and offset < self.position.offset:
            raise SourceRefused(
                f"the binlog file {self.position.file} is larger than 4 GB, and positions in it are no longer known: "
                "begin the live move again"
            )
        start = self.position
        if kind == _MARIADB_GTID:
            self._gtid = "{1}-{2}-{0}".format(*_GTID.unpack_from(body), server)
        if offset:
            self.position = Position(start.file, offset)
        yield from self._content(kind, body, time, start, ignorable=bool(flags & _IGNORABLE))

    def _content(
        self, kind: int, body: bytes, time: int, start: Position, *, ignorable: bool
    ) -> Iterator[Event]:
        """What an event says that has a place in the binlog, which was `start` before it."""
        if kind in ROW_EVENTS:
            yield from self._rows(kind, body)
        elif kind == _TABLE_MAP:
            self._map_table(body)
        elif kind in (_QUERY, _COMPRESSED_QUERY):
            yield from self._query(body, time, start, compressed=kind == _COMPRESSED_QUERY)
        elif kind in _GTIDS:
            yield from self._begin(kind, body, start)
        elif kind == _XID:
            yield self._commit(time)
        elif kind == _XA_PREPARE:
            one_phase = bool(body[0])
            yield self._commit(time, *(("", "") if one_phase else (_prepared_xid(body), PREPARED)))
        elif kind in _REFUSED:
            raise SourceRefused(f"{_REFUSED[kind]} before {self.position}")
        elif kind not in _WITHOUT_ROWS and not ignorable:
            raise SourceRefused(
                f"an event of type {kind} before {self.position}, which this reader does not know"
            )

    def _begin(self, kind: int, body: bytes, start: Position) -> Iterator[Event]:
        self._inside = self._xa = False
        self._began = start
        if kind == _MARIADB_GTID:
            flags = body[12]
            self._inside = not flags & _FL_STANDALONE
            if flags & _FL_PREPARED_XA:
                self._xa = True
                yield XaBegin(start)

    def _commit(self, time: int, xa: str = "", outcome: str = "") -> Commit:
        self._inside = self._xa = False
        self._began = None
        return Commit(self.position, time, xa, outcome, self._gtid)

    def _map_table(self, body: bytes) -> None:
        number = int.from_bytes(body[:6], "little")
        current = self._tables.get(number)
        if current is None or current[0] != body:
            self._tables[number] = (body, table_layout(body, self._source.database, self._watched))

    def _rows(self, kind: int, body: bytes) -> Iterator[Event]:
        entry = self._tables.get(int.from_bytes(body[:6], "little"))
        if entry is None:
            raise SourceRefused(
                f"rows without their table at {self.position}: the position is inside a transaction"
            )
        if entry[1] is not None:
            yield from row_changes(kind, body, entry[1])

    def _query(self, body: bytes, time: int, start: Position, *, compressed: bool) -> Iterator[Event]:
        schema_length, status_length = body[8], int.from_bytes(body[11:13], "little")
        name_at = 13 + status_length
        schema = body[name_at : name_at + schema_length].decode(errors="replace")
        statement = body[name_at + schema_length + 1 :]
        text = (decompressed(statement) if compressed else statement).decode(errors="replace")
        head = text[:12].upper()
        if head == "BEGIN" or head.startswith("XA START"):
            self._inside = True
            if head != "BEGIN" and not self._xa:
                self._xa = True
                yield XaBegin(self._began or start)
        elif head.startswith(("SAVEPOINT", "XA END", "ROLLBACK TO", "RELEASE SAVE")):
            return
        elif head in ("COMMIT", "ROLLBACK"):
            yield self._commit(time)
        elif finished := _XA.match(text):
            outcome = COMMITTED if finished[1].upper() == "COMMIT" else ROLLED_BACK
            yield self._commit(time, _normal_xid(finished[2]), outcome)
        else:
            self._refuse_statement(schema, text)
            if not self._inside:
                yield self._commit(time)

    def _refuse_statement(self, schema: str, text: str) -> None:
        """Raises `SourceRefused` for a statement that may have changed rows or columns of the watched tables."""
        text = _COMMENT.sub(" ", text)
        is_watched = schema == self._source.database or self._source.database.lower() in text.lower()
        if not is_watched or _HARMLESS.match(text):
            return
        excerpt = " ".join(text.split())[:60]
        if _STATEMENT.match(text):
            raise SourceRefused(
                f"a change in statement format at {self.position} ({excerpt}): set binlog_format to ROW for every "
                "session"
            )
        if self._names.search(text):
            raise SourceRefused(
                f"the definition or contents of a table were replaced at {self.position} ({excerpt}): begin the live "
                "move again"
            )


def _names_pattern(database: str, tables: Mapping[str, WatchedTable]) -> re.Pattern[str]:
    """Finds the name of a watched table in a statement, or a statement about the whole database."""
    names = "|".join(map(re.escape, tables)) or "(?!)"
    return re.compile(
        rf"\b(?:{names})\b|\b(?:database|schema)\b.*{re.escape(database)}", re.IGNORECASE | re.DOTALL
    )


def _normal_xid(text: str) -> str:
    """The id of an XA transaction in one spelling."""
    return "".join(text.split()).rstrip(";").lower()


def _prepared_xid(body: bytes) -> str:
    """The id in an XA_PREPARE event, as XA COMMIT spells it."""
    form, global_length, branch_length = struct.unpack_from("<III", body, 1)
    first, second = body[13 : 13 + global_length], body[13 + global_length :][:branch_length]
    return _normal_xid(f"X'{first.hex()}',X'{second.hex()}',{form}")


def _failure(error: pymysql.Error, source: MySQLSource) -> SourceRefused | SourceLost:
    """What an error of PyMySQL's means for a reader of the binlog."""
    code = code_of(error)
    if code == 1236:
        message = str(error.args[1] if len(error.args) > 1 else error).splitlines()[0]
        return SourceRefused(
            f"{source} cannot give its binlog from there ({message}): it was purged or is another server's; begin the "
            "live move again, first with make dynamodb-live-abort"
        )
    if code == 1227:
        return SourceRefused(
            f"the user may not read the binlog of {source}: GRANT REPLICATION SLAVE ON *.* to it"
        )
    return source_failure(error, source)
