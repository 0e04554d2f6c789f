"""Reads and writes the playground's scores. Lists are read by the strategies that the flags name, with one result."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from api.dynamodb.client import DynamoDBClient
from api.dynamodb.control_plane.calls import call_table
from api.dynamodb.errors import ConditionFailed, DataLayerError, Duplicate, InvalidInput
from api.dynamodb.table.index_state import IndexState
from config.environment import environment
from examples.playground_scores.flags import (
    FLAGS,
    MOST_PER_PAGE,
    PAGE_LIMIT,
    READ_CONSISTENT,
    USE_METADATA_GSI,
)
from examples.playground_scores.table_configs.playground_scores import BY_USER, METADATA, TABLE
from reporting.metric_lines import write_failed_read, write_read
from rollout.flag_cache import FlagCache
from rollout.flag_store import FlagStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

SCAN, GSI_QUERY, PARTITION_QUERY = "scan", "gsi_query", "partition_query"
KEY_NAMES = (TABLE.partition.name, "userId")
# No id has a character that sorts before the # of METADATA, or is in a key of the tools.
_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")
_NAMES = {"#table": "tableId", "#user": "userId"}


@dataclass(frozen=True)
class Listing:
    """A page: the entries in order of their ids, the cursor of the next page (None at the end), and its cost."""

    entries: list[dict[str, Any]]
    cursor: str | None
    fetched: int
    units: float


class Scores:
    """The scores of an environment; share one between threads.

    client: boto3's, by default one for the configured endpoint. flags: by default those in the environment's table.
    """

    def __init__(self, env: str, *, client: BotoClient | None = None, flags: FlagCache | None = None) -> None:
        self.table_name = TABLE.table_name(env)
        self._client = client or DynamoDBClient.get_client()
        store = FlagStore.of_client(self._client, self.table_name, KEY_NAMES)
        overrides = dict(environment().rollout.overrides)
        self._flags = flags or FlagCache(FLAGS, lambda: store.read(consistent=False), overrides)
        self._indexes = IndexState(self.table_name)

    def create_table(self, table_id: str, display_name: str) -> dict[str, Any]:
        """Stores a new table and returns it. One PutItem: 1 WCU and 1 for the index. Raises `Duplicate`."""
        table = {
            "tableId": _checked("tableId", table_id), "displayName": display_name,
            "createdAt": datetime.now(UTC).isoformat(timespec="milliseconds"),
        }  # fmt: skip
        item = {**{name: {"S": text} for name, text in table.items()}, "userId": {"S": METADATA}}
        try:
            self._call("PutItem", Item=item, ConditionExpression="attribute_not_exists(tableId)")
        except ConditionFailed:
            raise Duplicate("tableId", table_id) from None
        return table

    def record_score(self, table_id: str, user_id: str, score: int) -> None:
        """Stores a user's score in a table. One PutItem: 1 WCU and up to 2 for the index."""
        keys = {"tableId": {"S": _checked("tableId", table_id)}, "userId": {"S": _checked("userId", user_id)}}
        self._call("PutItem", Item={**keys, "score": {"N": str(score)}})

    def list_tables(self, limit: int | None = None, cursor: str | None = None) -> Listing:
        """A page of tables. By the index 0.5 RCU per 4 KB of the page; by the scan 1 RCU per 4 KB of everything."""
        size = int(self._flags.value(PAGE_LIMIT.name)) if limit is None else _limit(limit)
        by_index = self._flags.value(USE_METADATA_GSI.name, cursor or "") == "true"
        consistent = self._is_consistent(cursor or "")
        if not (by_index and self._indexes.is_usable(BY_USER.name)):
            return self._measured(
                "list_tables", SCAN, consistent, lambda: self.scan_tables(size, cursor, consistent)
            )
        return self._indexes.choose(
            BY_USER.name,
            by_index=lambda: self._measured(
                "list_tables", GSI_QUERY, False, lambda: self.query_tables(size, cursor)
            ),
            otherwise=lambda: self._measured(
                "list_tables", SCAN, consistent, lambda: self.scan_tables(size, cursor, consistent)
            ),
        )

    def list_users(self, table_id: str, limit: int | None = None, cursor: str | None = None) -> Listing:
        """A page of a table's users with their scores. One Query: 1 RCU per 4 KB, half that when not consistent."""
        size = MOST_PER_PAGE if limit is None else _limit(limit)
        consistent = self._is_consistent(table_id)
        return self._measured(
            "list_users",
            PARTITION_QUERY,
            consistent,
            lambda: self.query_users(table_id, size, cursor, consistent),
        )

    def _is_consistent(self, unit: str) -> bool:
        return self._flags.value(READ_CONSISTENT.name, unit) == "true"

    def _measured(self, metric: str, strategy: str, consistent: bool, read: Any) -> Listing:
        began = time.perf_counter()
        try:
            listing: Listing = read()
        except InvalidInput:
            raise
        except DataLayerError as failure:
            error = failure.code or type(failure).__name__
            write_failed_read(metric, strategy, consistent, time.perf_counter() - began, error)
            raise
        seconds = time.perf_counter() - began
        write_read(metric, strategy, consistent, seconds, listing.fetched, len(listing.entries))
        return listing

    def scan_tables(self, limit: int, cursor: str | None, consistent: bool) -> Listing:
        """A page of tables by reading everything: how it was before the index."""
        tables: list[dict[str, Any]] = []
        fetched, units = 0, 0.0
        request: dict[str, Any] = {
            "FilterExpression": "#user = :meta", "ExpressionAttributeNames": {"#user": "userId"},
            "ExpressionAttributeValues": {":meta": {"S": METADATA}}, "ConsistentRead": consistent,
        }  # fmt: skip
        while True:
            page = self._read("Scan", request)
            tables += map(_table, page["Items"])
            fetched += page["ScannedCount"]
            units += page["ConsumedCapacity"]["CapacityUnits"]
            if not page.get("LastEvaluatedKey"):
                break
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
        after = sorted((t for t in tables if t["tableId"] > (cursor or "")), key=lambda t: str(t["tableId"]))
        return _listing(after, limit, "tableId", fetched, units)

    def query_tables(self, limit: int, cursor: str | None) -> Listing:
        """A page of tables by the index, which may be behind for some milliseconds."""
        page = self._read("Query", {
            "IndexName": BY_USER.name, "KeyConditionExpression": "#user = :meta AND #table > :after",
            "ExpressionAttributeNames": _NAMES, "Limit": limit + 1,
            "ExpressionAttributeValues": {":meta": {"S": METADATA}, ":after": {"S": cursor or " "}},
        })  # fmt: skip
        return _listing(list(map(_table, page["Items"])), limit, "tableId", page["Count"], _units(page))

    def query_users(self, table_id: str, limit: int, cursor: str | None, consistent: bool) -> Listing:
        """A page of a table's users."""
        page = self._read("Query", {
            "KeyConditionExpression": "#table = :table AND #user > :after", "ExpressionAttributeNames": _NAMES,
            "ExpressionAttributeValues": {
                ":table": {"S": _checked("tableId", table_id)}, ":after": {"S": cursor or METADATA}
            },
            "Limit": limit + 1, "ConsistentRead": consistent,
        })  # fmt: skip
        users = [{"userId": item["userId"]["S"], "score": int(item["score"]["N"])} for item in page["Items"]]
        return _listing(users, limit, "userId", page["Count"], _units(page))

    def _read(self, operation: str, request: dict[str, Any]) -> Any:
        return self._call(operation, ReturnConsumedCapacity="TOTAL", **request)

    def _call(self, operation: str, **request: Any) -> Any:
        return call_table(self._client, operation, self.table_name, throttling_seconds=0, **request)


def _units(page: Any) -> float:
    return float(page["ConsumedCapacity"]["CapacityUnits"])


def _table(item: Any) -> dict[str, Any]:
    return {name: item[name]["S"] for name in ("tableId", "displayName", "createdAt")}


def _listing(entries: list[dict[str, Any]], limit: int, key: str, fetched: int, units: float) -> Listing:
    page = entries[:limit]
    return Listing(page, page[-1][key] if len(entries) > limit else None, fetched, units)


def _checked(name: str, text: str) -> str:
    if not _ID.fullmatch(text):
        raise InvalidInput(f"{name} has 1 to 100 letters, digits, _ or -")
    return text


def _limit(limit: int) -> int:
    if not 1 <= limit <= MOST_PER_PAGE:
        raise InvalidInput(f"limit is a whole number from 1 to {MOST_PER_PAGE}")
    return limit
