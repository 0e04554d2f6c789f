"""The index of the unique keys that a job's rows have, made again from the source where its file is missing."""

from __future__ import annotations

from contextlib import suppress

from migration.checkpoint import Checkpoint
from migration.errors import BadRow
from migration.job import policy_of
from migration.mapping import MigrationStep
from migration.row_encoder import RowEncoder
from migration.source import LegacyDatabase
from migration.unique_key_index import UniqueKeyIndex


def open_claimed_keys(
    state: Checkpoint, step: MigrationStep, source: LegacyDatabase
) -> UniqueKeyIndex | None:
    """The index of the step's keys up to its checkpoint; None for a step without unique keys.

    A step that has not begun starts with an empty index. Raises `MigrationError` when the file cannot be used.
    """
    if not step.unique:
        return None
    after = state.step(step.name).after
    index = UniqueKeyIndex(state.folder / f"keys-{step.name}.sqlite3", discard_existing=after is None)
    if after is not None and index.is_empty():
        encoder = RowEncoder(step, policy_of(state), index)
        for row in source.rows(step, None, after):
            with suppress(BadRow):
                encoder.encode(row)
    return index
