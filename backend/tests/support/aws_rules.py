"""A proxy that imposes AWS's rules for index changes on any engine behind it; emulators skip most of them.

The engine makes or drops the index at once; callers see the phases that AWS would show. Phases advance by
the number of DescribeTable calls, never by the clock:

- creating: UPDATING, the index CREATING and not Backfilling, for `allocating` looks; then ACTIVE, the index
  CREATING and Backfilling, for `backfilling` looks; then ACTIVE;
- dropping: the index DELETING for `deleting` looks, then gone.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import Any, Self

from tests.support.fault_proxy import Call, Fault, FaultProxy, no_fault

_ONE_AT_A_TIME = (
    "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table"
)
_MAX_KEY_BYTES = {"HASH": 2048, "RANGE": 1024}


class Refused(Exception):
    """An error answer of AWS."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def _in_use(table_name: str) -> Refused:
    return Refused(
        "ResourceInUseException",
        f"Attempt to change a resource which is still in use: Table is being updated: {table_name}",
    )


@dataclass
class Change:
    """An index that is being created or dropped, and how many looks it still takes."""

    index: str
    schema: list[dict[str, str]]
    projection: dict[str, Any]
    types: dict[str, str]
    phase: str
    looks: int


class AwsRules(FaultProxy):
    """The rules over an engine; a context manager. `decide` and `answered` as of `FaultProxy`."""

    def __init__(
        self,
        engine_url: str,
        *,
        allocating: int = 2,
        backfilling: int = 2,
        deleting: int = 2,
        decide: Callable[[Call], Fault | None] = no_fault,
        answered: Callable[[Call], None] | None = None,
    ) -> None:
        super().__init__(engine_url, decide, answered)
        self._takes = {"allocating": allocating, "backfilling": backfilling, "deleting": deleting}
        self._changes: dict[str, Change] = {}
        self._keys: dict[str, dict[str, list[tuple[str, str, str]]]] = {}  # table, index: (name, type, kind)
        self._rules = threading.RLock()

    def __enter__(self) -> Self:
        super().__enter__()
        return self

    def _forward(self, caller: BaseHTTPRequestHandler, body: bytes) -> tuple[int, bytes]:
        operation = caller.headers.get("X-Amz-Target", "").rpartition(".")[2]
        request = json.loads(body or b"{}")
        rule = getattr(self, f"_{operation}", None)
        forward = super()._forward

        def send(changed: Any = None) -> tuple[int, Any]:
            status, data = forward(caller, body if changed is None else json.dumps(changed).encode())
            return status, json.loads(data or b"{}")

        try:
            status, answer = send() if rule is None else rule(request, send)
        except Refused as refused:
            kind = f"com.amazonaws.dynamodb.v20120810#{refused.code}"
            status, answer = 400, {"__type": kind, "message": refused.message}
        return status, json.dumps(answer).encode()

    # The phases

    def _DescribeTable(self, request: Any, send: Any) -> tuple[int, Any]:  # noqa: N802
        status, answer = send()
        if status == 200:
            with self._rules:
                self._learn(answer["Table"])
                states = {
                    i["IndexName"]: i["IndexStatus"]
                    for i in answer["Table"].get("GlobalSecondaryIndexes", [])
                }
                self._dress(answer["Table"])
                self._advance(request["TableName"], states)
        return status, answer

    def _learn(self, table: Mapping[str, Any]) -> None:
        """Takes up the indexes that the table was created with: AWS holds their keys to the same rules."""
        known = self._keys.setdefault(table["TableName"], {})
        types = {one["AttributeName"]: one["AttributeType"] for one in table["AttributeDefinitions"]}
        for index in table.get("GlobalSecondaryIndexes", []):
            parts = [(part["AttributeName"], part["KeyType"]) for part in index["KeySchema"]]
            # (DynamoDB Local forgets the types of an index that it is dropping.)
            if all(name in types for name, _ in parts):
                known.setdefault(index["IndexName"], [(name, types[name], role) for name, role in parts])

    def _dress(self, table: dict[str, Any]) -> None:
        change = self._changes.get(table["TableName"])
        if change is None:
            return
        others = [i for i in table.get("GlobalSecondaryIndexes", []) if i["IndexName"] != change.index]
        shown: dict[str, Any] = {
            "IndexName": change.index, "KeySchema": change.schema, "Projection": change.projection,
            "IndexStatus": "DELETING" if change.phase == "deleting" else "CREATING", "ItemCount": 0,
        }  # fmt: skip
        if change.phase != "deleting":
            shown["Backfilling"] = change.phase == "backfilling"
        table["GlobalSecondaryIndexes"] = [*others, shown]
        table["TableStatus"] = "ACTIVE" if change.phase == "backfilling" else "UPDATING"
        named = {one["AttributeName"] for one in table["AttributeDefinitions"]}
        table["AttributeDefinitions"] += [
            {"AttributeName": part["AttributeName"], "AttributeType": change.types[part["AttributeName"]]}
            for part in change.schema
            if part["AttributeName"] not in named
        ]

    def _advance(self, table_name: str, states: Mapping[str, str]) -> None:
        """One look further; the last phase lasts until the engine itself, by its `states`, is done."""
        change = self._changes.get(table_name)
        if change is None:
            return
        change.looks -= 1
        if change.looks > 0:
            return
        if change.phase == "allocating":
            change.phase, change.looks = "backfilling", self._takes["backfilling"]
        elif states.get(change.index, "gone") == ("gone" if change.phase == "deleting" else "ACTIVE"):
            del self._changes[table_name]

    def _UpdateTable(self, request: Any, send: Any) -> tuple[int, Any]:  # noqa: N802
        with self._rules:
            updates = request.get("GlobalSecondaryIndexUpdates", [])
            name, change = request["TableName"], self._changes.get(request["TableName"])
            if len(updates) > 1:
                raise Refused("LimitExceededException", _ONE_AT_A_TIME)
            update: Mapping[str, Any] = updates[0] if updates else {}
            abandons = change is not None and update.get("Delete", {}).get("IndexName") == change.index
            if change is not None and not (abandons and change.phase == "backfilling"):
                if change.phase == "backfilling":
                    raise Refused("LimitExceededException", _ONE_AT_A_TIME)
                raise _in_use(name)
            status, answer = send()
            if status == 200:
                self._begin(name, update, request, self._keys.setdefault(name, {}))
                self._dress(answer["TableDescription"])
            return status, answer

    def _begin(self, name: str, update: Mapping[str, Any], request: Any, known: dict[str, Any]) -> None:
        if "Create" in update:
            made = update["Create"]
            types = {one["AttributeName"]: one["AttributeType"] for one in request["AttributeDefinitions"]}
            known[made["IndexName"]] = [
                (part["AttributeName"], types[part["AttributeName"]], part["KeyType"])
                for part in made["KeySchema"]
            ]
            self._changes[name] = Change(
                made["IndexName"],
                made["KeySchema"],
                made["Projection"],
                types,
                "allocating",
                self._takes["allocating"],
            )
        elif "Delete" in update:
            index = update["Delete"]["IndexName"]
            keys = known.pop(index, [])
            schema = [{"AttributeName": attribute, "KeyType": kind} for attribute, _, kind in keys]
            types = {attribute: kind for attribute, kind, _ in keys}
            self._changes[name] = Change(
                index, schema, {"ProjectionType": "ALL"}, types, "deleting", self._takes["deleting"]
            )

    def _DeleteTable(self, request: Any, send: Any) -> tuple[int, Any]:  # noqa: N802
        with self._rules:
            change = self._changes.get(request["TableName"])
            if change is not None and change.phase != "backfilling":
                raise _in_use(request["TableName"])
            self._changes.pop(request["TableName"], None)
            self._keys.pop(request["TableName"], None)
            answer: tuple[int, Any] = send()
            return answer

    # Reading and writing

    def _read(self, request: Any, send: Any) -> tuple[int, Any]:
        index = request.get("IndexName")
        if index is not None:
            with self._rules:
                self._check_readable(request["TableName"], index)
        status, answer = send()
        keys = self._keys.get(request["TableName"], {}).get(index or "")
        if status == 200 and keys and "Items" in answer:
            kept = [item for item in answer["Items"] if not any(_mismatch(item, key) for key in keys)]
            answer["Count"] -= len(answer["Items"]) - len(kept)
            answer["Items"] = kept
        return status, answer

    _Query = _read

    def _Scan(self, request: Any, send: Any) -> tuple[int, Any]:  # noqa: N802
        keys = self._keys.get(request["TableName"], {}).get(request.get("IndexName") or "")
        if not keys or request.get("Select") != "COUNT":
            return self._read(request, send)
        # A count is made of the items, to leave out the mismatched ones.
        whole = {name: value for name, value in request.items() if name != "Select"}
        status, answer = self._read(request, lambda: send(whole))
        answer.pop("Items", None)
        return status, answer

    def _check_readable(self, table_name: str, index: str) -> None:
        change = self._changes.get(table_name)
        if change is None or change.index != index:
            return
        if change.phase == "deleting":
            raise Refused("ValidationException", f"The table does not have the specified index: {index}")
        raise Refused("ValidationException", f"Cannot read from backfilling global secondary index: {index}")

    def _check_item(self, table_name: str, item: Mapping[str, Any]) -> None:
        for index, keys in self._keys.get(table_name, {}).items():
            for key in keys:
                if wrong := _mismatch(item, key):
                    raise Refused(
                        "ValidationException",
                        f"One or more parameter values were invalid: {wrong} IndexName: {index}",
                    )

    def _PutItem(self, request: Any, send: Any) -> tuple[int, Any]:  # noqa: N802
        self._check_item(request["TableName"], request["Item"])
        answer: tuple[int, Any] = send()
        return answer

    def _UpdateItem(self, request: Any, send: Any) -> tuple[int, Any]:  # noqa: N802
        self._check_item(request["TableName"], dict(_assigned(request)))
        answer: tuple[int, Any] = send()
        return answer

    def _BatchWriteItem(self, request: Any, send: Any) -> tuple[int, Any]:  # noqa: N802
        for table_name, entries in request["RequestItems"].items():
            for entry in entries:
                self._check_item(table_name, entry.get("PutRequest", {}).get("Item", {}))
        answer: tuple[int, Any] = send()
        return answer

    def _TransactWriteItems(self, request: Any, send: Any) -> tuple[int, Any]:  # noqa: N802
        for action in request["TransactItems"]:
            ((kind, one),) = action.items()
            item = one["Item"] if kind == "Put" else dict(_assigned(one)) if kind == "Update" else {}
            self._check_item(one["TableName"], item)
        answer: tuple[int, Any] = send()
        return answer


def _mismatch(item: Mapping[str, Any], key: tuple[str, str, str]) -> str | None:
    """Why an attribute that is there cannot be a key of the index."""
    name, kind, role = key
    value = item.get(name)
    if value is None:
        return None
    ((actual, inner),) = value.items()
    if actual != kind:
        return f"Type mismatch for Index Key {name} Expected: {kind} Actual: {actual}"
    size = len(inner.encode()) if kind == "S" else 1
    if not 0 < size <= _MAX_KEY_BYTES[role]:
        return f"The size of Index Key {name} is {size}"
    return None


def _assigned(request: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The attributes that an update sets to a value of its own."""
    names = request.get("ExpressionAttributeNames", {})
    values = request.get("ExpressionAttributeValues", {})
    for name, value in re.findall(r"(#?\w+)\s*=\s*(:\w+)", request.get("UpdateExpression", "")):
        yield names.get(name, name), values[value]
