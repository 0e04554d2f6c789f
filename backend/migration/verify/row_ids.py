"""A large set of row ids in eight bytes each, such as the ids of all dead-lettered rows."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import pairwise


class RowIds:
    """An immutable set of 64-bit ids. Iterates in ascending order."""

    __slots__ = ("_ids",)

    def __init__(self, ids: Iterable[int] = ()) -> None:
        self._ids = array("q", ids)
        if any(first >= second for first, second in pairwise(self._ids)):
            self._ids = array("q", sorted(set(self._ids)))

    def __contains__(self, row_id: int) -> bool:
        position = bisect_left(self._ids, row_id)
        return position < len(self._ids) and self._ids[position] == row_id

    def __iter__(self) -> Iterator[int]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)
