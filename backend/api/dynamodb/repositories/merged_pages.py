"""One list out of several partitions or sort ranges: pages are merged in order, lazily, with one cursor."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from api.dynamodb.cursor import Page, check_limit, decode_cursor, encode_cursor, query_digest
from api.dynamodb.entities import SK
from api.dynamodb.errors import InvalidInput
from api.dynamodb.indexes import Index
from api.dynamodb.item_size import WireItem
from api.dynamodb.store import Store

T = TypeVar("T")

LAST_CHARACTER = "\U0010ffff"
# A page of a filtered list looks at no more entries than this, found or not.
MAX_EXAMINED = 500
_FILTERED_READ = 64


@dataclass(frozen=True)
class Range:
    """A part of a partition; what follows `prefix` in its sort keys is the order of the whole list."""

    pk: str
    prefix: str = ""
    low: str = ""
    high: str = LAST_CHARACTER

    def after(self, position: str, forward: bool) -> Range:
        """What is left of the range from a position on, the position included."""
        if not self.low <= position <= self.high:
            raise InvalidInput("the cursor is not one that this list gave out")
        return replace(self, low=position) if forward else replace(self, high=position)

    def sort(self) -> tuple[str, str]:
        """The lowest and the highest sort key."""
        return (self.prefix + self.low) or " ", self.prefix + self.high

    def entries(self, item: WireItem, sk: str, *, forward: bool) -> list[tuple[str, WireItem]]:
        """The entries that an item of the range stands for, each with its position, in order: itself."""
        return [(item[sk]["S"][len(self.prefix) :], item)]


@dataclass(frozen=True)
class Listing:
    """Which list is asked for: its name and parameters bind the cursor, its ranges are merged.

    `spread` says that entries fall evenly on the ranges, so that a share of the page is read of each.
    """

    name: str
    parameters: dict[str, Any]
    entity: str
    ranges: Sequence[Range]
    forward: bool = False
    index: Index | None = None
    filtered: bool = False
    consistent: bool = False
    spread: bool = True


class _Stream:
    """One range, read page by page when its next entry is asked for."""

    def __init__(self, store: Store, listing: Listing, part: Range, size: int, skip: str | None) -> None:
        self._store, self._listing, self._range = store, listing, part
        self._size, self._skip = size, skip
        self._sk = SK if listing.index is None else listing.index.sk
        self._start: WireItem | None = None
        self._done = False
        self.buffer: deque[tuple[str, WireItem]] = deque()

    def head(self) -> tuple[str, WireItem] | None:
        """The next entry and its position in the order, without taking it; None at the end."""
        while not self.buffer and not self._done:
            page = self._store.query(
                self._range.pk, entity=self._listing.entity, sort=self._range.sort(),
                forward=self._listing.forward, limit=self._size, start=self._start,
                consistent=self._listing.consistent, index=self._listing.index,
            )  # fmt: skip
            for item in page.items:
                for entry in self._range.entries(item, self._sk, forward=self._listing.forward):
                    if entry[0] != self._skip:
                        self.buffer.append(entry)
            self._start = page.last_key
            self._done = page.last_key is None
        return self.buffer[0] if self.buffer else None


def _foremost(streams: Sequence[_Stream], forward: bool) -> _Stream | None:
    """The stream whose next entry comes first in the list's order; None when all are at their end."""
    if len(streams) == 1:
        return streams[0] if streams[0].head() else None
    heads = [(head[0], number) for number, stream in enumerate(streams) if (head := stream.head())]
    return streams[(min if forward else max)(heads)[1]] if heads else None


def _first_read(listing: Listing, limit: int, resumed: bool) -> int:
    """How many entries to ask of each range: its share and a little, so that one Query a range will do."""
    ranges = len(listing.ranges) if listing.spread else 1
    size = limit + 1 + resumed if ranges == 1 else -(-limit // ranges) + 4
    return max(size, _FILTERED_READ) if listing.filtered else size


def merged_page(
    store: Store,
    listing: Listing,
    accept: Callable[[str, WireItem], T | None],
    *,
    limit: int,
    cursor: str | None,
) -> Page[T]:
    """One page of a list.

    `accept` gets each entry's position and item in order and returns what the page shows for it, or
    None to drop it. At most 500 entries are looked at, so a page of a filtered list may come back
    short, even empty, with a cursor. Usually one Query a range; at most 500 entries of capacity.
    Raises `InvalidInput` for a limit outside 1..100 and for a cursor of another list.
    """
    check_limit(limit)
    digest = query_digest(listing.name, listing.parameters)
    position = decode_cursor(digest, cursor)
    ranges = list(listing.ranges)
    if position is not None:
        ranges = [part.after(position, listing.forward) for part in ranges]
    size = _first_read(listing, limit, position is not None)
    streams = [_Stream(store, listing, part, size, position) for part in ranges]
    found: list[T] = []
    examined = 0
    while len(found) < limit and examined < MAX_EXAMINED:
        stream = _foremost(streams, listing.forward)
        if stream is None:
            return Page(found, None)
        position, item = stream.buffer.popleft()
        examined += 1
        shown = accept(position, item)
        if shown is not None:
            found.append(shown)
    more = any(stream.buffer for stream in streams) or any(stream.head() for stream in streams)
    return Page(found, encode_cursor(digest, position) if more and position is not None else None)
