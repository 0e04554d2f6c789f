"""Solutions of a problem: which runs are listed, in pages of one Query, whatever becomes of the run or its author."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from api.dynamodb.repositories import ErasureRepository, SearchHistoryRepository, UserRepository
from tests.integration.repositories.conftest import ALICE, BOB, Clock
from tests.integration.repositories.helpers import a_run, noise, whole_list

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

SOLVED: dict[str, Any] = {"passed_count": 2, "total_count": 2, "is_code_public": True}


def listed(history: SearchHistoryRepository, problem_id: int = 100, **how: Any) -> list[int]:
    return [run["history_id"] for run in history.list_solutions(problem_id, **how)]


def test_only_public_runs_that_passed_every_case_are_listed(
    history: SearchHistoryRepository, clock: Clock
) -> None:
    variants: dict[str, dict[str, Any]] = {
        "solved": {}, "private": {"is_code_public": False}, "failed": {"failed_count": 1, "passed_count": 1},
        "no cases": {"passed_count": 0, "total_count": 0}, "no problem": {"problem_id": None},
        "other problem": {"problem_id": 101}, "large": {"code": noise(20_000), "verdict_basis": "outputs"},
    }  # fmt: skip
    runs = {
        name: history.create_history(a_run(**{**SOLVED, **fields}))["history_id"]
        for name, fields in variants.items()
    }
    assert sorted(listed(history)) == sorted([runs["solved"], runs["large"]])
    assert listed(history, 101) == [runs["other problem"]]
    assert {run["verdict_basis"] for run in history.list_solutions(100)} == {None, "outputs"}


def test_they_come_newest_first_in_pages_of_one_query(history: SearchHistoryRepository, clock: Clock) -> None:
    ids = []
    for number in range(7):
        clock.advance(seconds=number % 2)
        ids.append(
            history.create_history(a_run(**SOLVED, user_id=number + 1, history_id=number + 1))["history_id"]
        )
    pages = whole_list(lambda cursor: history.list_solutions(100, limit=3, cursor=cursor))
    assert [run["history_id"] for run in pages] == ids[::-1]


def test_a_change_of_the_run_changes_the_list(history: SearchHistoryRepository) -> None:
    run_id = history.create_history(a_run(**{**SOLVED, "is_code_public": False}))["history_id"]
    for changes, is_listed in (
        ({"is_code_public": True}, True), ({"hints": ["x"]}, True), ({"passed_count": 1, "failed_count": 1}, False),
        ({"passed_count": 2, "failed_count": 0}, True), ({"is_code_public": False}, False),
        ({"is_code_public": True}, True),
    ):  # fmt: skip
        history.update_history(run_id, changes)
        assert listed(history) == [run_id] * is_listed, changes
    history.delete_history(run_id, owner_id=ALICE)
    assert listed(history) == []


def test_solutions_of_a_deleted_account_stay_as_nobodys(
    history: SearchHistoryRepository, users: UserRepository, erasures: ErasureRepository
) -> None:
    users.create_user({"user_id": ALICE, "email": "alice@example.org"})
    public = history.create_history(a_run(**SOLVED))["history_id"]
    history.create_history(a_run(**{**SOLVED, "is_code_public": False}))
    bobs = history.create_history(a_run(**SOLVED, user_id=BOB))["history_id"]
    erasures.begin_erasure(ALICE)
    swept = Counter(dict(erasures.sweep(ALICE)))
    assert (swept["public_runs"], swept["runs"]) == (1, 1)
    assert {run["history_id"]: run["user_id"] for run in history.list_solutions(100)} == {
        public: None,
        bobs: BOB,
    }


def test_the_users_of_the_index_are_found_beside_them(
    history: SearchHistoryRepository, users: UserRepository, table: Table
) -> None:
    user = users.create_user({"email": "alice@example.org"})
    history.create_history(a_run(**SOLVED))
    by_email = users.get_user_by_email("alice@example.org")
    assert by_email is not None and by_email["user_id"] == user["user_id"]


@pytest.mark.parametrize("problem_id", [-1, 2**53, True])
def test_a_problem_that_cannot_be_is_refused(history: SearchHistoryRepository, problem_id: int) -> None:
    with pytest.raises(ValueError, match="problem_id"):
        history.list_solutions(problem_id)
