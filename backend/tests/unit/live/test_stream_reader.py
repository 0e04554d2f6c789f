"""Reading a stream: parents before children, at least once, and a gap is never passed over."""

from __future__ import annotations

import random
from copy import deepcopy

import pytest

from live.streams import Shard, StreamGap, StreamPosition, StreamReader
from migration.errors import MigrationError
from tests.unit.live.stream_engine import ARN, StreamEngine, values

HOUR = 3600.0


def reader(engine: StreamEngine, position: StreamPosition | None = None, now: float = HOUR) -> StreamReader:
    return StreamReader(engine, position or StreamPosition(ARN), limit=2, look_seconds=0, clock=lambda: now)


def read_all(stream: StreamReader) -> list[tuple[str, int]]:
    """Everything that can be read, acknowledged."""
    result: list[tuple[str, int]] = []
    empty = 0
    while empty < 3:
        batch = stream.read()
        empty = 0 if batch else empty + 1
        if batch is not None:
            result += values(batch.records)
            stream.acknowledge(batch)
    return result


def grown() -> StreamEngine:
    """A stream whose first shard was split twice; item `a` has records in each generation."""
    engine = StreamEngine()
    (shard,) = engine.open_shards()
    for value in range(3):
        engine.write(shard, "a", value)
        (shard,) = engine.split(shard)
    engine.write(shard, "a", 3)
    return engine


def test_pitfall_14_child_shards_are_read_after_their_parents() -> None:
    """The engine lists children first."""
    assert read_all(reader(grown())) == [("a", n) for n in range(4)]


def test_nothing_is_read_of_a_child_before_the_parent_is_acknowledged_to_its_end() -> None:
    stream = reader(grown())
    first = stream.read()
    assert first is not None and values(first.records) == [("a", 0)]
    assert first.shard.is_done
    assert stream.position.readable() == [stream.position.shards["shard-000"]]


def test_what_was_not_acknowledged_is_read_again() -> None:
    engine = grown()
    stream = reader(engine)
    batch = stream.read()
    assert batch is not None
    stream.acknowledge(batch)
    position = deepcopy(stream.position)
    stream.read()
    assert read_all(reader(engine, position)) == [("a", n) for n in (1, 2, 3)]


@pytest.mark.parametrize("seed", range(30))
def test_through_splits_failures_and_restarts_every_item_keeps_its_order(seed: int) -> None:
    rng = random.Random(seed)
    engine, position = StreamEngine(), StreamPosition(ARN)
    stream = reader(engine, position)
    home = {item: engine.open_shards()[0] for item in "abcdef"}
    seen: dict[str, list[int]] = {item: [] for item in home}
    written = dict.fromkeys(home, 0)
    for _ in range(150):
        action = rng.random()
        if action < 0.5:
            item = rng.choice(list(home))
            written[item] += 1
            engine.write(home[item], item, written[item])
        elif action < 0.56:
            shard = rng.choice(engine.open_shards())
            children = engine.split(shard, rng.choice((1, 2)))
            home = {item: rng.choice(children) if at is shard else at for item, at in home.items()}
        elif action < 0.62:
            engine.failures.append("ExpiredIteratorException")
        elif action < 0.7:
            stream = reader(engine, deepcopy(stream.position))
        else:
            batch = stream.read()
            if batch is not None:
                for name, value in values(batch.records):
                    seen[name].append(value)
                if rng.random() < 0.8:
                    stream.acknowledge(batch)
                else:
                    stream = reader(engine, deepcopy(stream.position))
    engine.turn_off()
    engine.failures.clear()
    for name, value in read_all(stream):
        seen[name].append(value)
    assert stream.is_drained
    for item, got in seen.items():
        assert sorted(set(got)) == list(range(1, written[item] + 1))
        newest = 0
        for value in got:  # repetitions go back to what was not acknowledged, and never skip
            assert value <= newest + 1
            newest = max(newest, value)


def test_a_stream_that_is_on_is_not_drained_however_quiet_it_is() -> None:
    engine = grown()
    stream = reader(engine)
    read_all(stream)
    assert not stream.is_drained
    engine.turn_off()
    read_all(stream)
    assert stream.is_drained


def test_a_shard_that_was_removed_before_its_end_was_read_is_a_gap() -> None:
    """Pitfall 14: stopped for longer than the stream keeps its records."""
    engine = grown()
    stream = reader(engine)
    batch = stream.read()
    assert batch is not None
    stream.acknowledge(batch)
    del engine.shards["shard-001"]
    with pytest.raises(StreamGap, match="removed"):
        read_all(stream)


def test_records_that_were_trimmed_behind_the_position_are_a_gap() -> None:
    engine = StreamEngine()
    (shard,) = engine.open_shards()
    for value in range(10):
        engine.write(shard, "a", value)
    stream = reader(engine)
    batch = stream.read()
    assert batch is not None
    stream.acknowledge(batch)
    shard.trimmed = 5
    with pytest.raises(StreamGap, match="TrimmedDataAccessException"):
        read_all(reader(engine, stream.position))


def test_a_new_child_whose_parent_nobody_saw_is_a_gap() -> None:
    engine = grown()
    stream = reader(engine)
    read_all(stream)
    last = engine.open_shards()[0]
    (child,) = engine.split(last)
    engine.split(child)
    del engine.shards[child.name]
    with pytest.raises(StreamGap, match="parent"):
        read_all(stream)


def test_who_was_told_of_shards_by_their_records_alone_learns_their_order_from_the_stream() -> None:
    """The function's events name a shard, and neither its parent nor its end."""
    engine = grown()
    position = StreamPosition(
        ARN,
        {
            name: Shard(name, None, sequence)
            for name, sequence in (("shard-000", "101"), ("shard-003", "104"))
        },
    )
    stream = reader(engine, position)
    stream.look()
    assert {name: (shard.parent, shard.is_done) for name, shard in stream.position.shards.items()} == {
        "shard-000": (None, True),
        "shard-001": ("shard-000", True),
        "shard-002": ("shard-001", True),
        "shard-003": ("shard-002", False),
    }
    del engine.shards["shard-000"], engine.shards["shard-001"]
    assert read_all(stream) == []


def test_shards_that_were_read_and_removed_are_forgotten() -> None:
    engine = grown()
    stream = reader(engine)
    read_all(stream)
    del engine.shards["shard-000"], engine.shards["shard-001"]
    assert read_all(stream) == []
    assert set(stream.position.shards) == {"shard-002", "shard-003"}


def test_a_stream_that_was_on_for_a_day_before_it_was_first_read_is_a_gap() -> None:
    with pytest.raises(StreamGap, match="never read"):
        read_all(reader(StreamEngine(created=0), now=24 * HOUR))


def test_a_quiet_stream_counts_as_read_as_long_as_somebody_looks() -> None:
    engine = StreamEngine()
    stream = reader(engine)
    assert stream.read() is None and stream.position.read_at == HOUR
    reader(engine, stream.position, now=20 * HOUR)
    with pytest.raises(StreamGap, match="24"):
        reader(engine, stream.position, now=26 * HOUR)


def test_a_stream_that_did_not_answer_does_not_count_as_read() -> None:
    engine = StreamEngine()
    stream = reader(engine)
    engine.failures = ["ThrottlingException", "LimitExceededException"]
    assert stream.read() is None
    assert stream.position.read_at is None


def test_a_denied_call_says_what_to_allow() -> None:
    engine = StreamEngine()
    engine.failures = ["AccessDeniedException"]
    with pytest.raises(MigrationError, match="dynamodb:GetRecords"):
        reader(engine).read()
