"""Reads and writes the playground's scores. Lists are read by the strategies that the flags name, with one result."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from api.dynamodb.client import DynamoDBClient
from api.dynamodb.control_plane.calls import call_table
from api.dynamodb.errors import ConditionFailed, Duplicate, InvalidInput
from api.dynamodb.metering import meter
from api.dynamodb.table.index_state import IndexState
from api.dynamodb.table.read_paths import ReadPath, Strategy
from config.environment import environment
from examples.playground_scores.flags import (
    FLAGS,
    MOST_PER_PAGE,
    PAGE_LIMIT,
    READ_CONSISTENT,
    USE_METADATA_GSI,
)
from examples.playground_scores.table_configs.playground_scores import BY_USER, METADATA, TABLE
from rollout.flag_cache import FlagCache
from rollout.flag_store import FlagStore
from rollout.health import Health
from rollout.reader import FlaggedReads
from rollout.shadow import ShadowReads

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

SCAN, GSI_QUERY, PARTITION_QUERY = "scan", "gsi_query", "partition_query"
BY_INDEX = Strategy("true", GSI_QUERY, index=BY_USER.name)
LIST_USERS = ReadPath(
    "list_users", "a table's users with their scores",
    (Strategy("true", PARTITION_QUERY, consistent=True), Strategy("false", PARTITION_QUERY)), READ_CONSISTENT.name,
)  # fmt: skip
KEY_NAMES = (TABLE.partition.name, "userId")
# No id has a character that sorts before the # of METADATA, or is in a key of the tools.
_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")
_NAMES = {"#table": "tableId", "#user": "userId"}


@dataclass(frozen=True)
class Listing:
    """A page: the entries in order of their ids, the cursor of the next page (None at the end), and its cost.

    Pages with the same entries are equal, whatever they cost.
    """

    entries: list[dict[str, Any]]
    cursor: str | None
    fetched: int = field(compare=False)
    units: float = field(compare=False)


class Scores:
    """The scores of an environment; share one between threads. Each read writes its metric line.

    client: boto3's, by default one for the configured endpoint. flags: by default those in the environment's table.
    """

    def __init__(self, env: str, *, client: BotoClient | None = None, flags: FlagCache | None = None) -> None:
        self.table_name = TABLE.table_name(env)
        self._client = client or DynamoDBClient.get_client()
        store = FlagStore.of_client(self._client, self.table_name, KEY_NAMES)
        overrides = dict(environment().rollout.overrides)
        self._flags = flags or FlagCache(FLAGS, lambda: store.read(consistent=False), overrides)
        health = Health({flag.name: flag for flag in FLAGS}, self._flags, store)
        self.shadows = ShadowReads(self._flags, health)
        self._reads = FlaggedReads(self._flags, metrics=True, shadows=self.shadows, health=health)
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
        by_scan = Strategy("false", SCAN, self._flags.value(READ_CONSISTENT.name, cursor or "") == "true")
        path = ReadPath("list_tables", "all tables", (by_scan, BY_INDEX), USE_METADATA_GSI.name)

        def scan() -> tuple[Listing, Strategy]:
            return self.scan_tables(size, cursor, by_scan.consistent), by_scan

        def read(strategy: Strategy) -> tuple[Listing, Strategy]:
            if strategy is by_scan:
                return scan()
            return self._indexes.choose(
                BY_USER.name, by_index=lambda: (self.query_tables(size, cursor), BY_INDEX), otherwise=scan
            )

        return self._reads.read(path, cursor or "", read, _count)

    def list_users(self, table_id: str, limit: int | None = None, cursor: str | None = None) -> Listing:
        """A page of a table's users with their scores. One Query: 1 RCU per 4 KB, half that when not consistent."""
        size = MOST_PER_PAGE if limit is None else _limit(limit)

        def read(strategy: Strategy) -> tuple[Listing, Strategy]:
            return self.query_users(table_id, size, cursor, strategy.consistent), strategy

        return self._reads.read(LIST_USERS, table_id, read, _count)

    def answered(self) -> None:
        """This thread's request has its answer: its reads of the sample are compared now. No call."""
        self._reads.answered()

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
            units += _units(page)
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
        began = meter.clock()
        page = self._call(operation, ReturnConsumedCapacity="TOTAL", **request)
        index, items = request.get("IndexName"), page["ScannedCount"]
        seconds = meter.clock() - began
        meter.record(meter.Call(operation, "score", index, _units(page), 0.0, seconds, items=items))
        return page

    def _call(self, operation: str, **request: Any) -> Any:
        return call_table(self._client, operation, self.table_name, throttling_seconds=0, **request)


def _count(listing: Listing) -> int:
    return len(listing.entries)


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
