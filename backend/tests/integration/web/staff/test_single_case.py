"""One test case: edited, moved and deleted alone, by the latest version only."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from api.dynamodb.repositories import AuditRepository, ProblemRepository
from api.dynamodb.schema.records import Problem
from tests.integration.web.staff.conftest import form_of


@pytest.fixture
def case_ids(draft: Problem) -> list[int]:
    """The ids of the cases a, b and c."""
    cases = [{"input": f"{text}\n", "output": text} for text in "abc"]
    added = ProblemRepository().add_test_cases(draft["problem_id"], cases)
    return [case["test_case_id"] for case in added]


def page_of(draft: Problem, case_id: int) -> str:
    return reverse("staff-case", args=[draft["problem_id"], case_id])


def inputs(draft: Problem) -> str:
    cases = ProblemRepository().get_test_cases(draft["problem_id"], consistent=True)
    return "".join(case["input"].strip() for case in cases)


def version(draft: Problem) -> str:
    problem = ProblemRepository().get_problem(draft["problem_id"], consistent=True)
    assert problem is not None
    return str(problem["version"])


def test_the_list_leads_to_each_case(dora: Client, draft: Problem, case_ids: list[int]) -> None:
    listed = dora.get(reverse("staff-cases", args=[draft["problem_id"]])).text
    assert all(page_of(draft, case_id) in listed for case_id in case_ids)
    page = dora.get(page_of(draft, case_ids[1])).text
    assert "Test case 2 of 3" in page
    assert "b\n</textarea>" in page


def test_a_case_is_edited_alone_and_once(dora: Client, draft: Problem, case_ids: list[int]) -> None:
    page = page_of(draft, case_ids[1])
    form = {**form_of(dora.get(page)), "input": "B\r\n", "is_sample": "on"}
    for _ in range(2):
        assert dora.post(page, form).status_code == 303
    stored = ProblemRepository().get_test_case(draft["problem_id"], case_ids[1])
    assert stored is not None
    assert (stored["input"], stored["output"], stored["is_sample"]) == ("B\n", "b", True)
    assert inputs(draft) == "aBc"
    assert [entry["action"] for entry in AuditRepository().list_audit()] == ["test_case.update"]
    assert "test case edited" in dora.get(reverse("staff-audit")).text


def test_the_later_of_two_tabs_gets_a_conflict_and_keeps_what_was_typed(
    dora: Client, draft: Problem, case_ids: list[int]
) -> None:
    page = page_of(draft, case_ids[1])
    first, second = form_of(dora.get(page)), form_of(dora.get(page))
    assert dora.post(page, {**first, "input": "first"}).status_code == 303
    refused = dora.post(page, {**second, "input": "second"})
    assert refused.status_code == 412
    assert "second</textarea>" in refused.text
    assert "first</pre>" in refused.text
    assert inputs(draft) == "afirstc"
    assert dora.post(page, {**form_of(refused), "input": "second"}).status_code == 303
    assert inputs(draft) == "asecondc"


def test_a_case_is_moved_alone(dora: Client, draft: Problem, case_ids: list[int]) -> None:
    page = page_of(draft, case_ids[2])
    form = {"place": "1", "version": version(draft)}
    assert dora.post(page, form).status_code == 303
    assert inputs(draft) == "cab"
    outdated = dora.post(page, {**form, "place": "3"})
    assert outdated.status_code == 412
    assert "wasn&#x27;t moved" in outdated.text
    for place in ("0", "4", "x", ""):
        refused = dora.post(page, {"place": place, "version": version(draft)})
        assert "There is no such place" in refused.text
    assert inputs(draft) == "cab"


def test_a_case_is_deleted_alone_after_a_question(dora: Client, draft: Problem, case_ids: list[int]) -> None:
    page = reverse("staff-case-delete", args=[draft["problem_id"], case_ids[0]])
    question = dora.get(page)
    assert "Delete this test case?" in question.text
    assert inputs(draft) == "abc"
    outdated = {**form_of(question), "version": "1"}
    assert dora.post(page, outdated).status_code == 412
    form = form_of(question)
    for _ in range(2):
        assert dora.post(page, form).status_code == 303
    assert inputs(draft) == "bc"
    assert dora.get(page).status_code == 404


def test_long_texts_are_replaced_by_files(dora: Client, draft: Problem, case_ids: list[int]) -> None:
    long = "0123456789\n" * 20_000
    ProblemRepository().update_test_case(draft["problem_id"], case_ids[0], {"input": long})
    page = page_of(draft, case_ids[0])
    answer = dora.get(page)
    assert "The input is too long to be edited here." in answer.text
    assert dora.post(page, {**form_of(answer), "output": "9"}).status_code == 303
    assert ProblemRepository().get_test_cases(draft["problem_id"]).items[0]["input"] == long
    upload = SimpleUploadedFile("1.in", b"from a file\r\n")
    assert dora.post(page, {**form_of(dora.get(page)), "input_file": upload}).status_code == 303
    assert ProblemRepository().get_test_cases(draft["problem_id"]).items[0]["input"] == "from a file\n"
    upload = SimpleUploadedFile("1.in", b"\xff")
    wrong = dora.post(page, {**form_of(dora.get(page)), "input_file": upload})
    assert wrong.status_code == 422
    assert "1.in isn&#x27;t UTF-8 text." in wrong.text


def test_there_is_no_other_case(dora: Client, draft: Problem) -> None:
    assert dora.get(page_of(draft, 9)).status_code == 404
