"""Pumps one step's rows through the encoder into a sink: the same code for a rehearsal and for the real run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from api.dynamodb.capacity import put_units
from api.dynamodb.item_size import WireItem, item_size
from migration.dead_letters import letter
from migration.encode import DayCounter, StepEncoder
from migration.errors import BadRow
from migration.loader import Chunk, Parcel
from migration.mapping import USAGE, Row, Step

# A chunk ends early when its dead letters are this large, so that they do not fill the memory.
DEAD_CHARACTERS = 4_000_000


class Sink(Protocol):
    """Where items go: to nobody in a rehearsal, to the senders in a run."""

    def put(self, chunk: Chunk, parcel: Parcel) -> None:
        """Takes one item of the open chunk."""

    def close(self, step: Step, chunk: Chunk) -> None:
        """Takes the end of a chunk: `chunk.key` is the last row's key."""


def parcels(items: Iterable[WireItem], sizes: Iterable[int], row_id: int) -> list[Parcel]:
    """Items on their way, with their exact sizes and WCU."""
    return [
        Parcel(item, size, put_units(item, size), row_id) for item, size in zip(items, sizes, strict=True)
    ]


def pump(
    step: Step,
    rows: Iterable[Row],
    encoder: StepEncoder,
    days: DayCounter | None,
    sink: Sink,
    batch_size: int,
    advance: Callable[[int], None],
) -> None:
    """Sends every row's items to the sink, in chunks of at least `batch_size` rows.

    With a day counter (usage logs, which come ordered by user) a chunk ends at the end of a user.
    `advance` is told of every row that was read.
    """
    chunk = Chunk()
    key: tuple[int, ...] | None = None
    counts = chunk.counts
    dead_size = 0

    def send(ready: list[Parcel]) -> None:
        for parcel in ready:
            sink.put(chunk, parcel)
            counts.bytes += parcel.size
            counts.wcu += parcel.units
        counts.items += len(ready)

    for row in rows:
        last, key = key, step.key(row)
        new_group = last is not None and (days is None or key[0] != last[0])
        if last is not None and new_group:
            if days is not None:
                send(_counter_parcels(days, last))
            if counts.read >= batch_size or dead_size >= DEAD_CHARACTERS:
                chunk.key = last
                _close(step, chunk, encoder, sink)
                chunk = Chunk()
                counts = chunk.counts
                dead_size = 0
        counts.read += 1
        advance(1)
        if days is not None:
            days.add(row)
        try:
            built = encoder.encode(row)
            if built is None:
                counts.skipped += 1
                continue
            send(parcels(built.all(), built.sizes(), key[-1]))
            counts.written += 1
        except BadRow as error:
            counts.dead += 1
            chunk.dead.append(letter(step, row, str(error)))
            dead_size += sum(len(value) for value in row if value is not None)
    if key is not None:
        if days is not None:
            send(_counter_parcels(days, key))
        chunk.key = key
        _close(step, chunk, encoder, sink)


def _counter_parcels(days: DayCounter, key: tuple[int, ...]) -> list[Parcel]:
    counters = list(days.take(key[0]))
    return parcels(counters, map(item_size, counters), key[-1])


def _close(step: Step, chunk: Chunk, encoder: StepEncoder, sink: Sink) -> None:
    chunk.counts.zero_dates = sum(encoder.reader.zero_dates.values())
    encoder.reader.zero_dates.clear()
    sink.close(step, chunk)


def day_counter_for(step: Step, encoder: StepEncoder) -> DayCounter | None:
    """The day counter that goes with a step: usage logs have one."""
    return DayCounter(encoder.policy) if step is USAGE else None
