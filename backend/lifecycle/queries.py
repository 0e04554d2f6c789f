"""The queries for which an index is declared, as data: what they ask of it, and how it was done before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Item = Mapping[str, Mapping[str, Any]]
Value = Mapping[str, Any]


@dataclass(frozen=True)
class IndexQuery:
    """All items of one partition key of an index, optionally within bounds of its sort key.

    An item of the table stands as the example, in wire form: its partition key is asked for. `between` gives
    the bounds of the sort key, both ends included, None for no bounds. The older way reads the partitions of
    the base table that `partitions` names and filters; None reads the whole table.
    """

    name: str
    index: str
    partitions: Callable[[Item], Sequence[Value]] | None = None
    between: Callable[[Item], tuple[Value, Value]] | None = None
