"""`make dynamodb-lists`: entries are counted, moved to the number of shards that is set, and nothing is left."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import boto3
import pytest

from api.dynamodb.client import DynamoDBClient
from api.dynamodb.repositories import ProblemRepository, SearchHistoryRepository, UserRepository
from api.dynamodb.table_schema import create_table, delete_table
from scripts import move_list_entries
from tests.integration.repositories.helpers import a_problem, a_run
from tests.support.engines import Engine


@pytest.fixture
def engine(ministack: Engine) -> Engine:
    """MiniStack alone: what is moved is tested on both engines elsewhere."""
    return ministack


Repositories = tuple[UserRepository, ProblemRepository, SearchHistoryRepository]


@pytest.fixture
def repositories(use_engine: Engine, table_name: str) -> Iterator[Repositories]:
    create_table(DynamoDBClient.get_client(patient=True))
    table = boto3.resource("dynamodb", endpoint_url=use_engine.endpoint_url).Table(table_name)
    yield UserRepository(table), ProblemRepository(table), SearchHistoryRepository(table)
    delete_table(DynamoDBClient.get_client(patient=True))


def all_listed(repositories: Repositories) -> tuple[set[int], set[int], set[int]]:
    users, problems, runs = repositories
    return (
        {user["user_id"] for user in users.list_users().items},
        {problem["problem_id"] for problem in problems.list_problems().items},
        {run["history_id"] for run in runs.list_public_timeline().items},
    )


def test_entries_of_an_earlier_version_are_moved_to_one_partition(
    repositories: Repositories, use_settings: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    users, problems, runs = repositories
    names = ("DYNAMODB_USER_LIST_SHARDS", "DYNAMODB_PROBLEM_LIST_SHARDS", "DYNAMODB_TIMELINE_SHARDS")
    use_settings(**dict.fromkeys(names, "4"))
    created = (
        {users.create_user({"user_id": number, "name": "x"})["user_id"] for number in range(1, 10)},
        {
            problems.create_problem(a_problem(problem_id=number, problem_number=str(number)))["problem_id"]
            for number in range(1, 10)
        },
        {
            runs.create_history(a_run(history_id=number, is_code_public=True))["history_id"]
            for number in range(1, 10)
        },
    )
    use_settings(**dict.fromkeys(names, ""))
    assert all_listed(repositories) == created
    monkeypatch.setattr(move_list_entries, "_PAUSE", 0)

    def run(*arguments: str) -> tuple[int, str]:
        code = move_list_entries.main(move_list_entries.arguments().parse_args(arguments))
        return code, capsys.readouterr().out

    code, report = run("--dry-run", "--json")
    numbers = json.loads(report)
    assert (code, numbers["left"], numbers["lists"]) == (
        1,
        25,
        {"users": {"left": 9}, "problems": {"left": 9}, "timeline": {"left": 7}},
    )
    code, report = run("--json")
    numbers = json.loads(report)
    assert (code, numbers["left"]) == (0, 0)
    assert numbers["lists"]["users"] == {"copied": 9, "removed": 9, "left": 0}
    assert numbers["lists"]["timeline"] == {"moved": 7, "left": 0}
    assert run()[1].splitlines()[-1] == "nothing is left to move"
    assert all_listed(repositories) == created
    # Also for readers that look at one partition and nowhere else.
    use_settings(**dict.fromkeys([*names, *(name.replace("SHARDS", "READ_SHARDS") for name in names)], "1"))
    assert all_listed(repositories) == created
