"""A stream in memory that splits its shards, forgets them, and fails as DynamoDB Streams does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

ARN = "arn:stream"


@dataclass
class EngineShard:
    """One shard: its records as (sequence number, item, value), and how many were trimmed."""

    name: str
    parent: str | None
    records: list[tuple[int, str, int]] = field(default_factory=list)
    trimmed: int = 0
    is_closed: bool = False


class StreamEngine:
    """What `boto3.client("dynamodbstreams")` answers. `failures` are codes that the next calls fail with."""

    def __init__(self, created: float = 0.0) -> None:
        self.shards: dict[str, EngineShard] = {}
        self.status, self.created, self.page = "ENABLED", created, 3
        self.failures: list[str] = []
        self._sequence = 100
        self.add_shard(None)

    def add_shard(self, parent: str | None) -> EngineShard:
        """A new open shard."""
        shard = EngineShard(f"shard-{len(self.shards):03}", parent)
        self.shards[shard.name] = shard
        return shard

    def open_shards(self) -> list[EngineShard]:
        """The shards that take records."""
        return [shard for shard in self.shards.values() if not shard.is_closed]

    def write(self, shard: EngineShard, item: str, value: int) -> None:
        """A record of an item's change."""
        self._sequence += 1
        shard.records.append((self._sequence, item, value))

    def split(self, shard: EngineShard, children: int = 1) -> list[EngineShard]:
        """Closes a shard; its items go on in its children."""
        shard.is_closed = True
        return [self.add_shard(shard.name) for _ in range(children)]

    def turn_off(self) -> None:
        """Closes all shards."""
        self.status = "DISABLED"
        for shard in self.shards.values():
            shard.is_closed = True

    def _fail(self) -> None:
        if self.failures:
            raise _error(self.failures.pop(0))

    def describe_stream(self, StreamArn: str, ExclusiveStartShardId: str = "") -> Any:  # noqa: N803
        """Lists shards, a page at a time, children before parents."""
        assert StreamArn == ARN
        self._fail()
        names = sorted(self.shards, reverse=True)
        rest = [name for name in names if not ExclusiveStartShardId or name < ExclusiveStartShardId]
        page = rest[: self.page]
        description: dict[str, Any] = {
            "StreamStatus": self.status,
            "CreationRequestDateTime": datetime.fromtimestamp(self.created, UTC),
            "Shards": [
                {"ShardId": name}
                | ({"ParentShardId": parent} if (parent := self.shards[name].parent) else {})
                for name in page
            ],
        }
        if len(rest) > len(page):
            description["LastEvaluatedShardId"] = page[-1]
        return {"StreamDescription": description}

    def get_shard_iterator(self, **request: str) -> Any:
        """An iterator: the shard's name and how many records to pass over."""
        self._fail()
        name = request["ShardId"]
        shard = self.shards.get(name)
        if shard is None:
            raise _error("ResourceNotFoundException")
        if request["ShardIteratorType"] == "TRIM_HORIZON":
            return {"ShardIterator": f"{name}/{shard.trimmed}"}
        after = [record for record in shard.records if record[0] <= int(request["SequenceNumber"])]
        if len(after) < shard.trimmed:
            raise _error("TrimmedDataAccessException")
        return {"ShardIterator": f"{name}/{len(after)}"}

    def get_records(self, ShardIterator: str, Limit: int) -> Any:  # noqa: N803
        """Some records, and an iterator unless the shard is closed and read."""
        self._fail()
        name, _, start = ShardIterator.partition("/")
        shard = self.shards.get(name)
        if shard is None:
            raise _error("ResourceNotFoundException")
        end = min(len(shard.records), int(start) + Limit)
        answer: dict[str, Any] = {"Records": [_record(*r) for r in shard.records[int(start) : end]]}
        if not shard.is_closed or end < len(shard.records):
            answer["NextShardIterator"] = f"{name}/{end}"
        return answer


def _record(sequence: int, item: str, value: int) -> dict[str, Any]:
    return {
        "eventName": "MODIFY",
        "dynamodb": {"SequenceNumber": str(sequence), "item": item, "value": value},
    }


def _error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": ""}}, "GetRecords")


def values(records: Iterable[Any]) -> list[tuple[str, int]]:
    """(item, value) of records."""
    return [(record["dynamodb"]["item"], record["dynamodb"]["value"]) for record in records]
