"""A small world with items of every kind, written by the service's own repositories."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from api.dynamodb.client import DynamoDBClient
from api.dynamodb.clock import utc_now
from api.dynamodb.repositories import (
    PlanRepository,
    PracticeRepository,
    ProblemRepository,
    ProgressRepository,
    SearchHistoryRepository,
    SessionRepository,
    SignInGuardRepository,
    UsageLogRepository,
    UserRepository,
)
from api.dynamodb.schema.keys import PROBLEM_CHANGES
from api.dynamodb.table.audit_entries import AuditNote
from api.dynamodb.table.store import Store
from api.dynamodb.transport.access import boto3_client_of
from api.dynamodb.transport.factory import bulk_transport_for
from repair.findings import Finding
from repair.notebook import Notebook
from repair.paced_calls import PacedCalls
from repair.table_check import CheckResult, TableCheck
from tests.integration.repositories.account_data import all_items, restore
from tests.integration.repositories.conftest import Clock
from tests.integration.repositories.helpers import a_problem, a_run, noise

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

Key = tuple[str, str]
ANNA, BEN, CARLA, DAVE = 11, 12, 13, 14
STAFF = 99
COUNTED_RUNS = 55


_filled: list[tuple[Any, list[Any]]] = []


class World:
    """A table and what writes to it. Its clock stands still a day ago."""

    def __init__(self, table: Table) -> None:
        self.table, self.client = table, boto3_client_of(table)
        self.clock = clock = Clock(utc_now() - timedelta(days=1))
        self.users = UserRepository(table, now=clock)
        self.problems = ProblemRepository(table, now=clock)
        self.history = SearchHistoryRepository(table, now=clock)
        self.usage = UsageLogRepository(table, now=clock)
        self.progress = ProgressRepository(table, now=clock)

    def fill(self) -> Self:
        """Writes something of every kind; what was written once is copied to the next tables of this process."""
        if _filled:
            self.clock.moment, items = _filled[0]
            restore(self.table, items)
        else:
            self._write_everything()
            _filled.append((self.clock.moment, all_items(self.table)))
        return self

    def _write_everything(self) -> None:
        note = AuditNote(STAFF, "test")
        PlanRepository(self.table, now=self.clock).create_plan(
            {"plan_id": 1, "name": "Free", "max_hints_per_day": 5, "max_executions_per_day": 50}, audit=note
        )
        for user_id in (ANNA, BEN, CARLA, DAVE):
            self.users.create_user(
                {"user_id": user_id, "email": f"Person{user_id}@Example.org", "google_id": f"g{user_id}"}
            )
        for problem_id in range(100, 108):
            number = str(problem_id)
            self.problems.create_problem(
                a_problem(problem_id=problem_id, problem_number=number, title=f"Sum of {number} things",
                          tags=["math", "graphs"], is_completed=problem_id != 107),
                audit=note,
            )  # fmt: skip
            self.problems.add_test_cases(
                problem_id,
                [{"input": "1 2", "output": "3", "is_sample": True},
                 {"input": noise(9_000, seed=problem_id), "output": "4"}],
            )  # fmt: skip
        for run_id in range(500, 520):
            user_id = ANNA if run_id % 2 else BEN
            self.run(run_id, user_id, is_code_public=run_id % 4 == 0, code=f"print({run_id})")
        self.run(520, ANNA, code=noise(9_000, seed=1))
        self.run(521, BEN, code=noise(9_000, seed=2), is_code_public=True, passed_count=2, total_count=2)
        self.run(522, None, is_code_public=True)
        for place in range(COUNTED_RUNS):
            moment = self.clock() - timedelta(hours=5, minutes=-place)
            self.run(600 + place, CARLA, created_at=moment, passed_count=1, total_count=1)
        assert self.progress.get_progress(CARLA)["complete"]
        practice = PracticeRepository(self.table, now=self.clock)
        practice.add_bookmark(ANNA, 100)
        practice.put_note(ANNA, 100, "a note")
        expires_at = utc_now() + timedelta(days=9)
        for user_id in (ANNA, BEN, CARLA):
            self.usage.log_usage(user_id, "hint", 100, {"history_id": 5})
            self.usage.log_usage(user_id, "execution", 100, {"text": noise(7_000, seed=user_id)})
            self.usage.log_usage(user_id, "execution", 100, {"text": noise(4_500, seed=user_id)})
            SessionRepository(self.table, now=utc_now).create_session(user_id, "web", "a" * 64, expires_at)
        guards = SignInGuardRepository(self.table, now=utc_now)
        # Nothing here expires while the tests run: an engine would remove it at any moment.
        for key in self.keys(PROBLEM_CHANGES):
            self.delete(key)
        guards.consume_nonce("a-nonce", expires_at)
        guards.count_attempt("203.0.113.9", "sign_in", limit=5, seconds=90 * 86_400)

    def run(self, history_id: int, user_id: int | None, **fields: Any) -> None:
        """Records a run."""
        problem = 100 + history_id % 7
        self.history.create_history(
            a_run(
                history_id=history_id,
                problem_id=problem,
                **{"created_at": self.clock(), **fields, "user_id": user_id},
            )
        )

    # The raw table

    def items(self) -> dict[Key, dict[str, Any]]:
        """Every item by key."""
        return {(item["PK"]["S"], item["SK"]["S"]): item for item in all_items(self.table)}

    def keys(self, pk: str, sk: str = "") -> list[Key]:
        """The keys that begin so, sorted."""
        pages = self.client.get_paginator("scan").paginate(
            TableName=self.table.name, ConsistentRead=True, ProjectionExpression="PK, SK"
        )
        keys = ((item["PK"]["S"], item["SK"]["S"]) for page in pages for item in page["Items"])
        return sorted(key for key in keys if key[0].startswith(pk) and key[1].startswith(sk))

    def item(self, key: Key) -> dict[str, Any]:
        """One item."""
        wire_key: Any = {"PK": {"S": key[0]}, "SK": {"S": key[1]}}
        return dict(
            self.client.get_item(TableName=self.table.name, Key=wire_key, ConsistentRead=True)["Item"]
        )

    def put(self, item: dict[str, Any]) -> None:
        """Writes a raw item."""
        self.client.put_item(TableName=self.table.name, Item=item)

    def change(self, key: Key, **attributes: dict[str, Any] | None) -> Key:
        """Sets raw attributes of an item; None removes one."""
        item = {
            **self.item(key),
            **{name: value for name, value in attributes.items() if value is not None},
        }
        self.put({name: value for name, value in item.items() if attributes.get(name, value) is not None})
        return key

    def copy(self, key: Key, to: Key, **attributes: dict[str, Any]) -> Key:
        """Copies a raw item to another key."""
        self.put({**self.item(key), "PK": {"S": to[0]}, "SK": {"S": to[1]}, **attributes})
        return to

    def delete(self, key: Key) -> Key:
        """Removes a raw item."""
        self.client.delete_item(TableName=self.table.name, Key={"PK": {"S": key[0]}, "SK": {"S": key[1]}})
        return key

    # Checks

    def calls(self) -> PacedCalls:
        """The calls of a tool."""
        return PacedCalls(bulk_transport_for(DynamoDBClient.get_client(patient=True)))

    def check(
        self,
        *,
        mends: bool = False,
        path: Path | None = None,
        segments: int = 2,
        page_items: int = 40,
        on_finding: Callable[[Finding, str], None] = lambda finding, state: None,
    ) -> tuple[CheckResult, dict[tuple[str, str, str], str]]:
        """Checks the table: the result, and the state of each finding by kind and key."""
        calls = self.calls()
        with Notebook(path, {"mends": mends}, utc_now(), segments=segments) as notebook:
            check = TableCheck(Store(calls, self.table.name), notebook, mends=mends, on_finding=on_finding)
            result = check.run(calls, workers=2, page_items=page_items)
            return result, {(found.kind, *found.key): state for found, state in notebook.findings()}
