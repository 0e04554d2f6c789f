"""The queries that an index serves, as data: their keys, and how they are answered without the index."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Item = Mapping[str, Mapping[str, Any]]
Value = Mapping[str, Any]


@dataclass(frozen=True)
class IndexQuery:
    """All items of one partition key of an index, optionally within bounds of its sort key.

    An item of the table in wire format serves as the example: the query is for its partition key. `between` returns
    the bounds of the sort key, both ends included; None means no bounds. Without the index, the partitions of the
    base table that `partitions` returns are read and filtered; None reads the whole table.
    """

    name: str
    index: str
    partitions: Callable[[Item], Sequence[Value]] | None = None
    between: Callable[[Item], tuple[Value, Value]] | None = None
