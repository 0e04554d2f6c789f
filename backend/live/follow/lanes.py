"""Writes items in transactions that hold only under a fence: a process that was replaced is refused by the store.

Each lane has a fence item and a thread. A transaction checks the fence of its lane, so a write that was sent by a
paused process and arrives late is refused, whatever that process believes. Transactions that share an item conflict on
AWS, hence one fence for each lane, whose transactions follow one another.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Any, NamedTuple, Self

from api.dynamodb.codec.item_size import WireItem, item_size
from api.dynamodb.codec.statement_items import is_problem
from api.dynamodb.errors import (
    ConditionFailed,
    DataLayerError,
    InvalidInput,
    OutcomeUnknown,
    Throttled,
    TransactionCancelled,
    Unavailable,
)
from api.dynamodb.schema.entities import PK, SK
from api.dynamodb.transport.http import Transport
from api.dynamodb.transport.retry import BULK_POLICY, Caller, backoff_seconds
from live.state import LIVE_PK
from migration.errors import MigrationError
from migration.kept_statements import removal_request, update_request

LANES = 2
MOST_ACTIONS = 99  # 100, less the check of the fence
MOST_BYTES = 3_500_000
GIVE_UP_SECONDS = 120.0
_TEMPORARY = (Throttled, Unavailable, OutcomeUnknown)


class Fenced(MigrationError):
    """Another process, or another direction, has taken over: the store refuses the writes of this one."""


class Permit(NamedTuple):
    """What a fence holds: the epoch of the state, and the run that may write in it. A later one ends an earlier one."""

    epoch: int
    run: int


@dataclass(frozen=True)
class Write:
    """One action of a transaction: an item to put, or the key of one to delete, with a condition if it has one.

    A problem is written around its statements, and not deleted while it has some (see `kept_statements`).
    `owner` is the condition that the item is free, or that this attribute has this value: (name, wire value).
    """

    item: WireItem
    is_removal: bool = False
    owner: tuple[str, Mapping[str, Any]] | None = None

    @property
    def size(self) -> int:
        """Bytes of the item, or some for a deletion."""
        return 200 if self.is_removal else item_size(self.item)

    def action(self, table: str) -> dict[str, Any]:
        """The action in wire form."""
        if is_problem(self.item):
            if self.is_removal:
                return {"Delete": {"TableName": table, **removal_request(self.item)}}
            return {"Update": {"TableName": table, **update_request(self.item)}}
        body: dict[str, Any] = {"TableName": table}
        if self.is_removal:
            body["Key"] = {PK: self.item[PK], SK: self.item[SK]}
        else:
            body["Item"] = self.item
        if self.owner is not None:
            body |= {
                "ConditionExpression": "attribute_not_exists(#pk) OR #owner = :owner",
                "ExpressionAttributeNames": {"#pk": PK, "#owner": self.owner[0]},
                "ExpressionAttributeValues": {":owner": self.owner[1]},
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        return {"Delete" if self.is_removal else "Put": body}


def fence_key(lane: int) -> dict[str, Any]:
    """The key of a lane's fence item."""
    return {PK: {"S": LIVE_PK}, SK: {"S": f"LANE#{lane}"}}


def last_epoch(caller: Caller, table: str) -> int:
    """The epoch that the first lane's fence has; 0 when the table was never followed. One GetItem, 1 RCU."""
    request = {"TableName": table, "Key": fence_key(0), "ConsistentRead": True}
    item = caller.call("GetItem", request).get("Item")
    return 0 if item is None else int(item["epoch"]["N"])


def issue(caller: Caller, table: str, permit: Permit) -> None:
    """Lets this permit alone write, in every lane; ends every earlier one. One UpdateItem of 1 WCU for each lane.

    Raises `Fenced` when a later permit was issued.
    """
    for lane in range(LANES):
        request = {
            "TableName": table, "Key": fence_key(lane), "UpdateExpression": "SET #epoch = :epoch, #run = :run",
            "ConditionExpression": (
                "attribute_not_exists(#epoch) OR #epoch < :epoch OR (#epoch = :epoch AND #run <= :run)"
            ),
            "ExpressionAttributeNames": {"#epoch": "epoch", "#run": "run"},
            "ExpressionAttributeValues": {":epoch": {"N": str(permit.epoch)}, ":run": {"N": str(permit.run)}},
        }  # fmt: skip
        try:
            caller.call("UpdateItem", request)
        except ConditionFailed:
            raise Fenced("a later run follows this table: look with make dynamodb-live-status") from None


