"""Encodes one step's rows and groups them in chunks: the same code for the migration and for the dry run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from api.dynamodb.codec.item_size import item_size
from migration.dead_letters import letter
from migration.errors import BadRow
from migration.loader import Chunk, PendingItem
from migration.mapping import USAGE, MigrationStep, Row
from migration.row_encoder import DailyUsageCounter, RowEncoder

# A chunk ends early when its dead letters are this large, which bounds the memory they take.
DEAD_CHARACTERS = 4_000_000


def encode_chunks(
    step: MigrationStep,
    rows: Iterable[Row],
    encoder: RowEncoder,
    batch_size: int,
    advance: Callable[[int], None],
) -> Iterator[tuple[Chunk, list[PendingItem]]]:
    """Encodes rows into chunks of at least `batch_size` rows.

    Yields the current chunk with the items of each row, and once more, without items, when the chunk is
    complete: its `key` is set then. Rows of usage logs come ordered by user, and the items of a user's last
    row are followed by the user's day counters, so a chunk never ends within a user. `advance` is called
    with 1 for each row read.
    """
    usage = DailyUsageCounter(encoder.policy) if step is USAGE else None
    chunk = Chunk()
    counts = chunk.counts
    key: tuple[int, ...] | None = None
    for row in rows:
        previous, key = key, step.key(row)
        if previous is not None and (usage is None or key[0] != previous[0]):
            if usage is not None:
                yield chunk, _day_counters(chunk, usage, previous)
            if counts.read >= batch_size or chunk.dead_characters >= DEAD_CHARACTERS:
                yield _completed(chunk, encoder, previous), []
                chunk = Chunk()
                counts = chunk.counts
        counts.read += 1
        advance(1)
        if usage is not None:
            usage.add(row)
        try:
            item_set = encoder.encode(row)
            if item_set is None:
                counts.skipped += 1
                continue
            items = chunk.pending_items(item_set.all(), item_set.sizes(), key[-1])
        except BadRow as error:
            counts.dead += 1
            chunk.dead.append(letter(step, row, str(error)))
            chunk.dead_characters += sum(len(value) for value in row if value is not None)
            continue
        counts.written += 1
        yield chunk, items
    if key is not None:
        if usage is not None:
            yield chunk, _day_counters(chunk, usage, key)
        yield _completed(chunk, encoder, key), []


def _day_counters(chunk: Chunk, usage: DailyUsageCounter, key: tuple[int, ...]) -> list[PendingItem]:
    """The counter items of the user whose last row has this key; one that is refused is reported with its last log."""
    return [
        pending
        for counter, log_id in usage.take(key[0])
        for pending in chunk.pending_items([counter], [item_size(counter)], log_id)
    ]


def _completed(chunk: Chunk, encoder: RowEncoder, key: tuple[int, ...]) -> Chunk:
    chunk.key = key
    chunk.counts.zero_dates = sum(encoder.reader.zero_dates.values())
    encoder.reader.zero_dates.clear()
    return chunk
