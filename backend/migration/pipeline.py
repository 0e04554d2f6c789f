"""Encodes one step's rows and groups them in chunks: the same code for the migration and for the dry run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from api.dynamodb.codec.item_size import item_size
from migration.dead_letters import letter
from migration.errors import BadRow
from migration.loader import Chunk, PendingItem
from migration.mapping import USAGE, MigrationStep, Row
from migration.row_encoder import RowEncoder
from migration.usage_ledgers import Ledger, UsageLedgers

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
    complete: its `key` is set then. Rows of usage logs come ordered by user, and a user's last row is followed by
    the ledgers of the user's days, so a chunk never ends within a user. `advance` is called with 1 for each row read.
    """
    ledgers = UsageLedgers(encoder.policy) if step is USAGE else None
    chunk = Chunk()
    counts = chunk.counts
    key: tuple[int, ...] | None = None
    for row in rows:
        previous, key = key, step.key(row)
        if previous is not None and (ledgers is None or key[0] != previous[0]):
            if ledgers is not None:
                yield chunk, [ledger_item(chunk, ledger) for ledger in ledgers.take(previous[0])]
            if counts.read >= batch_size or chunk.dead_characters >= DEAD_CHARACTERS:
                yield _completed(chunk, encoder, previous), []
                chunk = Chunk()
                counts = chunk.counts
        counts.read += 1
        advance(1)
        if ledgers is not None:
            ledgers.count(row)
        try:
            record = encoder.record(row)
            if record is None:
                counts.skipped += 1
                continue
            if ledgers is not None and ledgers.add(record, encoder):
                counts.written += 1
                continue
            item_set = encoder.items(row, record)
            items = chunk.pending_items(item_set.all(), item_set.sizes(), key[-1])
        except BadRow as error:
            counts.dead += 1
            chunk.dead.append(letter(step, row, str(error)))
            chunk.dead_characters += sum(len(value) for value in row if value is not None)
            continue
        counts.written += 1
        yield chunk, items
    if key is not None:
        if ledgers is not None:
            yield chunk, [ledger_item(chunk, ledger) for ledger in ledgers.take(key[0])]
        yield _completed(chunk, encoder, key), []


def ledger_item(chunk: Chunk, ledger: Ledger) -> PendingItem:
    """The item of a ledger. If it is refused its logs are written one by one, and the counter by its last log's id."""
    (pending,) = chunk.pending_items([ledger.item], [item_size(ledger.item)], ledger.last_log)
    if ledger.entries:
        pending.instead = lambda: [PendingItem.of(item, row_id) for row_id, item in ledger.apart()]
    return pending


def _completed(chunk: Chunk, encoder: RowEncoder, key: tuple[int, ...]) -> Chunk:
    chunk.key = key
    chunk.counts.zero_dates = sum(encoder.reader.zero_dates.values())
    encoder.reader.zero_dates.clear()
    return chunk
