"""The layout of a table's rows in the binlog, from its TABLE_MAP event, and the values that are read of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from struct import Struct

from live.source.changes import SourceRefused

_U16 = Struct("<H")
# Types of fixed size, by number: integers, floats, old temporal types, year, NULL.
_FIXED = {1: 1, 2: 2, 9: 3, 3: 4, 8: 8, 4: 4, 5: 8, 13: 1, 10: 3, 11: 3, 7: 4, 12: 8, 14: 3, 6: 0}
_ONE_BYTE_META = frozenset({4, 5, 252, 245, 255, 17, 18, 19, 242, 140, 249, 250, 251})
_TWO_BYTE_META = frozenset({15, 16, 246, 254, 247, 248, 253, 141})
_DIGIT_BYTES = (0, 1, 1, 2, 2, 3, 3, 4, 4, 4)
_INTEGERS = frozenset({1, 2, 9, 3, 8})
_TIMESTAMP2, _DATETIME2 = 17, 18
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Value = int | str | None
Reader = Callable[[bytes, int, int], Value]


@dataclass(frozen=True)
class WatchedTable:
    """A table whose changes are wanted: its columns in order as (name, is unsigned), its key, its group columns."""

    name: str
    columns: tuple[tuple[str, bool], ...]
    key: str = "id"
    groups: tuple[str, ...] = ()

    def position(self, column: str) -> int:
        """Where a column is among the columns."""
        return [name for name, _ in self.columns].index(column)


def length_encoded(data: bytes, start: int) -> tuple[int, int]:
    """A length-encoded integer of the protocol, and where it ends."""
    first = data[start]
    if first < 251:
        return first, start + 1
    size = {252: 2, 253: 3, 254: 8}.get(first)
    if size is None:
        raise SourceRefused("the binlog has a damaged table map")
    return int.from_bytes(data[start + 1 : start + 1 + size], "little"), start + 1 + size


@dataclass(frozen=True)
class TableLayout:
    """How the rows of one table map are laid out.

    `sizes` has for each column (bytes of its length prefix, fixed size): without a prefix, the size counts. `readers`
    decode the columns that are wanted, by position.
    """

    table: WatchedTable
    sizes: Sequence[tuple[int, int]]
    readers: dict[int, Reader]
    key: int
    groups: tuple[int, ...]


def table_layout(body: bytes, database: str, watched: dict[str, WatchedTable]) -> TableLayout | None:
    """The layout in a TABLE_MAP event's body; None for a table that is not watched. Raises `SourceRefused`."""
    start = 8
    schema, start = _name(body, start)
    name, start = _name(body, start)
    table = watched.get(name)
    if schema != database or table is None:
        return None
    count, start = length_encoded(body, start)
    if count != len(table.columns):
        raise SourceRefused(
            f"{name} has {count} columns in the binlog and {len(table.columns)} now: its definition was changed, so "
            "begin the live move again"
        )
    types = body[start : start + count]
    _, start = length_encoded(body, start + count)
    sizes: list[tuple[int, int]] = []
    details: list[tuple[int, int]] = []
    for kind in types:
        meta = (0, 0)
        if kind in _TWO_BYTE_META:
            meta, start = (body[start], body[start + 1]), start + 2
        elif kind in _ONE_BYTE_META:
            meta, start = (body[start], 0), start + 1
        elif kind not in _FIXED:
            raise SourceRefused(f"{name} has a column of type {kind}, which this reader does not know")
        sizes.append(_size(kind, meta, name))
        details.append((kind, meta[0]))
    key, groups = table.position(table.key), tuple(map(table.position, table.groups))
    readers = {
        column: _reader(*details[column], unsigned=table.columns[column][1], name=name)
        for column in (key, *groups)
    }
    return TableLayout(table, sizes, readers, key, groups)


def _name(body: bytes, start: int) -> tuple[str, int]:
    length = body[start]
    return body[start + 1 : start + 1 + length].decode(), start + length + 2


def _size(kind: int, meta: tuple[int, int], name: str) -> tuple[int, int]:
    """(bytes of the length prefix, fixed size) of a column."""
    if kind in _FIXED:
        return 0, _FIXED[kind]
    if kind in (17, 18, 19):
        return 0, {17: 4, 18: 5, 19: 3}[kind] + (meta[0] + 1) // 2
    if kind == 246:
        integer, fraction = meta[0] - meta[1], meta[1]
        return (
            0,
            integer // 9 * 4 + _DIGIT_BYTES[integer % 9] + fraction // 9 * 4 + _DIGIT_BYTES[fraction % 9],
        )
    if kind in (15, 253, 141):
        return (2 if meta[0] | meta[1] << 8 > 255 else 1), 0
    if kind in (252, 245, 255, 242, 140, 249, 250, 251):
        return meta[0], 0
    if kind == 16:
        return 0, meta[1] + (meta[0] > 0)
    if kind in (254, 247, 248):
        if meta[0] in (247, 248):
            return 0, meta[1]
        longest = meta[1] | ((meta[0] & 0x30) ^ 0x30) << 4
        return (2 if longest > 255 else 1), 0
    raise SourceRefused(f"{name} has a column of type {kind}, which this reader does not know")


def _reader(kind: int, meta: int, *, unsigned: bool, name: str) -> Reader:
    """What decodes the values of a key or group column."""
    if kind in _INTEGERS:
        return lambda data, start, end: int.from_bytes(data[start:end], "little", signed=not unsigned)
    if kind == _TIMESTAMP2:
        return lambda data, start, end: _timestamp(data[start:end], meta)
    if kind == _DATETIME2:
        return lambda data, start, end: _datetime(data[start:end], meta)
    raise SourceRefused(
        f"{name} has a key or time of column type {kind}, in a form that this reader does not know: "
        "integers, DATETIME and TIMESTAMP of MySQL 5.6 and later are known"
    )


def _micros(data: bytes, digits: int) -> int:
    """The fraction of a second, stored big-endian in (digits + 1) // 2 bytes, in microseconds."""
    return int.from_bytes(data, "big") * (1, 10_000, 10_000, 100, 100, 1, 1)[digits] if data else 0


def _timestamp(data: bytes, digits: int) -> Value:
    """A TIMESTAMP as text in UTC; the zero date as `0000-00-00`."""
    seconds = int.from_bytes(data[:4], "big")
    if not seconds:
        return "0000-00-00 00:00:00"
    moment = _EPOCH + timedelta(seconds=seconds, microseconds=_micros(data[4:], digits))
    return moment.replace(tzinfo=None).isoformat(" ")


def _datetime(data: bytes, digits: int) -> Value:
    """A DATETIME as text, as it is stored: the binlog knows no time zone."""
    packed = int.from_bytes(data[:5], "big") - 0x8000000000
    days, seconds = packed >> 17, packed & 0x1FFFF
    year, month = divmod(days >> 5, 13)
    fraction = _micros(data[5:], digits)
    text = f"{year:04}-{month:02}-{days & 31:02} {seconds >> 12:02}:{seconds >> 6 & 63:02}:{seconds & 63:02}"
    return f"{text}.{fraction:06}" if fraction else text
