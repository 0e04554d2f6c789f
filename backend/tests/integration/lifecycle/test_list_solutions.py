"""The change that lists public solutions by problem, on runs of an earlier version."""

from __future__ import annotations

from datetime import UTC, datetime

from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.repositories import SearchHistoryRepository, UserRepository
from api.dynamodb.table.write_actions import Key, key_of
from api.dynamodb.transport.http import Transport
from lifecycle.history import History
from lifecycle.selection import Selection
from lifecycle.service_table import FIRST_CHANGE
from migration.table_contents import read_items
from tests.integration.lifecycle.service_changes import runner_of
from tests.integration.repositories.helpers import a_run, noise
from tests.support.engines import Engine

NAME = "migration_20261130_030000_list_solutions"


def test_runs_from_before_get_the_keys_that_are_written_today_and_lose_them_again(
    use_engine: Engine, table_name: str, history: History
) -> None:
    transport = Transport.of_environment()
    runner = runner_of(use_engine, history, NAME)

    def stored() -> dict[Key, WireItem]:
        return {key_of(item): item for item in read_items(transport, table_name)}

    runner.migrate(Selection(target=FIRST_CHANGE))
    UserRepository().create_user({"user_id": 1, "email": "alice@example.org"})
    history_of_runs = SearchHistoryRepository()
    solved = {"passed_count": 3, "total_count": 3, "is_code_public": True}
    created_at = datetime(2019, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
    for fields in (
        {"created_at": created_at, "history_id": 7}, {"code": noise(30_000)}, {"user_id": None},
        {"problem_id": None}, {"is_code_public": False}, {"passed_count": 2}, {"passed_count": 0, "total_count": 0},
    ):  # fmt: skip
        history_of_runs.create_history(a_run(**{**solved, **fields}))
    today = stored()
    before = {
        key: {name: value for name, value in item.items() if key[0][:4] != "RUN#" or name[:4] != "GSI1"}
        for key, item in today.items()
    }
    assert sum(item != before[key] for key, item in today.items()) == 3
    for key, item in before.items():
        if item != today[key]:
            transport.call("PutItem", {"TableName": table_name, "Item": item})
    assert history_of_runs.list_solutions(100).items == []
    assert runner.migrate(Selection()).changes == [NAME]
    assert stored() == today
    assert len(history_of_runs.list_solutions(100)) == 3
    runner.rollback(Selection(target=NAME))
    assert stored() == before
