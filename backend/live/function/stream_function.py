"""Applies events of one shard to MySQL, and sweeps the stream for what no event says: shards that had nothing.

The position of a shard is locked while its records are applied, and moved in the same transaction. So an event that is
delivered twice changes nothing, and another reader at the same time, such as `make dynamodb-live-cutover`, is harmless.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Self

import pymysql

from api.dynamodb.transport import access
from config.environment import MySQLSource
from live.gate.gate import gate_failures
from live.reverse import Applied, ReverseApplier, ReverseTarget
from live.reverse.applier import Overtaken, ShardMove, reverse_epoch
from live.streams import Shard, StreamReader

Record = Mapping[str, Any]
# A function that was stopped in the middle of a transaction holds locks until MySQL closes its connection.
_IDLE_SECONDS = 120
_SWEEP_SECONDS = 60.0


class StreamFunction:
    """One connection to MySQL that applies events, one after another; a context manager. Not thread-safe."""

    def __init__(self, source: MySQLSource) -> None:
        self._source = source
        self._target = ReverseTarget(source, reverse_epoch(source))
        with gate_failures(source):
            self._target.run(f"SET SESSION wait_timeout = {_IDLE_SECONDS}")
        self._applier = ReverseApplier(source, self._target)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connection."""
        self._target.connection.close()

    def is_connected(self) -> bool:
        """Whether MySQL still answers on this connection. One round trip."""
        try:
            self._target.connection.ping(reconnect=False)
        except (pymysql.Error, OSError):
            return False
        return True

    def apply(
        self, arn: str, shard: str, records: Sequence[Record], on_failure: Callable[[Exception], None]
    ) -> Record | None:
        """Applies the records of one shard that are not applied yet; returns the first that failed, or None.

        All in one transaction, or one by one if that fails; `on_failure` is called with each reason.
        """
        tried: list[Record] = []
        for size in (len(records), 1):
            try:
                self._apply_pending(arn, shard, records, size, tried)
                return None
            except Exception as failure:  # whatever it is, the records before it are to be applied
                on_failure(failure)
        return tried[-1] if tried else records[0]

    def _apply_pending(
        self, arn: str, shard: str, records: Sequence[Record], size: int, tried: list[Record]
    ) -> None:
        """Applies what is behind the shard's position, in batches of `size`; `tried` gets the first record of each."""
        while True:
            stored = self._stored(arn, shard)
            pending = [record for record in records if _is_behind(record, stored.sequence)]
            batch = pending[:size]
            if not batch:
                return
            tried.append(batch[0])
            sequence = str(batch[-1]["dynamodb"]["SequenceNumber"])
            move = ShardMove(arn, stored.sequence, replace(stored, sequence=sequence), time.time())
            try:
                self._applier.apply([_with_bytes(record) for record in batch], move)
            except Overtaken:
                continue

    def _stored(self, arn: str, shard: str) -> Shard:
        """How far the shard was applied. The first event of all asks the stream whether records may be missing."""
        with gate_failures(self._source):
            position = self._target.position(arn)
        if not position.shards:
            StreamReader(_streams(), position).look()
        return position.shards.get(shard) or Shard(shard)

    def sweep(self, arn: str, *, seconds: float = _SWEEP_SECONDS) -> list[Applied]:
        """Reads every shard from its position to its present end, and notes which there are and that it was done.

        Without it a stream that is quiet for a day, whose shards come and go without an event, could not be told from
        one that nobody read. Raises `StreamGap` and `MigrationError`.
        """
        with gate_failures(self._source):
            position = self._target.position(arn)
        reader = StreamReader(_streams(), position)
        deadline, applied, quiet = time.monotonic() + seconds, [], 0
        while quiet < 2 and time.monotonic() < deadline:
            batch = self._applier.follow(reader)
            quiet = quiet + 1 if batch is None else 0
            applied += [batch] if batch else []
        with gate_failures(self._source):
            self._applier.save_rest(reader)
        return applied


def _streams() -> Any:
    return access.service_client("dynamodbstreams")


def _is_behind(record: Record, sequence: str | None) -> bool:
    return sequence is None or int(record["dynamodb"]["SequenceNumber"]) > int(sequence)


def _with_bytes(record: Record) -> Record:
    """A record whose binary values are bytes, as boto3 has them: AWS Lambda's JSON has them in base64."""
    change = record["dynamodb"]
    images = {name: _bytes(change[name]) for name in ("OldImage", "NewImage") if name in change}
    return {**record, "dynamodb": {**change, **images}}


def _bytes(value: Any) -> Any:
    if isinstance(value, list):
        return [_bytes(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: base64.b64decode(each) if name == "B" and isinstance(each, str) else _bytes(each)
        for name, each in value.items()
    }
