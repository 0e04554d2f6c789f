"""What the table holds of single rows: their main items, and everything that was derived from those."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from api.dynamodb.codec.codec import Record
from api.dynamodb.codec.item_size import WireItem, WireValue
from api.dynamodb.codec.items import CODECS, ItemSet, run_items
from api.dynamodb.codec.large_text import part_keys
from api.dynamodb.codec.statement_items import is_statement_alone, is_statement_part
from api.dynamodb.schema import keys
from api.dynamodb.schema.entities import PK, SK, USAGE_ACTIONS
from api.dynamodb.table.problem_aggregate import stored_problem_items
from api.dynamodb.table.user_aggregate import stored_user_items
from api.dynamodb.transport.retry import Caller, call_through_throttling

Key = tuple[str, str]

# By step, the entity of its main items, their partition key by id, and what builds the items of a record that is
# stored with that main item.
_BUILDERS: Mapping[str, tuple[str, Callable[[int], str], Callable[[Record, WireItem], ItemSet]]] = {
    "users": ("user", keys.user_pk, stored_user_items),
    "problems": ("problem", keys.problem_pk, stored_problem_items),
    "history": ("run", keys.run_pk, lambda record, main: run_items(record)),
}


def key_of(item: WireItem) -> Key:
    """The primary key of an item."""
    return item[PK]["S"], item[SK]["S"]


class StoredRecords:
    """Reads items of a table, strongly consistent. Waits while the table is throttled."""

    def __init__(self, transport: Caller, table: str) -> None:
        self._transport = transport
        self._table = table

    def get(self, wanted_keys: Iterable[Key]) -> dict[Key, WireItem]:
        """The items of at most 100 keys that exist, but no statements of a problem that was removed.

        One BatchGetItem: 1 RCU for each 4 KB of each item.
        """
        request = [{PK: {"S": pk}, SK: {"S": sk}} for pk, sk in dict.fromkeys(wanted_keys)]
        items: dict[Key, WireItem] = {}
        while request:
            response = self._call(
                "BatchGetItem", {"RequestItems": {self._table: {"Keys": request, "ConsistentRead": True}}}
            )
            items.update(
                (key_of(item), item)
                for item in response["Responses"].get(self._table, ())
                if not is_statement_alone(item)
            )
            request = response.get("UnprocessedKeys", {}).get(self._table, {}).get("Keys", [])
        return items

    def partition(self, pk: str, prefix: str = "") -> list[WireItem]:
        """The items of a partition whose sort key begins with a prefix. Queries: 1 RCU for each 4 KB."""
        request: dict[str, Any] = {
            "TableName": self._table, "ConsistentRead": True, "KeyConditionExpression": "#pk = :pk",
            "ExpressionAttributeNames": {"#pk": PK}, "ExpressionAttributeValues": {":pk": {"S": pk}},
        }  # fmt: skip
        if prefix:
            request["KeyConditionExpression"] += " AND begins_with(#sk, :sk)"
            request["ExpressionAttributeNames"]["#sk"] = SK
            request["ExpressionAttributeValues"][":sk"] = {"S": prefix}
        items: list[WireItem] = []
        while True:
            response = self._call("Query", request)
            items += response["Items"]
            if not response.get("LastEvaluatedKey"):
                return items
            request["ExclusiveStartKey"] = response["LastEvaluatedKey"]

    def main_key(self, step_name: str, row_id: int) -> Key:
        """The key of a row's main item, for a step whose keys depend on the id alone. Raises KeyError for others."""
        return _BUILDERS[step_name][1](row_id), keys.META

    def items_of(self, step_name: str, main: WireItem) -> list[WireItem]:
        """The main item that is stored, with its guards, entries and text parts, but those of statements.

        One Query for the parts.
        """
        if step_name not in _BUILDERS:
            return [main]
        entity, _, build = _BUILDERS[step_name]
        codec, owner = CODECS[entity], main[PK]["S"]
        parts = self.partition(keys.parts_pk(owner))
        by_key = {key_of(part): part for part in parts}
        texts: dict[str, list[Mapping[str, WireValue] | None]] = {
            field.short: [by_key.get(key) for key in part_keys(owner, field.short, main[field.short])]
            for field in codec.large
            if field.short in main
        }
        record = codec.decode(main, {short: stored for short, stored in texts.items() if stored})
        derived = build(record, main)
        moved_parts = [part for part in parts if not is_statement_part(part)]
        return [main, *derived.guards, *derived.entries, *moved_parts]

    def day_counters(self, user_id: int) -> list[WireItem]:
        """The counters of a user's uses by day. One Query for each action."""
        partitions = (keys.usage_pk(user_id, action) for action in USAGE_ACTIONS)
        return [item for pk in partitions for item in self.partition(pk, keys.DAY_PREFIX)]

    def _call(self, operation: str, request: dict[str, Any]) -> Any:
        return call_through_throttling(self._transport, operation, request)
