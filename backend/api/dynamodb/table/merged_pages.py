"""Pages of a list that is stored in several partitions or sort key ranges, merged in order, with one cursor."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.errors import InvalidInput
from api.dynamodb.schema.entities import SK
from api.dynamodb.schema.indexes import Index
from api.dynamodb.table.cursor import Page, check_limit, decode_cursor, encode_cursor, query_digest
from api.dynamodb.table.store import QueryPage

T = TypeVar("T")

LAST_CHARACTER = "\U0010ffff"
# A page of a filtered list examines at most this many entries.
MAX_EXAMINED = 500
_FILTERED_READ = 64


@dataclass(frozen=True)
class Range:
    """A range of sort keys in one partition. What follows `prefix` in a sort key is the position in the list.

    `low` and `high` are positions, both included.
    """

    pk: str
    prefix: str = ""
    low: str = ""
    high: str = LAST_CHARACTER

    def after(self, position: str, forward: bool) -> Range:
        """The rest of the range from a position on, the position included."""
        if not self.low <= position <= self.high:
            raise InvalidInput("the cursor is not one that this list gave out")
        return replace(self, low=position) if forward else replace(self, high=position)

    def sort(self) -> tuple[str, str]:
        """The lowest and the highest sort key."""
        return (self.prefix + self.low) or " ", self.prefix + self.high

    def entries(self, item: WireItem, sk: str, *, forward: bool) -> list[tuple[str, WireItem]]:
        """The entries that an item of the range holds, each with its position, in order. Here: the item itself."""
        return [(item[sk]["S"][len(self.prefix) :], item)]


@dataclass(frozen=True)
class ListQuery:
    """A query of a list.

    name, parameters: identify the query, and bind its cursors to it.
    entity: of the items, for metering.
    ranges: are merged. Entries of several ranges at one position are copies of one entry, which counts once.
    filtered: whether entries may be dropped, so that more of them are read than the page has.
    evenly_spread: whether entries are distributed evenly over the ranges, so that only a share of the page is
    read from each.
    """

    name: str
    parameters: dict[str, Any]
    entity: str
    ranges: Sequence[Range]
    forward: bool = False
    index: Index | None = None
    filtered: bool = False
    consistent: bool = False
    evenly_spread: bool = True


class QuerySource(Protocol):
    """What pages are read from: the table (`Store`), or the catalogue in memory."""

    def query(
        self,
        pk: str,
        *,
        entity: str,
        sort: tuple[str, str] | None = None,
        forward: bool = True,
        limit: int | None = None,
        start: WireItem | None = None,
        consistent: bool = False,
        index: Index | None = None,
    ) -> QueryPage:
        """As `Store.query`."""


class _RangeReader:
    """Reads one range page by page, as its entries are needed."""

    def __init__(
        self, store: QuerySource, list_query: ListQuery, key_range: Range, size: int, skip: str | None
    ) -> None:
        self._store, self._query, self._range = store, list_query, key_range
        self._size, self._skip = size, skip
        self._sk = SK if list_query.index is None else list_query.index.sk
        self._start: WireItem | None = None
        self._done = False
        self.buffer: deque[tuple[str, WireItem]] = deque()

    def head(self) -> tuple[str, WireItem] | None:
        """The next position and entry, without consuming it; None at the end."""
        while not self.buffer and not self._done:
            page = self._store.query(
                self._range.pk, entity=self._query.entity, sort=self._range.sort(),
                forward=self._query.forward, limit=self._size, start=self._start,
                consistent=self._query.consistent, index=self._query.index,
            )  # fmt: skip
            for item in page.items:
                for entry in self._range.entries(item, self._sk, forward=self._query.forward):
                    if entry[0] != self._skip:
                        self.buffer.append(entry)
            self._start = page.last_key
            self._done = page.last_key is None
        return self.buffer[0] if self.buffer else None

    def drop(self, position: str | None) -> None:
        """Drops what was read and not consumed of that position."""
        while self.buffer and self.buffer[0][0] == position:
            self.buffer.popleft()

    def has_other_than(self, position: str | None) -> bool:
        """Whether there is an entry at another position. Reads on if nothing is left of what was read."""
        while (head := self.head()) is not None and head[0] == position:
            self.drop(position)
        return head is not None


def _next_reader(readers: Sequence[_RangeReader], forward: bool) -> _RangeReader | None:
    """The reader whose next entry is the next of the list; None when all are at their end."""
    if len(readers) == 1:
        return readers[0] if readers[0].head() else None
    heads = [(head[0], number) for number, reader in enumerate(readers) if (head := reader.head())]
    return readers[(min if forward else max)(heads)[1]] if heads else None


def _first_read(list_query: ListQuery, limit: int, resumed: bool) -> int:
    """How many entries to read from each range, so that one Query per range is usually enough."""
    ranges = len(list_query.ranges) if list_query.evenly_spread else 1
    size = limit + 1 + resumed if ranges == 1 else -(-limit // ranges) + 4
    return max(size, _FILTERED_READ) if list_query.filtered else size


def merged_page(
    store: QuerySource,
    list_query: ListQuery,
    accept: Callable[[str, WireItem], T | None],
    *,
    limit: int,
    cursor: str | None,
) -> Page[T]:
    """One page of a list.

    accept: gets the position and the item of each entry in order, and returns the page's item for it or None
    to drop the entry.
    limit: items of the page, 1 to 100.

    At most 500 entries are examined, so a page of a filtered list may be short or even empty and still have a
    cursor. Usually one Query per range; at most 500 entries of capacity. Raises `InvalidInput` for a limit out
    of range and for the cursor of another list.
    """
    check_limit(limit)
    digest = query_digest(list_query.name, list_query.parameters)
    position = decode_cursor(digest, cursor)
    ranges = list(list_query.ranges)
    if position is not None:
        ranges = [key_range.after(position, list_query.forward) for key_range in ranges]
    size = _first_read(list_query, limit, position is not None)
    readers = [_RangeReader(store, list_query, key_range, size, position) for key_range in ranges]
    accepted: list[T] = []
    examined = 0
    while len(accepted) < limit and examined < MAX_EXAMINED:
        reader = _next_reader(readers, list_query.forward)
        if reader is None:
            return Page(accepted, None)
        previous = position
        position, item = reader.buffer.popleft()
        examined += 1
        if position == previous:
            continue  # the other one of two copies: the entry is being moved to another partition
        entry = accept(position, item)
        if entry is not None:
            accepted.append(entry)
    for reader in readers:
        reader.drop(position)
    more = any(reader.buffer for reader in readers) or any(
        reader.has_other_than(position) for reader in readers
    )
    return Page(accepted, encode_cursor(digest, position) if more and position is not None else None)
