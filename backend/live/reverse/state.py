"""The present state of things in the table, read consistently through the repositories."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from api.dynamodb.repositories import (
    PlanRepository,
    ProblemRepository,
    SearchHistoryRepository,
    UsageLogRepository,
    UserRepository,
)
from live.reverse.touched import Day

Record = Mapping[str, Any]
# More than any problem has: a problem's cases are read whole.
_EVERY_CASE = 1_000_000


class TableState:
    """Reads things of the configured table. Every read is strongly consistent; costs are those of the repositories."""

    def __init__(self) -> None:
        self._plans, self._users = PlanRepository(), UserRepository()
        self._problems, self._runs = ProblemRepository(), SearchHistoryRepository()
        self._usage = UsageLogRepository()

    def read(self, name: str, ids: Iterable[int]) -> dict[int, Record | None]:
        """The things of a kind (`plans`, `users`, `problems`, `history`) by id, None where there is none."""
        ids = sorted(ids)
        records: dict[int, Any]
        if name == "users":
            records = dict(self._users.get_users(ids, consistent=True))
        elif name == "history":
            records = {run["history_id"]: run for run in self._runs.get_histories(ids, consistent=True)}
        elif name == "problems":
            records = {number: self._problems.get_problem(number, consistent=True) for number in ids}
        else:
            records = {number: self._plans.get_plan(number, consistent=True) for number in ids}
        return {number: cast("Record | None", records.get(number)) for number in ids}

    def cases(self, problem_id: int) -> list[Record]:
        """The test cases of a problem that are in force, complete."""
        page = self._problems.get_all_test_cases(problem_id, most=_EVERY_CASE, consistent=True)
        return cast("list[Record]", page.items)

    def logs(self, day: Day) -> list[Record]:
        """The logs of a day that have not expired."""
        logs: list[Record] = []
        cursor = None
        while True:
            page = self._usage.get_usage_of_day(*day, limit=100, cursor=cursor, consistent=True)
            logs += cast("list[Record]", page.items)
            cursor = page.cursor
            if cursor is None:
                return logs
