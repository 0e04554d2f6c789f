"""Reads the records of a stream, shard by shard, and hands them over in batches that are acknowledged.

Nothing is acknowledged before it was applied: whoever is killed reads the batch again.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from live.streams.shards import RETENTION_SECONDS, Shard, StreamGap, StreamPosition
from migration.errors import MigrationError

Record = Mapping[str, Any]

_LIMIT = 1000
_LOOK_SECONDS = 10.0
_PATIENCE_SECONDS = 120.0
_GONE = frozenset({"TrimmedDataAccessException", "ResourceNotFoundException"})
_AGAIN = frozenset(
    {
        "LimitExceededException", "ProvisionedThroughputExceededException", "ThrottlingException",
        "InternalServerError", "InternalFailure", "ServiceUnavailable",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Batch:
    """Records of one shard, in order, and the shard's position after them; no records where only the position moves."""

    shard: Shard
    records: Sequence[Record]


class StreamReader:
    """Reads one stream from a position on, which it moves when a batch is acknowledged. Not thread-safe.

    `client` is boto3's of `dynamodbstreams`. `retention` is in seconds.
    """

    def __init__(
        self,
        client: Any,
        position: StreamPosition,
        *,
        limit: int = _LIMIT,
        look_seconds: float = _LOOK_SECONDS,
        retention: float = RETENTION_SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.position = position
        self._client, self._limit, self._clock = client, limit, clock
        self._look_seconds, self._retention = look_seconds, retention
        self._iterators: dict[str, str] = {}
        self._next_look = 0.0
        self._status = ""
        self._failing_since: float | None = None
        self._turn = 0
        self._has_failed = False
        position.check_rest(clock(), retention)

    @property
    def is_drained(self) -> bool:
        """Whether the stream was turned off and every shard was read to its end: no record can follow."""
        return self._status == "DISABLED" and self.position.is_read

    def now(self) -> float:
        """The moment of this reader's clock, in epoch seconds."""
        return self._clock()

    def look(self) -> None:
        """Lists the stream's shards. One DescribeStream for each 100. Raises `StreamGap`."""
        listed: dict[str, str | None] = {}
        more: dict[str, str] = {}
        while True:
            answer = self._call("describe_stream", StreamArn=self.position.arn, **more)
            if answer is None:
                return
            description = answer["StreamDescription"]
            listed.update({shard["ShardId"]: shard.get("ParentShardId") for shard in description["Shards"]})
            if not description.get("LastEvaluatedShardId"):
                break
            more = {"ExclusiveStartShardId": description["LastEvaluatedShardId"]}
        created = description["CreationRequestDateTime"].timestamp()
        self.position.discover(listed, is_young=self._clock() - created < self._retention)
        for name in self.position.forgotten(listed):
            del self.position.shards[name]
        self._status = description["StreamStatus"]
        self._next_look = self._clock() + self._look_seconds

    def read(self) -> Batch | None:
        """The next batch of any shard that may be read; None when none has anything new at present.

        One GetRecords for each shard that has nothing, at most one for each that may be read. A batch has to be
        acknowledged before the next one is read. Raises `StreamGap`, and `MigrationError` when the engine has not
        answered for two minutes.
        """
        began, self._has_failed = self._clock(), False
        if began >= self._next_look or not self.position.shards:
            self.look()
        shards = self.position.readable()
        self._turn += 1
        for number in range(len(shards)):
            shard = shards[(number + self._turn) % len(shards)]
            batch = self._read_shard(shard)
            if batch is not None:
                return batch
        if not self._has_failed:
            self.position.read_at = began
        return None

    def _read_shard(self, shard: Shard) -> Batch | None:
        iterator = self._iterators.pop(shard.shard, None) or self._iterator(shard)
        answer = iterator and self._call("get_records", ShardIterator=iterator, Limit=self._limit)
        if not answer:
            return None
        records, following = answer["Records"], answer.get("NextShardIterator")
        if following:
            self._iterators[shard.shard] = following
        else:
            self._next_look = 0.0  # it was closed: it may have children
        if not records and following:
            return None
        sequence = records[-1]["dynamodb"]["SequenceNumber"] if records else shard.sequence
        return Batch(Shard(shard.shard, shard.parent, sequence, not following), records)

    def _iterator(self, shard: Shard) -> str | None:
        start: dict[str, str] = {"ShardIteratorType": "TRIM_HORIZON"}
        if shard.sequence is not None:
            start = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": shard.sequence}
        answer = self._call("get_shard_iterator", StreamArn=self.position.arn, ShardId=shard.shard, **start)
        return None if answer is None else str(answer["ShardIterator"])

    def move_to(self, position: StreamPosition) -> None:
        """Goes on from another position: somebody else has applied what is before it. No call."""
        self.position, self._next_look = position, 0.0
        self._iterators.clear()

    def acknowledge(self, batch: Batch) -> None:
        """Moves the position behind a batch that was applied, position and all, for good."""
        self.position.advance(batch.shard.shard, sequence=batch.shard.sequence, is_done=batch.shard.is_done)
        self.position.read_at = self._clock()

    def _call(self, operation: str, **request: Any) -> Any:
        """One call; None where it has to be made again later, also for an iterator that is too old."""
        try:
            answer = getattr(self._client, operation)(**request)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code == "ExpiredIteratorException":
                self._has_failed = True
                return None
            if code in _GONE:
                raise StreamGap(f"the stream has removed records that were not read ({code})") from None
            if code not in _AGAIN:
                raise MigrationError(
                    f"DynamoDB Streams says {code}: allow dynamodb:DescribeStream, dynamodb:GetShardIterator and "
                    "dynamodb:GetRecords on the table's stream to this account"
                ) from None
            return self._wait(code)
        except BotoCoreError as error:
            return self._wait(type(error).__name__)
        self._failing_since = None
        return answer

    def _wait(self, reason: str) -> None:
        self._has_failed, now = True, time.monotonic()
        self._failing_since = self._failing_since or now
        if now - self._failing_since > _PATIENCE_SECONDS:
            raise MigrationError(
                f"DynamoDB Streams did not answer for two minutes ({reason}): run the command again, it continues "
                "behind the last record"
            )
        time.sleep(random.uniform(0.1, 0.5))  # noqa: S311  (jitter)
