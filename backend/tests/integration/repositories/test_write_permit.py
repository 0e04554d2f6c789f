"""Repositories of a process that runs during a live move ask before they write; others do not."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from api.dynamodb.errors import WritesPaused
from api.dynamodb.metering.meter import recording
from api.dynamodb.repositories import SessionRepository, UserRepository
from api.dynamodb.table.write_permit import shared_permit
from live.state import STATE_KEY
from tests.support.engines import Engine
from tests.support.tables import TablePool

pytestmark = pytest.mark.any_engine


@pytest.fixture
def table(engine: Engine, table_pool: TablePool, use_settings: Callable[..., None]) -> Iterator[str]:
    name = table_pool.take(engine)
    use_settings(**engine.settings(name), ALGOITNY_LIVE_MOVE="1")
    yield name
    table_pool.put_back(engine, name)


def _phase(engine: Engine, table: str, phase: str) -> None:
    engine.client().put_item(TableName=table, Item={**STATE_KEY, "phase": {"S": phase}})


def test_while_somebody_else_has_the_writes_it_reads_and_does_not_write(engine: Engine, table: str) -> None:
    user = UserRepository().create_user({"email": "kim@example.org"})
    _phase(engine, table, "live")
    shared_permit.cache_clear()
    users = UserRepository()
    with pytest.raises(WritesPaused):
        users.update_user(user["user_id"], {"name": "Kim"})
    assert users.get_user(user["user_id"], consistent=True) == user
    assert SessionRepository().delete_all_sessions(user["user_id"]) == 0


def test_without_the_setting_no_question_is_asked(
    engine: Engine, table: str, use_settings: Callable[..., None]
) -> None:
    _phase(engine, table, "live")
    use_settings(ALGOITNY_LIVE_MOVE="0")
    with recording() as calls:
        UserRepository().create_user({"email": "lee@example.org"})
    assert len(calls.calls) == 1
