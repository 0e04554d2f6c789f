"""A migrated source and its table, whose items a test can damage; the damage is undone after the test."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config.environment import environment
from legacy.demo import DemoSize, fill_mysql
from migration.verify import VerificationOptions, VerificationReport, verify
from migration.verify.differences import ItemDifference
from tests.integration.migration.migration_harness import LegacySource
from tests.support.engines import Engine
from tests.support.sources import settings_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

Item = dict[str, Any]

DAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None) - timedelta(days=1)
SIZE = DemoSize(users=12, problems=6, history=40, usage=80, large_cases=1)
# The hand-made rows' ids begin behind the demonstration's.
U, P, C, R, L = 900_000, 800_000, 700_000, 600_000, 500_000
# Dead letters that `fill` makes: a zero date in history, a broken boolean, and an unknown action.
DEAD = 3


def fill(legacy: LegacySource) -> None:
    """A small demonstration and rows of every awkward kind."""
    fill_mysql(legacy.connection, SIZE, 7, DAY.replace(tzinfo=UTC))
    legacy.add("subscription_plans", {"id": 90, "name": "정답 요금제"})
    rng = random.Random(3)
    legacy.add(
        "users",
        {
            "id": U + 1,
            "email": "Alice@Example.org",
            "google_id": "g-alice",
            "name": "Alice 🎓",
            "picture": "",
        },
        {"id": U + 2, "email": "bob@example.org", "google_id": "g-bob", "name": None},
        {"id": U + 3, "email": None, "google_id": None, "name": "", "created_at": "0000-00-00 00:00:00"},
        {"id": U + 4, "email": "", "google_id": "", "last_login": "1969-12-31 23:59:59.000001"},
    )
    legacy.add(
        "problems",
        {"id": P + 1, "title": "두 수의 합 Two Sum", "tags": '["DP", "graph ", "dp"]', "time_limit": 0.1,
         "solution_code": "print(1)\n" * 20, "constraints": "1 <= n\n" * 2_000, "hints": '[{"text": "1.50"}]'},
        {"id": P + 2, "is_completed": 0, "difficulty": None, "tags": "[]"},
        {"id": P + 3, "is_deleted": 1, "time_limit": None, "updated_at": "2024-00-00 00:00:00"},
        {"id": P + 4, "problem_id": "A#1%", "platform": " Codeforces", "time_limit": 1, "created_at": None or DAY},
    )  # fmt: skip
    legacy.add(
        "test_cases",
        {"id": C + 1, "problem_id": P + 1, "is_sample": 1, "input": "", "output": "3 "},
        {"id": C + 2, "problem_id": P + 1, "position": -5, "input": "7 " * 3_000, "output": "가" * 1_400},
        {"id": C + 3, "problem_id": P + 1, "position": 2, "input": rng.randbytes(600_000).hex()},
        {"id": C + 4, "problem_id": P + 999},
    )
    legacy.add(
        "search_history",
        {"id": R + 1, "user_id": U + 1, "problem_id": P + 1, "code": "x = 1\n", "result_summary": ""},
        {"id": R + 2, "user_id": U + 1, "problem_id": P + 2, "is_code_public": 1, "code": "y = '🎉'\n" * 2_000},
        {"id": R + 3, "user_id": None, "problem_id": P + 1, "is_code_public": 1, "hints": '{"a": 1.0}'},
        {"id": R + 4, "user_id": U + 2, "problem_id": None, "code": "# 정답\n" * 300_000,
         "test_results": "[" + ", ".join(str(rng.random()) for _ in range(3_000)) + "]"},
        {"id": R + 5, "user_id": U + 2, "problem_id": P + 1, "created_at": "2024-05-06 07:08:10"},
        {"id": R + 9, "user_id": U + 2, "created_at": "0000-00-00 00:00:00"},
    )  # fmt: skip
    legacy.add("users", {"id": U + 9, "is_active": 127})
    legacy.add(
        "usage_logs",
        {"id": L + 1, "user_id": U + 1, "created_at": DAY, "metadata": '{"a": 1}'},
        {"id": L + 2, "user_id": U + 1, "created_at": DAY + timedelta(seconds=1), "problem_id": P + 1},
        {"id": L + 3, "user_id": U + 1, "created_at": DAY + timedelta(hours=15), "action": "execution"},
        {"id": L + 4, "user_id": U + 2, "created_at": DAY, "metadata": f'"{rng.randbytes(9_000).hex()}"'},
        {"id": L + 5, "user_id": U + 2, "created_at": DAY - timedelta(days=200)},
        {"id": L + 6, "user_id": U + 2, "created_at": DAY - timedelta(days=88, hours=1)},
        {"id": L + 9, "user_id": U + 2, "created_at": DAY, "action": "peek"},
    )


@dataclass
class MigratedTable:
    """A source and the table that it was moved into."""

    legacy: LegacySource
    engine: Engine
    table: str
    state_dir: Path
    client: DynamoDBClient
    _before: dict[tuple[str, str], Item | None] = field(default_factory=dict)

    def settings(self) -> dict[str, str]:
        """The environment of the migration and its verification."""
        return {
            **self.engine.settings(self.table),
            **settings_of(self.legacy.source),
            "ALGOITNY_STATE_DIR": str(self.state_dir),
        }

    def verify(self, **options: Any) -> VerificationReport:
        """A full verification in this process that lists every difference; `now` overrides the current time."""
        now = options.pop("now", None)
        return verify(
            environment(), VerificationOptions(**{"all_differences": True, "workers": 2, **options}), now
        )

    def get(self, pk: str, sk: str = "META") -> Item:
        """An item in wire form."""
        answer = self.client.get_item(
            TableName=self.table, Key={"PK": {"S": pk}, "SK": {"S": sk}}, ConsistentRead=True
        )
        return dict(answer["Item"])

    def find(self, pk: str, prefix: str = "") -> list[Item]:
        """The items of a partition, in order."""
        answer = self.client.query(
            TableName=self.table, ConsistentRead=True,
            KeyConditionExpression="PK = :pk AND begins_with(SK, :sk)" if prefix else "PK = :pk",
            ExpressionAttributeValues={":pk": {"S": pk}, **({":sk": {"S": prefix}} if prefix else {})},
        )  # fmt: skip
        return [dict(item) for item in answer["Items"]]

    def _remember(self, pk: str, sk: str) -> None:
        if (pk, sk) not in self._before:
            item = self.client.get_item(
                TableName=self.table, Key={"PK": {"S": pk}, "SK": {"S": sk}}, ConsistentRead=True
            ).get("Item")
            self._before[pk, sk] = dict(item) if item else None

    def put(self, item: Item) -> None:
        """Writes an item, replacing the one at its key."""
        self._remember(item["PK"]["S"], item["SK"]["S"])
        self.client.put_item(TableName=self.table, Item=item)

    def delete(self, item: Item) -> None:
        """Deletes an item."""
        self._remember(item["PK"]["S"], item["SK"]["S"])
        self.client.delete_item(TableName=self.table, Key={"PK": item["PK"], "SK": item["SK"]})

    def change(self, item: Item, **attributes: Any) -> None:
        """Writes an item with other values; None removes an attribute."""
        self.put({name: value for name, value in {**item, **attributes}.items() if value is not None})

    def undo_damage(self) -> None:
        """Restores every damaged item."""
        for (pk, sk), item in self._before.items():
            if item is None:
                self.client.delete_item(TableName=self.table, Key={"PK": {"S": pk}, "SK": {"S": sk}})
            else:
                self.client.put_item(TableName=self.table, Item=item)
        self._before.clear()


Do = Callable[[MigratedTable], None]


@dataclass(frozen=True)
class Damage:
    """One class of damage, and the differences to be reported: (problem, kind, id, attribute)."""

    name: str
    do: Do
    reports: tuple[tuple[str, str, str, str], ...]


def shape(difference: ItemDifference) -> tuple[str, str, str, str]:
    """A difference as a `Damage` names it; `attribute` is the first one that differs."""
    first = difference.details[0].attribute if difference.details else ""
    return difference.problem, difference.kind, difference.id, first
