"""A table with runs, for the tests of progress."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from api.dynamodb.codec import json_text
from api.dynamodb.codec.items import run_items
from api.dynamodb.repositories import ProgressRepository, SearchHistoryRepository, UserRepository
from api.dynamodb.table.store import Store
from api.dynamodb.transport.factory import transport_for
from tests.integration.repositories.conftest import ALICE, BOB, Clock
from tests.integration.repositories.expected_progress import recounted
from tests.integration.repositories.helpers import a_run, whole_list

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

PASSED = {"passed_count": 2, "total_count": 2}


class ProgressSetup:
    """A table with runs of Alice and Bob, and the repositories that the tests need."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self.table, self.clock = table, clock
        self.history = SearchHistoryRepository(table, now=clock)
        self.progress = ProgressRepository(table, now=clock)
        self.users = UserRepository(table, now=clock)
        for user_id in (ALICE, BOB):
            self.users.create_user({"user_id": user_id})
        self.number = 0

    def run(self, *, ago: float = 0, **fields: Any) -> int:
        """Makes a run of Alice's that bears a moment some seconds ago."""
        self.number += 1
        moment = self.clock() - timedelta(seconds=ago)
        return self.history.create_history(
            a_run(history_id=self.number, created_at=moment, **{"problem_id": self.number, **fields})
        )["history_id"]

    def places(self, count: int, fields: Callable[[int], dict[str, Any]] = lambda number: {}) -> None:
        """Puts runs of an hour ago on into Alice's list, and nowhere else: in a few calls."""
        places = []
        for _ in range(count):
            self.number += 1
            run = a_run(
                history_id=self.number, problem_id=self.number, version=1, failed_count=0, is_code_public=False,
                created_at=self.clock() - timedelta(seconds=3600 - self.number),
                **{**PASSED, **fields(self.number)},
            )  # fmt: skip
            places.append(run_items(run).entries[0])
        assert (
            Store(transport_for(self.table), self.table.name).batch_write(puts=places, entity="user_run")
            == []
        )

    def runs(self, user_id: int = ALICE) -> list[Any]:
        return whole_list(
            lambda cursor: self.history.list_user_history(user_id, limit=100, cursor=cursor, consistent=True)
        )

    def recounted(self, user_id: int = ALICE) -> dict[str, Any]:
        return recounted(self.runs(user_id), self.clock())

    def item(self, user_id: int = ALICE) -> dict[str, Any] | None:
        key = {"PK": f"USR#{user_id}#PRG", "SK": "META"}
        return self.table.get_item(Key=key, ConsistentRead=True).get("Item")

    def stored_runs(self, user_id: int = ALICE) -> int | None:
        """How many runs are in the stored sums; None if there are none."""
        item = self.item(user_id)
        if item is None or "sum" not in item:
            return None
        stored = item["sum"]
        text = stored if isinstance(stored, str) else zlib.decompress(stored.value).decode()
        return int(json_text.loads(text)["runs"])

    def is_outdated(self) -> bool:
        """Whether Alice's stored sums are marked as outdated."""
        item = self.item()
        return item is not None and bool(item.get("old"))

    def complete_progress(self) -> dict[str, Any]:
        """Alice's progress when it is complete."""
        for _ in range(100):
            found = dict(self.progress.get_progress(ALICE))
            if found["complete"]:
                return found
        raise AssertionError("it is never complete")
