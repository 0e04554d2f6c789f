"""Real chains of shards: DynamoDB Local rolls them over, trims them and lets iterators expire within seconds."""

from __future__ import annotations

import time
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from engines.dynamodb_local import StreamTimes
from live.streams import StreamGap, StreamPosition, StreamReader, disable_stream, enable_stream
from tests.integration.live.live_harness import Live
from tests.integration.live.reverse_harness import Way, fill, new_run
from tests.integration.migration.migration_harness import LegacySource
from tests.support.engines import Engine, aging_streams
from tests.support.tables import TablePool
from tests.support.waiting import wait_until

ITERATOR_SECONDS = 0.2


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine whose shards last half a second; nothing is trimmed."""
    yield from aging_streams(tmp_path_factory, StreamTimes(rollover=0.5, iterator=ITERATOR_SECONDS))


@pytest.fixture
def way(legacy: LegacySource, live: Live) -> Way:
    """A small source that was moved, with the gate in reverse and the stream on."""
    fill(legacy)
    return Way(live.move)


def generations(way: Way) -> int:
    """How many shards the stream has had, each the successor of the one before."""
    shards = way.streams().describe_stream(StreamArn=way.arn)["StreamDescription"]["Shards"]
    assert len({shard.get("ParentShardId") for shard in shards}) == len(shards)
    return len(shards)


def test_children_are_followed_across_restarts_to_the_end_of_every_shard(way: Way) -> None:
    """Pitfall 14: each run of a new name is in another shard, and its last name has to win."""
    written = 0
    expired: list[bool] = []
    while generations(way) < 5 or not any(expired):
        assert written < 600, "no iterator expired"
        for user in (1, 2, 3):
            written += 1
            way.users.update_user(user, {"name": f"Name {written}"})
        way.runs.create_history(new_run(1))
        if written % 4 == 0:  # a new process each time, which goes on from the position in MySQL
            with way.follow(limit=3) as (applier, reader, _):
                applier.follow(reader)
                time.sleep(2 * ITERATOR_SECONDS)  # the iterator expires, and is asked for again
                applier.follow(reader)
                expired.append(reader._has_failed)
    disable_stream(way.move.engine.client(), way.move.table)
    done: list[bool] = []
    while not any(done):
        with way.follow(limit=20) as (applier, reader, target):
            wait_until(lambda: applier.follow(reader) is not None or reader.is_drained, "the next batch")
            done.append(reader.is_drained)
            position = target.position(way.arn)
    assert len(position.shards) >= 5 and position.is_read
    assert way.differences() == []
    names = way.sql("SELECT name FROM users WHERE id < 4 ORDER BY id")
    assert names == tuple((f"Name {number}",) for number in range(written - 2, written + 1))


@pytest.fixture(scope="module")
def trimming(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine that trims a stream's records after three seconds."""
    yield from aging_streams(tmp_path_factory, StreamTimes(rollover=0.5, survival=3.0))


def test_what_was_trimmed_before_it_was_read_is_refused_with_the_reason(
    trimming: Engine, table_pool: TablePool
) -> None:
    """Pitfall 14: a reader that was stopped for longer than the stream keeps its records."""
    table, client = table_pool.take(trimming), trimming.client()
    arn, streams = enable_stream(client, table), _streams(trimming)
    stopped = StreamReader(streams, StreamPosition(arn), limit=1, look_seconds=0)

    def write() -> None:
        client.put_item(TableName=table, Item={"PK": {"S": "PLAN"}, "SK": {"S": str(time.time_ns())}})

    def read_one() -> bool:
        write()
        batch = stopped.read()
        if batch is not None:
            stopped.acknowledge(batch)
        return batch is not None and bool(batch.records)

    wait_until(read_one, "the first record")
    position, refusals = deepcopy(stopped.position), []

    def is_refused() -> bool:
        write()
        try:
            StreamReader(streams, deepcopy(position), look_seconds=0).read()
        except StreamGap as gap:
            refusals.append(str(gap))
        return bool(refusals)

    wait_until(is_refused, "the refusal")
    assert refusals[0].startswith(
        "the stream has removed records that were not read (TrimmedDataAccessException): "
    )
    with pytest.raises(StreamGap, match="was never read"):  # who begins that late cannot know
        StreamReader(streams, StreamPosition(arn), retention=0.0).read()
    table_pool.put_back(trimming, table)


def _streams(engine: Engine) -> Any:
    import boto3

    return boto3.client(
        "dynamodbstreams", endpoint_url=engine.endpoint_url, region_name="us-east-1",
        aws_access_key_id="test", aws_secret_access_key="test",
    )  # fmt: skip
