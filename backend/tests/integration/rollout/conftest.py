"""A service's table with a few users, problems and runs, and the command that sets its flags."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from api.composition import forget
from api.dynamodb.repositories import ProblemRepository, SearchHistoryRepository, UserRepository
from api.dynamodb.transport import factory
from rollout.flag_store import FlagStore
from rollout.flags import State
from tests.support.deadlines import extend_deadlines
from tests.support.engines import Engine
from tests.support.scripts import run_script
from tests.support.tables import TablePool


@dataclass
class World:
    """A table on an engine."""

    engine: Engine
    table_name: str

    @property
    def store(self) -> FlagStore:
        return FlagStore.of_client(self.engine.client(), self.table_name)

    @property
    def state(self) -> State:
        return self.store.read()

    def run(self, *arguments: str, code: int = 0, **settings: str) -> str:
        """What the command printed; what it said on stderr when it failed."""
        done = run_script(
            "rollout", *arguments, settings={**self.engine.settings(self.table_name), **settings}
        )
        assert done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr
        return done.stderr if code == 2 else done.stdout

    def json(self, *arguments: str, code: int = 0, **settings: str) -> Any:
        return json.loads(self.run(*arguments, "--json", code=code, **settings))


@pytest.fixture
def world(
    engine: Engine, table_pool: TablePool, use_settings: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    extend_deadlines(monkeypatch)
    name = table_pool.take(engine)
    use_settings(**engine.settings(name))
    factory.clear_cache()
    forget()
    yield World(engine, name)
    forget()
    factory.clear_cache()
    table_pool.put_back(engine, name)


@pytest.fixture
def filled(world: World) -> World:
    """Three users, three problems (one of them not complete) and a run of each user."""
    for number in (1, 2, 3):
        UserRepository().create_user({"user_id": number, "email": f"user{number}@example.com", "name": "U"})
        ProblemRepository().create_problem({
            "problem_id": number, "platform": "baekjoon", "problem_number": str(number), "title": f"Sum {number}",
            "is_completed": number < 3,
        })  # fmt: skip
        SearchHistoryRepository().create_history({
            "history_id": number, "user_id": number, "platform": "baekjoon", "problem_number": "1",
            "problem_title": "Sum", "language": "python", "code": "print(1)", "is_code_public": True,
        })  # fmt: skip
    return world
