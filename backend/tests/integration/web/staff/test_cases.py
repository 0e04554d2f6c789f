"""Test cases: previewed before anything is written, then added, or put in the place of all."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from api.dynamodb.repositories import AuditRepository, ProblemRepository, UserRepository, records
from api.dynamodb.repositories.records import Problem
from tests.integration.api.conftest import BOB
from tests.integration.web.browsers import Visit
from tests.integration.web.staff.conftest import form_of, problem_data
from web.staff import carried

TEXT = "=== input sample\n3\n1 2 3\n=== output\n6\n=== input\n2\n1 1\n=== output\n2\n"


def address(problem: Problem) -> str:
    return reverse("staff-cases", args=[problem["problem_id"]])


def held(problem: Problem) -> list[records.TestCase]:
    return ProblemRepository().get_test_cases(problem["problem_id"], limit=100, consistent=True).items


def inputs(problem: Problem) -> list[tuple[str, bool]]:
    return [(case["input"], case["is_sample"]) for case in held(problem)]


def file(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def confirm(dora: Client, preview: Any, **changed: Any) -> Any:
    """Sends the form of a preview."""
    assert preview.status_code == 200, preview.text
    return dora.post(preview.request["PATH_INFO"], {**form_of(preview), **changed})


def test_pasted_cases_are_shown_and_nothing_is_written(dora: Client, draft: Problem) -> None:
    page = dora.post(address(draft), {"text": TEXT})
    assert page.status_code == 200
    for part in (
        "Nothing is stored yet.",
        "<dt>New cases</dt><dd>2</dd>",
        "<dt>Samples among them</dt><dd>1</dd>",
    ):
        assert part in page.text
    assert "3\n1 2 3\n</pre>" in page.text
    assert held(draft) == []
    assert not AuditRepository().list_audit().items


def test_confirmed_cases_are_stored_and_written_down(dora: Client, draft: Problem) -> None:
    answer = confirm(dora, dora.post(address(draft), {"text": TEXT}), action="replace")
    assert (answer.status_code, answer["Location"]) == (303, address(draft))
    assert inputs(draft) == [("3\n1 2 3\n", True), ("2\n1 1\n", False)]
    assert {entry["action"] for entry in AuditRepository().list_audit()} == {"test_cases.replace"}
    page = dora.get(address(draft)).text
    assert "2 cases are stored." in page
    assert "1 1\n</pre>" in page


@pytest.mark.parametrize(("action", "expected"), [("add", ["old", "1"]), ("replace", ["1"])])
def test_new_cases_come_behind_those_that_are_there_or_take_their_place(
    dora: Client, draft: Problem, action: str, expected: list[str]
) -> None:
    ProblemRepository().replace_test_cases(draft["problem_id"], [{"input": "old", "output": "1"}])
    preview = dora.post(address(draft), {"text": "=== input\n1\n=== output\n1\n"})
    assert "<dt>Stored now</dt><dd>1</dd>" in preview.text
    assert confirm(dora, preview, action=action).status_code == 303
    assert [case["input"].strip() for case in held(draft)] == expected


def test_the_marks_of_samples_are_those_of_the_confirmed_form(dora: Client, draft: Problem) -> None:
    preview = dora.post(address(draft), {"text": TEXT})
    confirm(dora, preview, sample=["1"], action="replace")
    assert inputs(draft) == [("3\n1 2 3\n", False), ("2\n1 1\n", True)]


def test_uploaded_files_and_archives_are_read(dora: Client, draft: Problem) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("data/sample/1.in", "s")
        archive.writestr("data/sample/1.ans", "t")
    files = [file("10.in", b"ten"), file("10.out", b"x"), file("2.in", b"two"), file("2.out", b"y")]
    preview = dora.post(address(draft), {"files": [*files, file("a.zip", packed.getvalue())]})
    confirm(dora, preview, action="replace")
    assert inputs(draft) == [("s", True), ("two", False), ("ten", False)]


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"text": ""}, "There is no test case in this."),
        ({"text": "=== input\n<b>1\n"}, "The input of case 1 has no output."),
        ({"files": [SimpleUploadedFile("<i>.in", b"1")]}, "Files without their counterpart: &lt;i&gt;.in."),
        (
            {"text": TEXT, "files": [SimpleUploadedFile("1.in", b"1")]},
            "Paste cases or upload files, not both.",
        ),
    ],
)
def test_what_cannot_be_used_is_told_and_the_pasted_text_stays(
    dora: Client, draft: Problem, sent: dict[str, Any], says: str
) -> None:
    answer = dora.post(address(draft), sent)
    assert answer.status_code == 422
    assert says in answer.text
    if "<b>" in sent.get("text", ""):
        assert "&lt;b&gt;1" in answer.text
    assert held(draft) == []


def test_long_texts_are_shortened_in_previews_and_lists_and_stored_whole(
    dora: Client, draft: Problem
) -> None:
    long = "\n".join(str(number) for number in range(30_000))
    preview = dora.post(address(draft), {"text": f"=== input\n{long}\n=== output\n1\n"})
    assert "168,878 more characters" in preview.text
    assert "\n29999" not in preview.text
    confirm(dora, preview, action="replace")
    assert held(draft)[0]["input"] == f"{long}\n"
    assert "\n29999" not in dora.get(address(draft)).text


def test_what_is_stored_is_what_was_shown_to_this_person_for_this_problem_within_the_hour(
    dora: Client, draft: Problem, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = ProblemRepository().create_problem(problem_data(problem_number="1001"))
    form = form_of(dora.post(address(draft), {"text": TEXT}))
    UserRepository().update_user(BOB, {"is_staff": True})
    assert dora.post(address(draft), {**form, "carried": form["carried"][:-1]}).status_code == 422
    assert dora.post(address(other), form).status_code == 422
    assert visit(BOB).post(address(draft), form).status_code == 422
    monkeypatch.setattr(carried, "SECONDS", -1)
    late = dora.post(address(draft), form)
    assert late.status_code == 422
    assert "give the cases once more" in late.text
    assert held(draft) == held(other) == []


def test_stored_cases_come_in_pages(dora: Client, draft: Problem) -> None:
    cases = [{"input": f"case {number}", "output": "1"} for number in range(12)]
    ProblemRepository().replace_test_cases(draft["problem_id"], cases)
    first = dora.get(address(draft)).text
    assert "case 9" in first
    assert "case 10" not in first
    following = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert "case 10" in dora.get(following).text
