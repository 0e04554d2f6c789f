"""DynamoDB's operations on one table, with typed errors, bounded attempts and metering.

Items are in DynamoDB's JSON form ({"S": ...}, binaries as base64 text); keys are (PK, SK) pairs. The store
does not know what an item means.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, cast
from uuid import uuid4

from api.dynamodb.codec.item_size import WireItem, is_same_item, item_size
from api.dynamodb.errors import (
    ConditionFailed,
    DataLayerError,
    InvalidInput,
    OutcomeUnknown,
    Throttled,
    TransactionCancelled,
)
from api.dynamodb.metering import meter
from api.dynamodb.metering.consumption import consumed, refused
from api.dynamodb.schema.entities import PK, SK
from api.dynamodb.schema.indexes import Index
from api.dynamodb.table.expressions import Changes, Condition, Placeholders, absent, all_of, between, equals
from api.dynamodb.table.write_actions import (
    ACTION_NAMES,
    Delete,
    Key,
    Put,
    Update,
    WriteAction,
    key_of,
    wire_key,
    write_request,
)
from api.dynamodb.table.write_permit import WritePermit
from api.dynamodb.transport.error_mapping import WRITES
from api.dynamodb.transport.factory import DynamoDBTransport
from api.dynamodb.transport.retry import SERVICE_POLICY, backoff_seconds

MAX_TRANSACTION_ACTIONS = 100
MAX_TRANSACTION_BYTES = 4 * 1024 * 1024
MAX_BATCH_GET = 100
MAX_BATCH_WRITE = 25
# A batch of text parts has to arrive within a web request's timeout.
MAX_BATCH_WRITE_BYTES = 1_500_000
# For keys that DynamoDB did not process, and for writes that met another transaction.
RETRIES = replace(SERVICE_POLICY, attempts=6, base_pause=0.04, max_pause=0.4)
_RETRYABLE_REASONS = ("None", "TransactionConflict")


@dataclass(frozen=True)
class QueryPage:
    """One page of a Query: the items in key order, and the key where the next page starts (None at the end)."""

    items: list[WireItem]
    last_key: WireItem | None


def _items_in(response: Mapping[str, Any]) -> int:
    """How many items a read returned."""
    if "Responses" in response:
        return sum(len(items) for items in response["Responses"].values())
    return len(response["Items"]) if "Items" in response else int("Item" in response)


class Store:
    """One table, reached through one transport. Safe to share between threads.

    calls: the transport.
    permit: is asked before each write; None where nobody else can have the writes.
    sleep: waits the given seconds between two attempts; tests replace it.
    """

    def __init__(
        self,
        calls: DynamoDBTransport,
        table_name: str,
        *,
        sleep: Callable[[float], None] = time.sleep,
        permit: WritePermit | None = None,
    ) -> None:
        self.table_name = table_name
        self._permit = permit
        self._send = calls.send
        self.seconds = calls.seconds
        self._sleep = sleep

    def _call(
        self, operation: str, request: dict[str, Any], *, entity: str, index: str | None = None
    ) -> dict[str, Any]:
        """Makes one call and meters it. Every call of the store passes here."""
        if self._permit is not None and operation in WRITES:
            self._permit.check(entity)
        request["ReturnConsumedCapacity"] = "TOTAL"
        units, retries, code, items = 0.0, 0, None, 0
        began = meter.clock()
        try:
            response, retries = self._send(operation, request)
            units = consumed(operation, request, response)
            items = _items_in(response)
        except DataLayerError as failure:
            code, retries = failure.code or type(failure).__name__, failure.retries
            units = refused(failure, request)
            raise
        finally:
            duration = meter.clock() - began
            read, written = (0.0, units) if operation in WRITES else (units, 0.0)
            meter.record(
                meter.Call(operation, entity, index, read, written, duration, code, retries, items=items)
            )
        return cast("dict[str, Any]", response)

    def get(self, key: Key, *, entity: str, consistent: bool = False) -> WireItem | None:
        """The item, or None. One GetItem: 0.5 RCU per started 4 KB, twice that when consistent."""
        request = {"TableName": self.table_name, "Key": wire_key(key), "ConsistentRead": consistent}
        return cast("WireItem | None", self._call("GetItem", request, entity=entity).get("Item"))

    def batch_get(self, keys: Iterable[Key], *, entity: str, consistent: bool = False) -> dict[Key, WireItem]:
        """The existing items of these keys, by key.

        One BatchGetItem per 100 keys, and more for keys that DynamoDB did not process (a response holds 16 MB):
        0.5 RCU per started 4 KB of each item, twice that when consistent. Raises `Throttled` after 6 responses
        in a row without an item.
        """
        items_by_key: dict[Key, WireItem] = {}
        pending = list(dict.fromkeys(keys))
        idle = 0
        while pending:
            batch, pending = pending[:MAX_BATCH_GET], pending[MAX_BATCH_GET:]
            request = {"Keys": [wire_key(key) for key in batch], "ConsistentRead": consistent}
            response = self._call("BatchGetItem", {"RequestItems": {self.table_name: request}}, entity=entity)
            items = response.get("Responses", {}).get(self.table_name, [])
            items_by_key.update((key_of(item), item) for item in items)
            unprocessed = response.get("UnprocessedKeys", {}).get(self.table_name, {}).get("Keys", [])
            if unprocessed:
                idle = 0 if items else idle + 1
                if idle >= RETRIES.attempts:
                    raise Throttled(f"BatchGetItem: {len(unprocessed)} keys were left out {idle} times")
                self._pause(idle)
                pending = [key_of(key) for key in unprocessed] + pending
        return items_by_key

    def _pause(self, attempt: int) -> None:
        self._sleep(backoff_seconds(attempt, RETRIES))

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
        """One page of the partition `pk`, in the order of sort keys.

        sort: the lowest and the highest sort key, both included.
        limit: how many items are read at most, before `where` filters them.
        start: `last_key` of the previous page.

        One Query: 0.5 RCU per started 4 KB of all items read, twice that when consistent.
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
        response = self._call(
            "Query", p.into(request), entity=entity, index=None if index is None else index.name
        )
        return QueryPage(response.get("Items", []), response.get("LastEvaluatedKey") or None)

    def query_all(self, pk: str, **options: Any) -> list[WireItem]:
        """All items of a range, for ranges of bounded size. Takes the options of `query`; one Query per 1 MB."""
        page = self.query(pk, **options)
        items = page.items
        while page.last_key is not None:
            page = self.query(pk, **{**options, "start": page.last_key})
            items.extend(page.items)
        return items

    def scan(
        self,
        segment: int,
        segments: int,
        *,
        limit: int,
        start: WireItem | None = None,
        consistent: bool = False,
    ) -> QueryPage:
        """One page of one of the `segments` of the whole table, for tools alone; no order means anything.

        One Scan of at most `limit` items: 0.5 RCU per started 4 KB, twice that when consistent.
        """
        request: dict[str, Any] = {
            "TableName": self.table_name, "Limit": limit, "ConsistentRead": consistent,
            "Segment": segment, "TotalSegments": segments,
        }  # fmt: skip
        if start is not None:
            request["ExclusiveStartKey"] = start
        response = self._call("Scan", request, entity="all")
        return QueryPage(response.get("Items", []), response.get("LastEvaluatedKey") or None)

    def _single(self, operation: str, action: WriteAction, entity: str, **extra: Any) -> dict[str, Any]:
        """One write. Repeated while a transaction is busy with the item, which means that nothing was written."""
        request = {"TableName": self.table_name, **write_request(action), **extra}
        for attempt in range(1, RETRIES.attempts):
            try:
                return self._call(operation, request, entity=entity)
            except DataLayerError as failure:
                busy = failure.code == "TransactionConflictException"
                if not busy or isinstance(failure, OutcomeUnknown):
                    raise
            self._pause(attempt)
        return self._call(operation, request, entity=entity)

    def put(self, item: WireItem, *, entity: str, condition: Condition | None = None) -> None:
        """Writes an item. One PutItem: 1 WCU per started KB. Raises `ConditionFailed`."""
        self._single("PutItem", Put(item, condition), entity)

    def put_new(self, item: WireItem, *, entity: str) -> None:
        """Writes an item whose key does not exist. One PutItem: 1 WCU per started KB. Raises `ConditionFailed`.

        The condition also fails when an earlier attempt of this write, whose response was lost, succeeded: then the
        item is there, and nothing is raised.
        """
        try:
            self.put(item, entity=entity, condition=absent())
        except ConditionFailed as failure:
            if failure.item is None or not is_same_item(failure.item, item):
                raise

    def update(
        self,
        key: Key,
        changes: Changes,
        *,
        entity: str,
        condition: Condition | None = None,
        returns: Literal["ALL_NEW", "UPDATED_NEW"] = "ALL_NEW",
    ) -> WireItem:
        """Changes an item and returns the new item, or with "UPDATED_NEW" only the changed attributes.

        One UpdateItem: 1 WCU per started KB. Raises `ConditionFailed`.
        """
        response = self._single("UpdateItem", Update(key, changes, condition), entity, ReturnValues=returns)
        return cast("WireItem", response.get("Attributes", {}))

    def delete(self, key: Key, *, entity: str, condition: Condition | None = None) -> WireItem | None:
        """Removes an item and returns the old item, or None. One DeleteItem: 1 WCU per started KB.

        Raises `ConditionFailed`.
        """
        response = self._single("DeleteItem", Delete(key, condition), entity, ReturnValues="ALL_OLD")
        return cast("WireItem | None", response.get("Attributes"))

    def batch_write(
        self, puts: Iterable[WireItem] = (), deletes: Iterable[Key] = (), *, entity: str
    ) -> list[Key]:
        """Writes and removes items in batches, in order. Not one unit, but safe to repeat.

        Returns the keys that were not processed in bounded attempts; empty on success. One BatchWriteItem per
        25 items or 1.5 MB, and more for items that DynamoDB did not process: 1 WCU per started KB of each item.
        """
        pending: list[tuple[Key, dict[str, Any], int]] = [
            (key_of(item), {"PutRequest": {"Item": item}}, item_size(item)) for item in puts
        ]
        pending += [(key, {"DeleteRequest": {"Key": wire_key(key)}}, 0) for key in deletes]
        by_key = {key: (key, request, size) for key, request, size in pending}
        idle = 0
        while pending:
            batch = [pending.pop(0)]
            size = batch[0][2]
            while pending and len(batch) < MAX_BATCH_WRITE and size + pending[0][2] <= MAX_BATCH_WRITE_BYTES:
                size += pending[0][2]
                batch.append(pending.pop(0))
            request = {"RequestItems": {self.table_name: [request for _, request, _ in batch]}}
            response = self._call("BatchWriteItem", request, entity=entity)
            entries = response.get("UnprocessedItems", {}).get(self.table_name, [])
            unprocessed = [_key_of_entry(entry) for entry in entries]
            if unprocessed:
                idle = 0 if len(unprocessed) < len(batch) else idle + 1
                if idle >= RETRIES.attempts:
                    return unprocessed + [key for key, _, _ in pending]
                self._pause(idle)
                pending = [by_key[key] for key in unprocessed] + pending
        return []

    def transact_write(self, actions: Sequence[WriteAction], *, entity: str) -> None:
        """Executes all actions or none. One TransactWriteItems: twice the WCU of the same single writes.

        A request token makes it safe to send the request again, and a conflict with another transaction is
        retried. Raises `TransactionCancelled` with the reasons in the order of `actions`, `Throttled` if the
        conflicts do not end, and `InvalidInput` for more than 100 actions or 4 MB.
        """
        if len(actions) > MAX_TRANSACTION_ACTIONS:
            raise InvalidInput(f"the change needs {len(actions)} writes at once, at most 100 are possible")
        puts = [action.item for action in actions if isinstance(action, Put)]
        # Ten items cannot be larger: one has at most 400 KB.
        if len(puts) > 10 and (size := sum(map(item_size, puts))) > MAX_TRANSACTION_BYTES:
            raise InvalidInput(f"the change writes {size} bytes at once, at most 4 MB are possible")
        items = [
            {ACTION_NAMES[type(action)]: {"TableName": self.table_name, **write_request(action)}}
            for action in actions
        ]
        token = uuid4().hex
        for attempt in range(1, RETRIES.attempts + 1):
            try:
                request = {"TransactItems": items, "ClientRequestToken": token}
                self._call("TransactWriteItems", request, entity=entity)
                return
            except TransactionCancelled as failure:
                if (
                    any(reason not in _RETRYABLE_REASONS for reason, _ in failure.reasons)
                    or not failure.reasons
                ):
                    raise
                if attempt == RETRIES.attempts:
                    raise Throttled(
                        str(failure), reasons=("TransactionConflict",),
                        code=failure.code, aws_message=failure.aws_message,
                    ) from failure  # fmt: skip
                token = uuid4().hex
            except DataLayerError as failure:
                if failure.code != "TransactionInProgressException" or attempt == RETRIES.attempts:
                    raise
            self._pause(attempt)


def _key_of_entry(entry: Mapping[str, Any]) -> Key:
    """The key of an entry of UnprocessedItems."""
    if "PutRequest" in entry:
        return key_of(entry["PutRequest"]["Item"])
    return key_of(entry["DeleteRequest"]["Key"])
