"""Removes the items of steps that are moved again: what the source no longer has would stay otherwise."""

from __future__ import annotations

from contextlib import closing

from api.dynamodb.codec.statement_items import is_statement_part
from api.dynamodb.transport.http import Transport
from migration.checkpoint import Checkpoint
from migration.loader import Chunk, Loader, PendingItem
from migration.progress import ProgressDisplay
from migration.table_contents import read_items, step_of


def remove_earlier_items(
    state: Checkpoint, transport: Transport, loader: Loader, item_count: int, *, quiet: bool
) -> None:
    """Removes the items of the steps that `state.emptying` names, of a table with about `item_count` items.

    Problems' statements stay, which the source does not have.
    A Scan of the table, and the write units of what is removed; no call when there is nothing to remove.
    """
    steps = frozenset(state.emptying)
    if not steps:
        return
    chunk = Chunk()
    with closing(ProgressDisplay("removing", item_count, unit="items", quiet=quiet)) as progress:
        for item in read_items(transport, state.table, progress):
            if step_of(item) in steps and not is_statement_part(item):
                loader.put(chunk, PendingItem.removal(item))
        loader.close(chunk)
        loader.wait(chunk)
    state.emptying = []
    state.save()
