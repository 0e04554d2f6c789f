"""`make dynamodb-lists`: entries are counted, moved to the number of shards that is set, and nothing is left."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import boto3
import pytest

from api.dynamodb.client import DynamoDBClient
from api.dynamodb.repositories import ProblemRepository, UserRepository
from api.dynamodb.table_schema import create_table, delete_table
from scripts import move_list_entries
from tests.integration.repositories.helpers import a_problem
from tests.support.engines import Engine


@pytest.fixture
def engine(ministack: Engine) -> Engine:
    """MiniStack alone: what is moved is tested on both engines elsewhere."""
    return ministack


@pytest.fixture
def repositories(use_engine: Engine, table_name: str) -> Iterator[tuple[UserRepository, ProblemRepository]]:
    create_table(DynamoDBClient.get_client(patient=True))
    table = boto3.resource("dynamodb", endpoint_url=use_engine.endpoint_url).Table(table_name)
    yield UserRepository(table), ProblemRepository(table)
    delete_table(DynamoDBClient.get_client(patient=True))


def test_entries_are_moved_to_the_shards_that_are_set(
    repositories: tuple[UserRepository, ProblemRepository], use_settings: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    users, problems = repositories
    user_ids = [users.create_user({"name": "x"})["user_id"] for _ in range(9)]
    problem_ids = [
        problems.create_problem(a_problem(problem_number=str(number)))["problem_id"] for number in range(9)
    ]
    use_settings(
        DYNAMODB_USER_LIST_SHARDS="1", DYNAMODB_USER_LIST_READ_SHARDS="4",
        DYNAMODB_PROBLEM_LIST_SHARDS="1", DYNAMODB_PROBLEM_LIST_READ_SHARDS="4",
    )  # fmt: skip
    monkeypatch.setattr(move_list_entries, "_PAUSE", 0)

    def run(*arguments: str) -> tuple[int, str]:
        code = move_list_entries.main(move_list_entries.arguments().parse_args(arguments))
        return code, capsys.readouterr().out

    code, report = run("--dry-run", "--json")
    numbers = json.loads(report)
    assert (code, numbers["left"], numbers["lists"]) == (
        1,
        18,
        {"users": {"left": 9}, "problems": {"left": 9}},
    )
    code, report = run("--json")
    numbers = json.loads(report)
    assert (code, numbers["left"]) == (0, 0)
    assert numbers["lists"]["users"] == {"copied": 9, "removed": 9, "left": 0}
    assert run()[1].splitlines()[-1] == "nothing is left to move"
    use_settings(DYNAMODB_USER_LIST_READ_SHARDS="1", DYNAMODB_PROBLEM_LIST_READ_SHARDS="1")
    assert sorted(user["user_id"] for user in users.list_users().items) == sorted(user_ids)
    assert sorted(problem["problem_id"] for problem in problems.list_problems().items) == sorted(problem_ids)
