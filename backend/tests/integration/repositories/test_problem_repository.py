"""Problems: by id, by platform and number; what changes moves with everything derived from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from api.dynamodb.errors import ConditionFailed, Duplicate, InvalidInput, NotFound
from api.dynamodb.repositories import ProblemRepository, UserRepository
from api.dynamodb.schema.entities import STATEMENT_FIELDS
from api.dynamodb.schema.records import ProblemHead
from tests.integration.repositories.conftest import Clock
from tests.integration.repositories.helpers import a_problem, noise

Stored = Callable[[], list[tuple[str, str]]]


def titles(problems: ProblemRepository, **how: Any) -> list[str]:
    return [problem["title"] for problem in problems.list_problems(**how)]


def test_it_creates_a_problem_with_defaults(problems: ProblemRepository, clock: Clock) -> None:
    problem = problems.create_problem({"platform": "Baekjoon", "problem_number": "1000", "title": "A+B"})
    assert problem == {
        "problem_id": problem["problem_id"], "platform": "Baekjoon", "problem_number": "1000",
        "title": "A+B", "url": None, "tags": None, "difficulty": None, "language": None,
        "solution_code": None, "constraints": None, "hints": None, "time_limit": None, "memory_limit": None,
        "is_completed": False, "is_deleted": False, "metadata": None, "created_at": clock(),
        "updated_at": clock(), "version": 1, "case_generation": None,
        **dict.fromkeys(STATEMENT_FIELDS),
    }  # fmt: skip
    assert problems.get_problem(problem["problem_id"], consistent=True) == problem
    assert problems.get_problem(7) is None


def test_it_finds_a_problem_by_platform_and_number_in_any_case(problems: ProblemRepository) -> None:
    problem = problems.create_problem(a_problem(platform="Codeforces", problem_number="4A"))
    assert problems.get_problem_by_number("CODEFORCES", " 4a ") == problem
    assert problems.get_problem_by_number("codeforces", "4A", consistent=True) == problem
    assert problems.get_problem_by_number("codeforces", "4B") is None


def test_it_refuses_a_taken_number_in_any_case(problems: ProblemRepository, stored: Stored) -> None:
    problems.create_problem(a_problem(platform="Codeforces", problem_number="4A"))
    before = stored()
    with pytest.raises(Duplicate) as caught:
        problems.create_problem(a_problem(platform="codeforces", problem_number="4a"))
    assert caught.value.field == "problem_number"
    assert stored() == before


def test_it_refuses_a_taken_id(problems: ProblemRepository) -> None:
    problems.create_problem(a_problem(problem_id=7))
    with pytest.raises(Duplicate) as caught:
        problems.create_problem(a_problem(problem_id=7, problem_number="2"))
    assert caught.value.field == "problem_id"
    assert problems.get_problem_by_number("Baekjoon", "2", consistent=True) is None


@pytest.mark.parametrize(
    "fields",
    [
        {"title": None}, {"title": 7}, {"problem_id": "7"}, {"time_limit": float("nan")}, {"tags": {1, 2}},
        {"unknown": 1}, {"platform": "\ud800"}, {"problem_number": "9" * 2050}, {"solution_code": "\ud800"},
    ],
)  # fmt: skip
def test_it_refuses_data_that_cannot_be_stored(
    problems: ProblemRepository, stored: Stored, fields: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInput):
        problems.create_problem(a_problem(**fields))
    assert stored() == []


def test_large_texts_come_back_whole(problems: ProblemRepository) -> None:
    code, hints = noise(600_000), [noise(50_000, seed) for seed in range(3)]
    problem = problems.create_problem(a_problem(solution_code=code, hints=hints))
    assert problem["solution_code"] == code
    found = problems.get_problem(problem["problem_id"], consistent=True)
    assert found == problem


def test_a_changed_title_moves_the_problem_between_words(problems: ProblemRepository, clock: Clock) -> None:
    problem = problems.create_problem(a_problem(title="Two Sum"))
    later = clock.advance(minutes=1)
    changed = problems.update_problem(problem["problem_id"], {"title": "Three Sum"})
    assert changed == {**problem, "title": "Three Sum", "version": 2, "updated_at": later}
    assert titles(problems, words="two ") == []
    assert titles(problems, words="three") == ["Three Sum"]
    assert titles(problems, words="sum") == ["Three Sum"]
    assert titles(problems, platform="baekjoon") == ["Three Sum"]


def test_changed_tags_difficulty_and_platform_move_it_between_lists(problems: ProblemRepository) -> None:
    problem = problems.create_problem(a_problem(tags=["math", "dp"]))
    number = problem["problem_number"]
    problems.update_problem(
        problem["problem_id"], {"tags": ["dp", "Graph"], "difficulty": "Gold I", "platform": "Codeforces"}
    )
    assert titles(problems, tag="math") == []
    assert titles(problems, tag="graph") == titles(problems, tag="DP") == [problem["title"]]
    assert titles(problems, difficulty="Bronze V") == titles(problems, platform="Baekjoon") == []
    assert (
        titles(problems, difficulty="gold i") == titles(problems, platform="codeforces") == [problem["title"]]
    )
    assert problems.get_problem_by_number("Baekjoon", number, consistent=True) is None
    assert problems.get_problem_by_number("Codeforces", number, consistent=True) is not None
    assert problems.create_problem(a_problem(problem_number=number))


def test_it_refuses_to_change_to_a_taken_number(problems: ProblemRepository) -> None:
    problems.create_problem(a_problem(problem_number="1"))
    second = problems.create_problem(a_problem(problem_number="2"))
    with pytest.raises(Duplicate) as caught:
        problems.update_problem(second["problem_id"], {"problem_number": "1"})
    assert caught.value.field == "problem_number"
    assert problems.get_problem(second["problem_id"], consistent=True) == second


def test_a_draft_becomes_visible_when_it_is_completed(problems: ProblemRepository) -> None:
    problem = problems.create_problem(a_problem(title="Sum", is_completed=False))
    assert titles(problems) == titles(problems, words="sum") == []
    assert titles(problems, drafts=True) == ["Sum"]
    problems.update_problem(problem["problem_id"], {"is_completed": True})
    assert titles(problems) == titles(problems, words="sum") == ["Sum"]
    assert titles(problems, drafts=True) == []


def test_a_retired_problem_leaves_every_list_and_is_still_found(problems: ProblemRepository) -> None:
    problem = problems.create_problem(a_problem(title="Sum"))
    assert problems.retire_problem(problem["problem_id"])["is_deleted"] is True
    assert titles(problems) == titles(problems, words="sum") == titles(problems, tag="math") == []
    found = problems.get_problem_by_number("Baekjoon", "1000", consistent=True)
    assert found is not None
    assert found["is_deleted"] is True


def test_changing_one_text_keeps_the_others_and_removes_its_old_parts(
    problems: ProblemRepository, stored: Stored
) -> None:
    problem = problems.create_problem(a_problem(solution_code=noise(900_000), constraints=noise(20_000)))
    parts = [key for key in stored() if key[0].startswith("TXT#")]
    assert len(parts) == 3
    changed = problems.update_problem(problem["problem_id"], {"solution_code": "short"})
    assert changed["solution_code"] == "short"
    assert changed["constraints"] == problem["constraints"]
    left = [key for key in stored() if key[0].startswith("TXT#")]
    assert len(left) == 1
    assert set(left) < set(parts)


def test_a_refused_change_leaves_no_parts_behind(problems: ProblemRepository, stored: Stored) -> None:
    problems.create_problem(a_problem(problem_number="1"))
    second = problems.create_problem(a_problem(problem_number="2"))
    before = stored()
    with pytest.raises(Duplicate):
        problems.update_problem(second["problem_id"], {"problem_number": "1", "solution_code": noise(20_000)})
    assert stored() == before


def test_tags_too_large_for_the_item_still_move_the_problem(problems: ProblemRepository) -> None:
    tags = ["math", noise(9_000)]
    problem = problems.create_problem(a_problem(tags=["math", *[noise(300, n) for n in range(30)]]))
    assert titles(problems, tag="math") == [problem["title"]]
    problems.update_problem(problem["problem_id"], {"is_deleted": True})
    assert titles(problems, tag="math") == []
    with pytest.raises(InvalidInput):
        problems.create_problem(a_problem(problem_number="2", tags=tags))


def test_a_change_of_more_than_a_hundred_items_is_refused(
    problems: ProblemRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [" ".join(f"{half}{number}" for number in range(16)) for half in "ab"]
    tags = [[f"{half}{number}" for number in range(16)] for half in "ab"]
    problem = problems.create_problem(a_problem(title=words[0], tags=tags[0]))
    changes = {"title": words[1], "tags": tags[1], "difficulty": "x", "platform": "y"}
    monkeypatch.setattr("api.dynamodb.table.store.MAX_TRANSACTION_ACTIONS", 60)
    with pytest.raises(InvalidInput, match="writes at once"):
        problems.update_problem(problem["problem_id"], changes)
    monkeypatch.undo()
    assert problems.get_problem(problem["problem_id"], consistent=True) == problem


def test_the_largest_change_of_lists_fits_into_a_transaction(problems: ProblemRepository) -> None:
    words = [" ".join(f"{half}{number}" for number in range(16)) for half in "ab"]
    tags = [[f"{half}{number}" for number in range(16)] for half in "ab"]
    problem = problems.create_problem(a_problem(title=words[0], tags=tags[0]))
    problems.update_problem(
        problem["problem_id"],
        {"title": words[1], "tags": tags[1], "difficulty": "x", "platform": "y", "problem_number": "z"},
    )
    assert titles(problems, words="b3 ") == titles(problems, tag="b15") == [words[1]]
    assert titles(problems, words="a3 ") == titles(problems, tag="a15") == []


def test_it_does_not_change_another_version_or_a_missing_problem(problems: ProblemRepository) -> None:
    problem = problems.create_problem(a_problem())
    problems.update_problem(problem["problem_id"], {"url": "u"}, expected_version=1)
    with pytest.raises(ConditionFailed) as caught:
        problems.update_problem(problem["problem_id"], {"url": "v"}, expected_version=1)
    assert caught.value.item is not None
    assert caught.value.item["url"] == "u"
    with pytest.raises(NotFound):
        problems.update_problem(7, {"url": "v"})


@pytest.mark.parametrize("changes", [{}, {"problem_id": 8}, {"title": None}, {"version": 2}, {"x": 1}])
def test_it_refuses_changes_that_cannot_be(problems: ProblemRepository, changes: dict[str, Any]) -> None:
    problem = problems.create_problem(a_problem())
    with pytest.raises(InvalidInput):
        problems.update_problem(problem["problem_id"], changes)


def test_the_head_of_a_problem_is_what_a_run_needs_of_it(problems: ProblemRepository) -> None:
    problem = problems.create_problem(a_problem(constraints=noise(20_000)))
    head = problems.get_head(problem["problem_id"])
    assert head is not None
    assert ProblemHead.__annotations__.keys() <= head.keys()
    assert head.items() <= problem.items()
    assert "constraints" not in head


def test_a_problem_and_a_user_are_read_together(problems: ProblemRepository, users: UserRepository) -> None:
    problem, user = problems.create_problem(a_problem()), users.create_user({"email": "a@x.org"})
    problem_id, user_id = problem["problem_id"], user["user_id"]
    assert problems.get_head_and_user(problem_id, user_id) == (problems.get_head(problem_id), user)
    assert problems.get_head_and_user(problem_id, user_id + 1, consistent=True) == (
        problems.get_head(problem_id), None,
    )  # fmt: skip
    assert problems.get_head_and_user(problem_id + 1, user_id) == (None, user)
    assert problems.get_head(problem_id + 1) is None


@pytest.mark.parametrize("ids", [(-1, 1), (1, -1), ("1", 1), (1, None)])
def test_reading_both_takes_ids_alone(problems: ProblemRepository, ids: tuple[Any, Any]) -> None:
    with pytest.raises(InvalidInput):
        problems.get_head_and_user(*ids)
