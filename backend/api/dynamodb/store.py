"""The operations under the repositories: typed, bounded and counted.

Items are in wire form as it travels ({"S": ...}, binaries as base64 text); keys are (PK, SK)
pairs. What an item means is the business of `items` and the repositories.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast
from uuid import uuid4

from api.dynamodb import meter
from api.dynamodb.consumption import consumed, refused
from api.dynamodb.entities import PK, SK
from api.dynamodb.errors import (
    DataLayerError,
    InvalidInput,
    OutcomeUnknown,
    Throttled,
    TransactionCancelled,
)
from api.dynamodb.expressions import Changes, Condition, Placeholders, all_of, between, equals
from api.dynamodb.failures import WRITES
from api.dynamodb.indexes import Index
from api.dynamodb.item_size import WireItem, item_size
from api.dynamodb.transports import Calls

Key = tuple[str, str]

MAX_TRANSACTION_ACTIONS = 100
MAX_TRANSACTION_BYTES = 4 * 1024 * 1024
MAX_BATCH_GET = 100
MAX_BATCH_WRITE = 25
# A batch of parts stays small enough to travel within a web request's time-out.
MAX_BATCH_WRITE_BYTES = 1_500_000
# Attempts at what the engine left undone, or refused because of another transaction.
ATTEMPTS = 6
_BASE_PAUSE = 0.02
_MAX_PAUSE = 0.4
_UNREFUSED = ("None", "TransactionConflict")


@dataclass(frozen=True)
class Put:
    """Writes a whole item, if the condition holds."""

    item: WireItem
    condition: Condition | None = None


@dataclass(frozen=True)
class Delete:
    """Removes an item, if the condition holds; one that is not there is not an error."""

    key: Key
    condition: Condition | None = None


@dataclass(frozen=True)
class Update:
    """Changes an item, if the condition holds; one that is not there is made."""

    key: Key
    changes: Changes
    condition: Condition | None = None


@dataclass(frozen=True)
class Check:
    """Writes nothing; the transaction fails unless the condition holds."""

    key: Key
    condition: Condition


Action = Put | Delete | Update | Check


@dataclass(frozen=True)
class QueryPage:
    """One page of a Query: the items in key order, and where the next page starts (None at the end)."""

    items: list[WireItem]
    last_key: WireItem | None


def wire_key(key: Key) -> WireItem:
    """A key as the engine takes it."""
    return {PK: {"S": key[0]}, SK: {"S": key[1]}}


def key_of(item: Mapping[str, Mapping[str, Any]]) -> Key:
    """The key of an item."""
    return item[PK]["S"], item[SK]["S"]


def _pause(attempt: int) -> float:
    return random.uniform(0, min(_MAX_PAUSE, _BASE_PAUSE * 2**attempt))  # noqa: S311


def _conditional(request: dict[str, Any], condition: Condition | None, p: Placeholders) -> dict[str, Any]:
    if condition is not None:
        request["ConditionExpression"] = condition(p)
        request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    return p.into(request)


def _write_request(action: Action) -> dict[str, Any]:
    """The request of a write, the same for a single one and for one of a transaction."""
    p = Placeholders()
    if isinstance(action, Put):
        return _conditional({"Item": action.item}, action.condition, p)
    request: dict[str, Any] = {"Key": wire_key(action.key)}
    if isinstance(action, Update):
        request["UpdateExpression"] = action.changes.expression(p)
    return _conditional(request, action.condition, p)


_KINDS = {Put: "Put", Delete: "Delete", Update: "Update", Check: "ConditionCheck"}


class Store:
    """One table, reached by one way (see `transports`). Safe to share between threads."""

    def __init__(self, calls: Calls, table_name: str, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self.table_name = table_name
        self._send = calls.send
        self.seconds = calls.seconds
        self._sleep = sleep

    def _call(
        self, operation: str, request: dict[str, Any], *, entity: str, index: str | None = None
    ) -> dict[str, Any]:
        """The one place through which every call goes: it counts."""
        request["ReturnConsumedCapacity"] = "TOTAL"
        units, retries, code = 0.0, 0, None
        began = meter.clock()
        try:
            answer, retries = self._send(operation, request)
            units = consumed(operation, request, answer)
        except DataLayerError as failure:
            code, retries = failure.code or type(failure).__name__, failure.retries
            units = refused(failure, request)
            raise
        finally:
            duration = meter.clock() - began
            read, written = (0.0, units) if operation in WRITES else (units, 0.0)
            meter.record(meter.Call(operation, entity, index, read, written, duration, code, retries))
        return cast("dict[str, Any]", answer)

    def get(self, key: Key, *, entity: str, consistent: bool = False) -> WireItem | None:
        """The item of that key, or None. One GetItem: 0.5 RCU per started 4 KB, twice when consistent."""
        request = {"TableName": self.table_name, "Key": wire_key(key), "ConsistentRead": consistent}
        return cast("WireItem | None", self._call("GetItem", request, entity=entity).get("Item"))

    def batch_get(self, keys: Iterable[Key], *, entity: str, consistent: bool = False) -> dict[Key, WireItem]:
        """The items of those keys that exist, by key.

        One BatchGetItem per 100 keys, and again for what the engine left out (16 MB an answer).
        Raises `Throttled` when it makes no progress any more.
        """
        found: dict[Key, WireItem] = {}
        waiting = list(dict.fromkeys(keys))
        idle = 0
        while waiting:
            asked, waiting = waiting[:MAX_BATCH_GET], waiting[MAX_BATCH_GET:]
            wanted = {"Keys": [wire_key(key) for key in asked], "ConsistentRead": consistent}
            answer = self._call("BatchGetItem", {"RequestItems": {self.table_name: wanted}}, entity=entity)
            items = answer.get("Responses", {}).get(self.table_name, [])
            found.update((key_of(item), item) for item in items)
            left = answer.get("UnprocessedKeys", {}).get(self.table_name, {}).get("Keys", [])
            if left:
                idle = 0 if items else idle + 1
                if idle >= ATTEMPTS:
                    raise Throttled(f"BatchGetItem: {len(left)} keys were left out {ATTEMPTS} times")
                self._sleep(_pause(idle))
                waiting = [key_of(key) for key in left] + waiting
        return found

    def query(
        self,
        pk: str,
        *,
        entity: str,
        sort: tuple[str, str] | None = None,
        forward: bool = True,
        limit: int | None = None,
        start: WireItem | None = None,
        consistent: bool = False,
        index: Index | None = None,
        where: Condition | None = None,
    ) -> QueryPage:
        """One page of a partition: items whose sort key is within `sort` (both ends included), in order.

        `limit` counts items before `where` filters them; `start` is the last page's `last_key`.
        One Query: half a RCU per started 4 KB of all items read, twice that when consistent.
        """
        pk_name, sk_name = (PK, SK) if index is None else (index.pk, index.sk)
        p = Placeholders()
        condition = equals(pk_name, {"S": pk})
        if sort is not None:
            condition = all_of(condition, between(sk_name, *sort))
        request: dict[str, Any] = {
            "TableName": self.table_name,
            "KeyConditionExpression": condition(p),
            "ScanIndexForward": forward,
        }
        if where is not None:
            request["FilterExpression"] = where(p)
        if limit is not None:
            request["Limit"] = limit
        if start is not None:
            request["ExclusiveStartKey"] = start
        if index is None:
            request["ConsistentRead"] = consistent
        else:
            request["IndexName"] = index.name
        answer = self._call(
            "Query", p.into(request), entity=entity, index=None if index is None else index.name
        )
        return QueryPage(answer.get("Items", []), answer.get("LastEvaluatedKey") or None)

    def query_all(self, pk: str, **how: Any) -> list[WireItem]:
        """Every item of a range, over as many pages as it has; for ranges whose size is bounded."""
        page = self.query(pk, **how)
        items = page.items
        while page.last_key is not None:
            page = self.query(pk, **{**how, "start": page.last_key})
            items.extend(page.items)
        return items

    def _single(self, operation: str, action: Action, entity: str, **extra: Any) -> dict[str, Any]:
        """One write; tried again when a transaction was busy with the item: nothing was done then."""
        request = {"TableName": self.table_name, **_write_request(action), **extra}
        for attempt in range(1, ATTEMPTS):
            try:
                return self._call(operation, request, entity=entity)
            except DataLayerError as failure:
                busy = failure.code == "TransactionConflictException"
                if not busy or isinstance(failure, OutcomeUnknown):
                    raise
            self._sleep(_pause(attempt))
        return self._call(operation, request, entity=entity)

    def put(self, item: WireItem, *, entity: str, condition: Condition | None = None) -> None:
        """Writes an item. One PutItem: a WCU per started KB. Raises `ConditionFailed`."""
        self._single("PutItem", Put(item, condition), entity)

    def update(
        self,
        key: Key,
        changes: Changes,
        *,
        entity: str,
        condition: Condition | None = None,
        returns: Literal["ALL_NEW", "UPDATED_NEW"] = "ALL_NEW",
    ) -> WireItem:
        """Changes an item and returns it as it is now, or only what was changed. One UpdateItem: a WCU per started KB.

        Raises `ConditionFailed`.
        """
        answer = self._single("UpdateItem", Update(key, changes, condition), entity, ReturnValues=returns)
        return cast("WireItem", answer.get("Attributes", {}))

    def delete(self, key: Key, *, entity: str, condition: Condition | None = None) -> WireItem | None:
        """Removes an item and returns it as it was. One DeleteItem: a WCU per started KB.

        Raises `ConditionFailed`.
        """
        answer = self._single("DeleteItem", Delete(key, condition), entity, ReturnValues="ALL_OLD")
        return cast("WireItem | None", answer.get("Attributes"))

    def batch_write(
        self, puts: Iterable[WireItem] = (), deletes: Iterable[Key] = (), *, entity: str
    ) -> list[Key]:
        """Writes and removes items, in order of chunks but not as one unit; every one of them is idempotent.

        Returns the keys that could not be done in bounded attempts: empty when all is well. One
        BatchWriteItem per 25 items or 1.5 MB, and again for what the engine left out.
        """
        waiting: list[tuple[Key, dict[str, Any], int]] = [
            (key_of(item), {"PutRequest": {"Item": item}}, item_size(item)) for item in puts
        ]
        waiting += [(key, {"DeleteRequest": {"Key": wire_key(key)}}, 0) for key in deletes]
        requests = {key: (key, request, size) for key, request, size in waiting}
        idle = 0
        while waiting:
            chunk = [waiting.pop(0)]
            size = chunk[0][2]
            while waiting and len(chunk) < MAX_BATCH_WRITE and size + waiting[0][2] <= MAX_BATCH_WRITE_BYTES:
                size += waiting[0][2]
                chunk.append(waiting.pop(0))
            request = {"RequestItems": {self.table_name: [request for _, request, _ in chunk]}}
            answer = self._call("BatchWriteItem", request, entity=entity)
            left = [_target(entry) for entry in answer.get("UnprocessedItems", {}).get(self.table_name, [])]
            if left:
                idle = 0 if len(left) < len(chunk) else idle + 1
                if idle >= ATTEMPTS:
                    return left + [key for key, _, _ in waiting]
                self._sleep(_pause(idle))
                waiting = [requests[key] for key in left] + waiting
        return []

    def transact_write(self, actions: Sequence[Action], *, entity: str) -> None:
        """Does all actions or none. One TransactWriteItems: twice the WCU of the same writes on the table.

        A request token makes a repeated send harmless. A transaction that met another one is tried
        again with jitter. Raises `TransactionCancelled` with the reasons in the order of `actions`,
        `Throttled` when it keeps meeting others, and `InvalidInput` beyond 100 actions or 4 MB.
        """
        if len(actions) > MAX_TRANSACTION_ACTIONS:
            raise InvalidInput(f"the change needs {len(actions)} writes at once, at most 100 are possible")
        size = sum(item_size(action.item) for action in actions if isinstance(action, Put))
        if size > MAX_TRANSACTION_BYTES:
            raise InvalidInput(f"the change writes {size} bytes at once, at most 4 MB are possible")
        items = [
            {_KINDS[type(action)]: {"TableName": self.table_name, **_write_request(action)}}
            for action in actions
        ]
        token = uuid4().hex
        for attempt in range(1, ATTEMPTS + 1):
            try:
                request = {"TransactItems": items, "ClientRequestToken": token}
                self._call("TransactWriteItems", request, entity=entity)
                return
            except TransactionCancelled as failure:
                if any(reason not in _UNREFUSED for reason, _ in failure.reasons) or not failure.reasons:
                    raise
                if attempt == ATTEMPTS:
                    raise Throttled(
                        str(failure), reasons=("TransactionConflict",),
                        code=failure.code, aws_message=failure.aws_message,
                    ) from failure  # fmt: skip
                token = uuid4().hex
            except DataLayerError as failure:
                if failure.code != "TransactionInProgressException" or attempt == ATTEMPTS:
                    raise
            self._sleep(_pause(attempt))


def _target(entry: Mapping[str, Any]) -> Key:
    """The key that an entry of UnprocessedItems is about."""
    if "PutRequest" in entry:
        return key_of(entry["PutRequest"]["Item"])
    return key_of(entry["DeleteRequest"]["Key"])
