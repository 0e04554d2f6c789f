"""The calls of every access pattern, recorded from the repositories over the items of `typical_table`."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import NamedTuple

from api.dynamodb.clock import frozen
from api.dynamodb.schema import keys
from api.dynamodb.schema.list_shards import as_declared
from design.actor import ActorTouch, for_actors
from design.memory_table import MemoryTable
from design.patterns import PATTERNS
from design.repositories import Repositories
from design.typical_table import NOW, typical_items
from design.units import Call

# With this seed "a problem at random" starts so early in its list that it reads as much as it may.
SEED = 2


class PatternCalls(NamedTuple):
    """The calls of an access pattern, in order, and what they touch for any actor of the simulation."""

    calls: list[Call]
    touches: list[ActorTouch]


@lru_cache(maxsize=8)
def recorded_calls(timeline_shards: int = keys.TIMELINE_SHARDS) -> Mapping[str, PatternCalls]:
    """The calls of every access pattern by its name, if the timeline has that many shards.

    Each pattern finds the typical items as they are, whatever other patterns write.
    """
    recorded = {}
    with as_declared(), _resharded_timeline(timeline_shards), frozen(NOW):
        items = typical_items()
        existing = {pk for pk, _ in items}
        for pattern in PATTERNS:
            table = MemoryTable(items)
            random.seed(SEED)
            pattern.run(Repositories.over(table))
            touches = for_actors(table.calls, existing, timeline_shards)
            recorded[pattern.name] = PatternCalls(table.calls, touches)
    return recorded


def calls_of(name: str, timeline_shards: int = keys.TIMELINE_SHARDS) -> list[Call]:
    """The calls of an access pattern, if the timeline has that many shards."""
    return recorded_calls(timeline_shards)[name].calls


@contextmanager
def _resharded_timeline(shards: int) -> Iterator[None]:
    """Declares another number of shards of the timeline while items are built and calls are made."""
    declared = keys.TIMELINE
    keys.TIMELINE = declared.resharded(shards)
    try:
        yield
    finally:
        keys.TIMELINE = declared
