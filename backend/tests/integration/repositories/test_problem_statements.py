"""Statements of problems: stored in the problem's item, counted apart from its version, in no list."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from api.dynamodb.errors import ConditionFailed, InvalidInput, NotFound
from api.dynamodb.repositories import AuditNote, AuditRepository, ProblemRepository
from tests.integration.repositories.helpers import a_problem, noise

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

Stored = Callable[[], list[tuple[str, str]]]
KOREAN = "$n$개의 수를 더한다.\n\n## 입력\n\n첫 줄에 $n$이 있다.\n" * 20


def test_an_ordinary_problem_with_two_statements_stays_one_item(
    problems: ProblemRepository, stored: Stored
) -> None:
    before = problems.create_problem(a_problem(problem_id=7))
    items = stored()
    korean = {"statement_ko": KOREAN, "title_ko": "더하기", "hints_ko": ["하나", "둘"]}
    english = {"statement_en": "Add $n$ numbers. " * 100, "solutions": {"javascript": "console.log(3)"}}
    problems.set_statements(7, korean)
    problem = problems.set_statements(7, english)
    expected = {**korean, **english, "statement_version": 2}
    assert problem == {**before, **expected}
    assert problems.get_problem(7, consistent=True) == problem
    assert stored() == items


def test_a_statement_of_any_length_comes_back_whole_and_its_parts_go_with_it(
    problems: ProblemRepository, stored: Stored
) -> None:
    problems.create_problem(a_problem(problem_id=7))
    items = stored()
    text = noise(600_000)
    problems.set_statements(7, {"statement_en": text, "title_en": "Large"})
    problem = problems.update_problem(7, {"difficulty": "Gold I"})
    assert (problem["statement_en"], problem["version"], problem["statement_version"]) == (text, 2, 1)
    parts = [key for key in stored() if key[0].startswith("TXT#")]
    assert len(parts) > 1
    problem = problems.set_statements(7, {"statement_en": None, "title_en": None})
    assert (problem["statement_en"], problem["title_en"]) == (None, None)
    assert len(stored()) == len(items)


def test_the_later_of_two_changes_is_refused(problems: ProblemRepository) -> None:
    problems.create_problem(a_problem(problem_id=7))
    problems.set_statements(7, {"statement_en": "first"}, expected_statement_version=0)
    with pytest.raises(ConditionFailed) as caught:
        problems.set_statements(7, {"statement_en": "second"}, expected_statement_version=0)
    assert caught.value.item is not None
    assert caught.value.item["statement_en"] == "first"
    problems.update_problem(7, {"difficulty": "Gold"}, expected_version=1)


def test_what_cannot_be_stored_is_refused(problems: ProblemRepository) -> None:
    problems.create_problem(a_problem(problem_id=7))
    with pytest.raises(NotFound):
        problems.set_statements(8, {"statement_en": "text"})
    with pytest.raises(InvalidInput, match="no field 'statement_fr'"):
        problems.set_statements(7, {"statement_fr": "texte"})
    with pytest.raises(InvalidInput, match="cannot be changed"):
        problems.set_statements(7, {"title": "past the lists"})
    with pytest.raises(InvalidInput, match="lone surrogate"):
        problems.set_statements(7, {"statement_en": "\ud800"})
    with pytest.raises(InvalidInput, match="cannot be changed"):
        problems.update_problem(7, {"statement_en": "past the count of changes"})


def test_the_audit_log_says_who_changed_a_statement(problems: ProblemRepository, table: Table) -> None:
    problems.create_problem(a_problem(problem_id=7))
    problems.set_statements(7, {"statement_en": "text"}, audit=AuditNote(1, "problem.statement"))
    (entry,) = AuditRepository(table).list_audit()
    assert (entry["target"], entry["changes"]) == (
        "problem 7",
        {"statement_en": {"old": None, "new": "text"}},
    )
