"""A table of a torture test, read with boto3 alone, independently of the code under test."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.support.engines import Engine

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

_numbers = itertools.count(1)


def seoul_day(moment: datetime) -> str:
    """The local day of a moment; Seoul is nine hours ahead, all year."""
    return (moment.astimezone(UTC) + timedelta(hours=9)).date().isoformat()


# Of a use in a ledger: its id, milliseconds since midnight (UTC) of the date, problem id, metadata.
ENTRY = re.compile(r"[\w-]{8}-?\d{1,9}(,(null|\d+)(,\{.*\})?)?", re.DOTALL)


@dataclass
class DayBook:
    """A day's item and the log items of that day."""

    ids: set[str] = field(default_factory=set)
    entries: set[str] = field(default_factory=set)
    apart: int = 0
    windows: dict[str, set[str]] = field(default_factory=dict)
    logs: list[str] = field(default_factory=list)  # sort keys

    @property
    def count(self) -> int:
        """The uses that the day's item counts."""
        return len(self.ids) + self.apart

    def disagreements(self) -> list[str]:
        """The differences between the ledger's counts and its entries and logs."""
        differences = [f"id {name} has no entry" for name in sorted(self.ids - self.entries)]
        differences += [f"entry {name} is not counted" for name in sorted(self.entries - self.ids)]
        if self.apart != len(self.logs):
            differences.append(f"{self.apart} uses are counted apart, {len(self.logs)} logs stand there")
        return differences


@dataclass(frozen=True)
class TortureTable:
    """A table on an engine, with a boto3 client that shares nothing with the code under test."""

    engine: Engine
    table_name: str
    client: DynamoDBClient

    def settings(self) -> dict[str, str]:
        """The environment by which a process reaches the table."""
        return self.engine.settings(self.table_name)

    @staticmethod
    def new_user() -> int:
        """The id of a new user."""
        return next(_numbers)

    def items(self, **request: Any) -> Iterator[dict[str, Any]]:
        """The items of a consistent Query or, without a key condition, of a Scan."""
        ask: Any = self.client.query if "KeyConditionExpression" in request else self.client.scan
        start: dict[str, Any] = {}
        while True:
            page = ask(TableName=self.table_name, ConsistentRead=True, **request, **start)
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def days(self, user_id: int, action: str = "hint") -> dict[str, DayBook]:
        """A user's uses of an action by local day."""
        books: dict[str, DayBook] = {}
        pk = f"USR#{user_id}#USE#{action}"
        for item in self.items(
            KeyConditionExpression="PK = :pk", ExpressionAttributeValues={":pk": {"S": pk}}
        ):
            kind, _, rest = item["SK"]["S"].partition("#")
            if kind == "LOG":
                at = datetime.fromisoformat(rest.partition("#")[0]).replace(tzinfo=UTC)
                books.setdefault(seoul_day(at), DayBook()).logs.append(item["SK"]["S"])
                continue
            assert kind == "DAY", item["SK"]
            book = books.setdefault(rest, DayBook())
            uses = item.get("us", {}).get("SS", [])
            book.ids = {use[:8] for use in uses}
            assert len(book.ids) == len(uses)
            book.apart = int(item.get("n", {}).get("N", "0"))
            book.entries = {use[:8] for use in uses if ENTRY.fullmatch(use)}
            book.windows = {
                name: set(value["SS"]) for name, value in item.items() if name[0] == "w" and "SS" in value
            }
        return books

    def book(self, user_id: int, moment: datetime, action: str = "hint") -> DayBook:
        """A user's uses of an action on the local day of a moment."""
        return self.days(user_id, action).get(seoul_day(moment), DayBook())
