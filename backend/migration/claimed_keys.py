"""The index of the unique keys that a job's rows have, made again from the source where its file is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress

from migration.checkpoint import Checkpoint
from migration.errors import BadRow
from migration.job import policy_of
from migration.mapping import MigrationStep, Row
from migration.row_encoder import MigrationPolicy, RowEncoder
from migration.source import LegacyDatabase
from migration.unique_key_index import UniqueKeyIndex


def open_claimed_keys(
    state: Checkpoint,
    step: MigrationStep,
    source: LegacyDatabase,
    advance: Callable[[int], None] = lambda n: None,
) -> UniqueKeyIndex | None:
    """The index of the step's keys up to its checkpoint; None for a step without unique keys.

    A step that has not begun starts with an empty index, or in a part with the keys of the rows of the parts before:
    the first row by id keeps a key, whichever part is first to move. Those rows are read and encoded here, and
    `advance` is called with 1 for each. Raises `MigrationError` when the file cannot be used.
    """
    if not step.unique:
        return None
    after = state.step(step.name).after
    index = UniqueKeyIndex(state.folder / f"keys-{step.name}.sqlite3", discard_existing=after is None)
    until = after if after is not None else state.key_range(step.name).start(len(step.order_by))
    if until is not None and index.is_empty():
        claim_keys(index, step, policy_of(state), source.rows(step, None, until), advance)
    return index


def claim_keys(
    index: UniqueKeyIndex,
    step: MigrationStep,
    policy: MigrationPolicy,
    rows: Iterable[Row],
    advance: Callable[[int], None] = lambda n: None,
) -> None:
    """Claims the keys of rows as their move does; rows that cannot be moved claim none."""
    encoder = RowEncoder(step, policy, index)
    for row in rows:
        advance(1)
        with suppress(BadRow):
            encoder.encode(row)
