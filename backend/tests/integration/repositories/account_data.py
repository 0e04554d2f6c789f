"""Two users with items of every kind, and functions that look for traces of a deleted user."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from api.dynamodb.repositories import (
    PracticeRepository,
    ProgressRepository,
    SearchHistoryRepository,
    UsageLogRepository,
    UserRepository,
)
from api.dynamodb.transport.access import boto3_client_of
from tests.integration.repositories.conftest import Clock
from tests.integration.repositories.helpers import a_run, noise

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

# Ids that occur nowhere by chance.
ALICE_ID, BOB_ID = 883_476_514_210_117, 771_365_403_109_226
PEOPLE: dict[int, dict[str, Any]] = {
    ALICE_ID: {"email": "Alice.Kim@example.org", "name": "앨리스 Kim", "google_id": "1188000000077",
               "picture": "https://pictures.example/alice"},
    BOB_ID: {"email": "bob@example.org", "name": "Bob", "google_id": "1199000000066"},
}  # fmt: skip
TRACES = (
    str(ALICE_ID),
    "alice.kim",
    "Alice.Kim",
    "앨리스",
    "1188000000077",
    "pictures.example",
)

Item = dict[str, Any]


class AccountData:
    """Fills a table with the data of two users."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self.table, self.clock = table, clock
        self.users = UserRepository(table, now=clock)
        self.history = SearchHistoryRepository(table, now=clock)
        self.usage = UsageLogRepository(table, now=clock)
        self.progress = ProgressRepository(table, now=clock)
        self.number = 100

    def run(self, user_id: int, **fields: Any) -> int:
        self.number += 1
        data = a_run(history_id=self.number, **{"created_at": self.clock(), **fields, "user_id": user_id})
        return self.history.create_history(data)["history_id"]

    def person(self, user_id: int) -> None:
        """An account with a session, stored progress, a bookmark, a note, and a use of each form."""
        self.users.create_user({"user_id": user_id, "subscription_plan_id": 1, **PEOPLE[user_id]})
        self.table.put_item(
            Item={
                "PK": f"USR#{user_id}#SES",
                "SK": f"{user_id:016}",
                "id": user_id,
                "uid": user_id,
                "hsh": "h",
            }
        )
        self.table.put_item(
            Item={
                "PK": f"USR#{user_id}#PRG",
                "SK": "META",
                "uid": user_id,
                "stp": "s",
                "upt": "2026",
                "sum": "{}",
            }
        )
        practice = PracticeRepository(self.table, now=self.clock)
        practice.add_bookmark(user_id, 7)
        practice.put_note(user_id, 7, "a note")
        self.usage.log_usage(user_id, "hint", 7, {"history_id": 5})
        self.usage.log_usage(user_id, "execution", 7, {"text": noise(7_000, seed=user_id % 97)})

    def runs(self, user_id: int) -> None:
        """A private run with long code and hints, and a public one with long code and long hints."""
        hints = [f"a hint for {user_id}", noise(9_000, seed=3)]
        self.run(user_id, code=noise(9_000, seed=1), hints=hints)
        self.run(user_id, code=noise(9_000, seed=2), hints=hints, is_code_public=True)


def all_items(table: Table) -> list[Item]:
    """Every item of the table as it travels, in the order of keys."""
    client = boto3_client_of(table)
    items: list[Any] = []
    for page in client.get_paginator("scan").paginate(TableName=table.name, ConsistentRead=True):
        items += page["Items"]
    return sorted(items, key=lambda item: (item["PK"]["S"], item["SK"]["S"]))


def index_items(table: Table) -> list[Item]:
    """Every entry of both indexes."""
    client = boto3_client_of(table)
    return [
        item for name in ("GSI1", "GSI2") for item in client.scan(TableName=table.name, IndexName=name)["Items"]
    ]  # fmt: skip


def restore(table: Table, items: Iterable[Item]) -> None:
    """Makes the table hold exactly these items."""
    client = boto3_client_of(table)
    expected = {(item["PK"]["S"], item["SK"]["S"]): item for item in items}
    extra = [item for item in all_items(table) if (item["PK"]["S"], item["SK"]["S"]) not in expected]
    requests: list[Any] = [
        {"DeleteRequest": {"Key": {name: item[name] for name in ("PK", "SK")}}} for item in extra
    ]
    requests += [{"PutRequest": {"Item": item}} for item in expected.values()]
    for start in range(0, len(requests), 25):
        answer = client.batch_write_item(RequestItems={table.name: requests[start : start + 25]})
        assert not answer["UnprocessedItems"]


def _readable(value: Any) -> Any:
    if isinstance(value, bytes):
        try:
            return zlib.decompress(value).decode("utf-8", "replace")
        except zlib.error:
            return base64.b64encode(value).decode()
    raise TypeError(type(value).__name__)


def traces(items: Iterable[Item]) -> list[str]:
    """The items that name Alice, keys and compressed texts included."""
    texts = [json.dumps(item, ensure_ascii=False, default=_readable) for item in items]
    return [text[:300] for text in texts if any(trace in text for trace in TRACES)]


def belongs_to(user_id: int, item: Item) -> bool:
    """Whether an item belongs to the user, or names them."""
    return str(user_id) in json.dumps(item, default=_readable)


def at(moment: datetime) -> str:
    """A moment as it stands in sort keys."""
    return moment.isoformat(timespec="microseconds")[:26]
