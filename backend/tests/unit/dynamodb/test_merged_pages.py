"""Merged pages: however entries are spread, a list is complete, in order and without repeats."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.errors import InvalidInput
from api.dynamodb.table.merged_pages import MAX_EXAMINED, ListQuery, Range, merged_page
from api.dynamodb.table.store import QueryPage


class Shelves:
    """Partitions of sorted entries in memory, read like a table; counts the Queries and what they read."""

    def __init__(self, partitions: dict[str, list[str]]) -> None:
        self.partitions = partitions
        self.queries = 0
        self.read = 0

    def query(
        self, pk: str, *, sort: tuple[str, str], forward: bool, limit: int, start: WireItem | None, **_: Any
    ) -> QueryPage:
        self.queries += 1
        found = [sk for sk in self.partitions[pk] if sort[0] <= sk <= sort[1]]
        found = sorted(found, reverse=not forward)
        if start is not None:
            found = [sk for sk in found if (sk > start["SK"]["S"] if forward else sk < start["SK"]["S"])]
        items: list[WireItem] = [{"PK": {"S": pk}, "SK": {"S": sk}} for sk in found[:limit]]
        self.read += len(items)
        return QueryPage(items, items[-1] if len(found) >= limit and items else None)


def pages(
    shelves: Shelves, query: ListQuery, limit: int, wanted: Any = lambda position: True
) -> list[list[str]]:
    cursor, found = None, []
    while True:
        page = merged_page(
            shelves, query, lambda position, _: position if wanted(position) else None,  # type: ignore[arg-type]
            limit=limit, cursor=cursor,
        )  # fmt: skip
        found.append(page.items)
        cursor = page.cursor
        if cursor is None:
            return found


def listing_of(partitions: dict[str, list[str]], **how: Any) -> ListQuery:
    return ListQuery("x", {}, "user", [Range(pk) for pk in partitions], **how)


positions = st.lists(st.integers(0, 9999), unique=True, max_size=60)


@given(positions, st.integers(1, 5), st.integers(1, 20), st.booleans())
def test_every_entry_comes_once_and_in_order(
    numbers: list[int], shards: int, limit: int, forward: bool
) -> None:
    partitions: dict[str, list[str]] = {str(shard): [] for shard in range(shards)}
    for number in numbers:
        partitions[str(number % shards)].append(f"{number:04d}")
    found = pages(Shelves(partitions), listing_of(partitions, forward=forward), limit)
    assert [p for page in found for p in page] == sorted(
        (f"{number:04d}" for number in numbers), reverse=not forward
    )
    assert all(len(page) == limit for page in found[:-1])
    assert found[-1] or len(found) == 1


@given(positions, st.integers(1, 4), st.integers(1, 5), st.integers(1, 20), st.booleans(), st.data())
def test_an_entry_with_copies_in_several_partitions_comes_once(
    numbers: list[int], old: int, new: int, limit: int, forward: bool, data: st.DataObject
) -> None:
    partitions: dict[str, list[str]] = {str(shard): [] for shard in range(max(old, new))}
    for number in numbers:
        counts = data.draw(st.sampled_from([(old,), (new,), (old, new)]))
        for shard in {number % count for count in counts}:
            partitions[str(shard)].append(f"{number:04d}")
    found = pages(Shelves(partitions), listing_of(partitions, forward=forward), limit)
    assert [p for page in found for p in page] == sorted(
        (f"{number:04d}" for number in numbers), reverse=not forward
    )
    assert all(len(page) == limit for page in found[:-1])
    assert found[-1] or len(found) == 1


def test_a_page_costs_the_same_wherever_it_is_and_however_long_the_list() -> None:
    costs = set()
    for total in (1_000, 10_000):
        partitions = {str(s): [f"{n:06d}" for n in range(s, total, 4)] for s in range(4)}
        shelves, cursor = Shelves(partitions), None
        for _ in range(20):
            shelves.queries = shelves.read = 0
            page = merged_page(
                shelves, listing_of(partitions), lambda p, _: p, limit=20, cursor=cursor  # type: ignore[arg-type]
            )  # fmt: skip
            cursor = page.cursor
            costs.add((shelves.queries, shelves.read))
    assert costs == {(4, 36)}


def test_a_lopsided_list_is_still_complete() -> None:
    partitions = {"0": [f"{n:04d}" for n in range(200)], "1": ["9999"], "2": [], "3": []}
    found = pages(Shelves(partitions), listing_of(partitions), 50)
    assert [len(page) for page in found] == [50, 50, 50, 50, 1]


def test_a_filtered_page_looks_at_a_bounded_number_of_entries() -> None:
    partitions = {"0": [f"{n:05d}" for n in range(2000)]}
    shelves = Shelves(partitions)
    found = pages(shelves, listing_of(partitions, filtered=True), 10, lambda position: position == "00003")
    assert [page for page in found if page] == [["00003"]]
    assert len(found) == 2000 // MAX_EXAMINED


def test_ranges_of_one_partition_merge_by_what_follows_their_prefix() -> None:
    shelves = Shelves({"p": ["TCH#1", "TCH#4", "TCS#2", "TCS#3", "U#9"]})
    query = ListQuery("x", {}, "test_case", [Range("p", "TCS#"), Range("p", "TCH#")], forward=True)
    assert pages(shelves, query, 1) == [["1"], ["2"], ["3"], ["4"]]


def test_a_cursor_outside_the_range_is_refused() -> None:
    shelves = Shelves({"p": ["LOG#3", "LOG#5", "LOG#7"]})
    wide = ListQuery("x", {}, "usage_log", [Range("p", "LOG#")])
    narrow = ListQuery("x", {}, "usage_log", [Range("p", "LOG#", "4", "6")])
    cursor = merged_page(shelves, wide, lambda p, _: p, limit=1, cursor=None).cursor  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="cursor"):
        merged_page(shelves, narrow, lambda p, _: p, limit=1, cursor=cursor)  # type: ignore[arg-type]
