"""The numbers of shards by which lists are written and read: the settings', or else the declared ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from api.dynamodb.schema.templates import ShardedList
from config.environment import environment

# Tables of before the numbers were noted have their lists' entries in this many partitions. Never changes.
FIRST_SHARDS = 4

_as_declared: ContextVar[bool] = ContextVar("lists have their declared numbers of shards", default=False)


@contextmanager
def as_declared() -> Iterator[None]:
    """Ignores the settings: the documents say the same on every machine."""
    token = _as_declared.set(True)
    try:
        yield
    finally:
        _as_declared.reset(token)


def written_shards(entries: ShardedList) -> int:
    """Over how many shards new entries of a list are spread."""
    if entries.setting is None or _as_declared.get():
        return entries.shards
    configured = environment().list_shards.get(entries.setting)
    return entries.shards if configured is None else configured.writers


def set_read_shards(entries: ShardedList) -> int | None:
    """From how many shards a page of a list is merged, if that is certain without a look at the table."""
    if entries.setting is None or _as_declared.get():
        return entries.shards
    configured = environment().list_shards.get(entries.setting)
    return None if configured is None else configured.readers


def read_partitions(entries: ShardedList) -> list[str]:
    """The partition keys that may have entries of a list: those that are set, or else those of any earlier table."""
    shards = set_read_shards(entries) or max(written_shards(entries), FIRST_SHARDS)
    return entries.resharded(shards).partitions()
