"""A table on each engine with an account, a problem and a run, written by the repositories."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
import pytest

from api.dynamodb.repositories import (
    ProblemRepository,
    SearchHistoryRepository,
    UsageLogRepository,
    UserRepository,
)
from tests.integration.repositories.helpers import a_problem, a_run, noise
from tests.support.deadlines import extend_deadlines
from tests.support.engines import Engine
from tests.support.tables import TablePool

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

LARGE = noise(30_000)


@dataclass(frozen=True)
class World:
    """The table, its engine, and the id of its test case."""

    table: Table
    engine: Engine
    case_id: int

    @property
    def settings(self) -> dict[str, str]:
        """The environment of a command that works on the table."""
        return self.engine.settings(self.table.name)


@pytest.fixture
def world(
    use_engine: Engine,
    table_pool: TablePool,
    use_settings: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[World]:
    extend_deadlines(monkeypatch)
    name = table_pool.take(use_engine)
    use_settings(DYNAMODB_TABLE=name)
    table = boto3.resource("dynamodb", endpoint_url=use_engine.endpoint_url).Table(name)
    UserRepository(table).create_user(
        {"user_id": 7, "email": "Kim@Example.org", "name": "Minji", "google_id": "g7"}
    )
    problems = ProblemRepository(table)
    problems.create_problem(a_problem(problem_id=12, solution_code=LARGE))
    case_id = problems.add_test_case(12, {"input": LARGE, "output": "2"})["test_case_id"]
    history = SearchHistoryRepository(table)
    history.create_history(
        a_run(history_id=99, user_id=7, problem_id=12, code=LARGE, is_code_public=True, hints=["look"])
    )
    UsageLogRepository(table).log_usage(7, "hint", 12, {"history_id": 99})
    yield World(table, use_engine, case_id)
    table_pool.put_back(use_engine, name)