class Lanes:
    """The lanes of one run, with its permit; a context manager. `write` returns when everything is acknowledged."""

    def __init__(self, transport: Transport, table: str, permit: Permit) -> None:
        self._transport, self._table, self._permit = transport, table, permit
        self._pool = ThreadPoolExecutor(LANES, thread_name_prefix="lane")
        self._lock = threading.Lock()
        self.consumed = 0.0
        self.throttled = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def write(self, writes: Sequence[Write]) -> list[tuple[Write, str | WireItem]]:
        """Sends writes of distinct keys; returns those that were not carried out.

        Each with the engine's reason for an item that cannot be stored, or with the stored item for one whose
        condition failed, empty where the engine did not return it. Raises `Fenced`, and `MigrationError` when the table
        has failed for two minutes.
        """
        chunks = list(_chunks(writes))
        if len(chunks) <= 1:
            return self._send_chunks(0, chunks)
        shares = [chunks[lane::LANES] for lane in range(LANES)]
        results = list(self._pool.map(self._send_chunks, range(LANES), shares))
        return [failed for result in results for failed in result]

    def _send_chunks(self, lane: int, chunks: list[list[Write]]) -> list[tuple[Write, str | WireItem]]:
        failed: list[tuple[Write, str | WireItem]] = []
        waiting = list(reversed(chunks))
        while waiting:
            chunk = waiting.pop()
            try:
                self._patiently(lambda: self._send(lane, chunk))  # noqa: B023 (called before the next chunk)
            except InvalidInput as error:
                if len(chunk) == 1:
                    failed.append((chunk[0], f"the engine refused its item: {error.aws_message or error}"))
                else:
                    half = len(chunk) // 2
                    waiting += [chunk[half:], chunk[:half]]
            except TransactionCancelled as error:
                refused = [n for n in range(len(chunk)) if error.is_refused(n + 1)]
                if not refused:
                    raise
                failed += [(chunk[n], dict(error.reasons[n + 1][1] or {})) for n in refused]
                if len(refused) < len(chunk):
                    waiting.append([write for n, write in enumerate(chunk) if n not in set(refused)])
        return failed

    def _send(self, lane: int, chunk: Sequence[Write]) -> None:
        fence = {
            "TableName": self._table, "Key": fence_key(lane),
            "ConditionExpression": "#epoch = :epoch AND #run = :run",
            "ExpressionAttributeNames": {"#epoch": "epoch", "#run": "run"},
            "ExpressionAttributeValues": {
                ":epoch": {"N": str(self._permit.epoch)}, ":run": {"N": str(self._permit.run)},
            },
        }  # fmt: skip
        actions = [{"ConditionCheck": fence}, *(write.action(self._table) for write in chunk)]
        request = {"TransactItems": actions, "ReturnConsumedCapacity": "TOTAL"}
        response = self._transport.call("TransactWriteItems", request)
        units = sum(entry.get("CapacityUnits", 0.0) for entry in response.get("ConsumedCapacity") or ())
        with self._lock:
            self.consumed += units

    def _patiently(self, send: Callable[[], None]) -> None:
        """Repeats a transaction through throttling, conflicts and lost responses; every write bears repetition."""
        deadline, attempt = time.monotonic() + GIVE_UP_SECONDS, 0
        while True:
            try:
                return send()
            except TransactionCancelled as error:
                if error.is_refused(0):
                    raise Fenced(
                        "the table refuses the writes of this run: another run, a switch or an abort has taken over; "
                        "look with make dynamodb-live-status"
                    ) from None
                codes = {code for code, _ in error.reasons}
                if "ValidationError" in codes:
                    raise InvalidInput(str(error), aws_message=error.aws_message) from None
                if "TransactionConflict" not in codes:
                    raise
                failure: DataLayerError = error
            except _TEMPORARY as error:
                failure = error
            attempt += 1
            with self._lock:
                self.throttled += 1
            if time.monotonic() > deadline:
                raise MigrationError(
                    f"{failure} (given up after {GIVE_UP_SECONDS:.0f} s); run the command again"
                ) from failure
            time.sleep(backoff_seconds(min(attempt, 8), BULK_POLICY))


def _chunks(writes: Iterable[Write]) -> Iterable[list[Write]]:
    """The writes in groups that fit into a transaction."""
    chunk: list[Write] = []
    size = 0
    for write in writes:
        bytes_here = write.size
        if chunk and (len(chunk) == MOST_ACTIONS or size + bytes_here > MOST_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(write)
        size += bytes_here
    if chunk:
        yield chunk
