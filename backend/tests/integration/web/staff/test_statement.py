"""The staff page of a statement: written with a preview, by the latest version only; and the list of gaps."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.urls import reverse

from api.dynamodb.repositories import AuditRepository, ProblemRepository
from api.dynamodb.schema.records import Problem
from tests.integration.web.staff.conftest import form_of, problem_data


def page_of(draft: Problem, language: str = "ko") -> str:
    return reverse("staff-statement", args=[draft["problem_id"], language])


def stored(draft: Problem) -> Problem:
    problem = ProblemRepository().get_problem(draft["problem_id"], consistent=True)
    assert problem is not None
    return problem


def test_a_statement_is_previewed_and_saved_once(dora: Client, draft: Problem) -> None:
    assert page_of(draft, "en") in dora.get(reverse("staff-problem", args=[draft["problem_id"]])).text
    page = page_of(draft)
    form = {
        **form_of(dora.get(page)),
        "title": "더하기",
        "statement": "수 $n^2$\r\n<script>",
        "nudge": "읽는다.",
    }
    preview = dora.post(page, {**form, "preview": "1"})
    assert preview.status_code == 200
    assert "<msup><mi>n</mi><mn>2</mn></msup>" in preview.text
    assert "&lt;script&gt;" in preview.text
    assert form_of(preview)["statement"] == "수 $n^2$\r\n<script>"
    assert stored(draft)["statement_version"] is None
    for _ in range(2):
        assert dora.post(page, form).status_code == 303
    problem = stored(draft)
    assert (problem["title_ko"], problem["statement_ko"], problem["hints_ko"], problem["statement_version"]) == (
        "더하기", "수 $n^2$\n<script>", ["읽는다."], 1,
    )  # fmt: skip
    assert [entry["action"] for entry in AuditRepository().list_audit()] == ["problem.statement"]
    assert "statement edited" in dora.get(reverse("staff-audit")).text


def test_the_later_of_two_tabs_gets_a_conflict_and_keeps_what_was_typed(dora: Client, draft: Problem) -> None:
    page = page_of(draft)
    late = {**form_of(dora.get(page)), "statement": "mine"}
    ProblemRepository().set_statements(draft["problem_id"], {"statement_ko": "yours"})
    answer = dora.post(page, late)
    assert answer.status_code == 412
    assert "yours" in answer.text
    assert form_of(answer)["statement"] == "mine"
    assert dora.post(page, form_of(answer)).status_code == 303
    assert stored(draft)["statement_ko"] == "mine"


def test_what_cannot_be_stored_is_said_at_its_field(dora: Client, draft: Problem) -> None:
    page = page_of(draft)
    form = form_of(dora.get(page))
    for extra in ({}, {"preview": "1"}):
        answer = dora.post(page, {**form, "statement": "x" * 256_000, **extra})
        assert answer.status_code == 422
        assert "64,000" in answer.text
        assert len(form_of(answer)["statement"]) == 256_000
    answer = dora.post(page, {**form, "outline": "without the steps before"})
    assert answer.status_code == 422
    assert stored(draft)["statement_version"] is None


def test_it_is_for_staff_and_for_languages_of_the_site(alice: Client, dora: Client, draft: Problem) -> None:
    assert alice.get(page_of(draft)).status_code == 404
    assert dora.get(page_of(draft).replace("/ko/", "/fr/")).status_code == 404
    assert dora.get(reverse("staff-statement", args=[7, "ko"])).status_code == 404


def test_staff_see_whose_hints_have_gaps(alice: Client, dora: Client, cast: object) -> None:
    problems = ProblemRepository()
    whole: dict[str, Any] = {"is_completed": True, "hints": ["a", "b", "c"]}
    different: list[dict[str, Any]] = [{}, {"hints": ["a"]}, {"solution_code": None}, {"hints": None}, {}, {}]
    for number, fields in enumerate(different):
        problems.create_problem(
            problem_data(
                title=f"Problem{number}", problem_number=str(number), problem_id=number, **{**whole, **fields}
            )
        )
    problems.set_statements(4, {"hints_ko": ["하나", "둘", "셋"]})
    problems.set_statements(5, {"solutions": {"javascript": "1"}})
    problems.update_problem(5, {"solution_code": None})
    page = dora.get(reverse("staff-hint-gaps")).text
    assert [number for number in range(6) if f"Problem{number}" in page] == [1, 2, 3, 4]
    assert "Approach, Outline" in page
    assert reverse("staff-statement", args=[4, "en"]) in page
    assert alice.get(reverse("staff-hint-gaps")).status_code == 404
