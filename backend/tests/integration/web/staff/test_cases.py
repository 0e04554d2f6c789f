"""Test cases: previewed before anything is written, then added, or put in the place of all."""

from __future__ import annotations

import io
import zipfile
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from api.dynamodb.errors import Throttled
from api.dynamodb.repositories import AuditRepository, ProblemRepository, UserRepository
from api.dynamodb.schema import records
from api.dynamodb.schema.records import Problem
from api.dynamodb.table.store import Store
from api.history.output_comparison import RULE
from tests.integration.api.conftest import BOB
from tests.integration.web.browsers import Visit
from tests.integration.web.staff.conftest import form_of, problem_data
from web.staff import signed_preview

TEXT = "=== input sample\n3\n1 2 3\n=== output\n6\n=== input\n2\n1 1\n=== output\n2\n"


def address(problem: Problem) -> str:
    return reverse("staff-cases", args=[problem["problem_id"]])


def stored_cases(problem: Problem) -> list[records.TestCase]:
    return ProblemRepository().get_test_cases(problem["problem_id"], limit=100, consistent=True).items


def inputs(problem: Problem) -> list[tuple[str, bool]]:
    return [(case["input"], case["is_sample"]) for case in stored_cases(problem)]


def file(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def confirm(dora: Client, preview: Any, **changed: Any) -> Any:
    """Sends the form of a preview."""
    assert preview.status_code == 200, preview.text
    return dora.post(preview.request["PATH_INFO"], {**form_of(preview), **changed})


def test_the_page_says_how_outputs_are_compared(dora: Client, draft: Problem) -> None:
    assert RULE.replace("'", "&#x27;") in dora.get(address(draft)).text


def test_pasted_cases_are_shown_and_nothing_is_written(dora: Client, draft: Problem) -> None:
    page = dora.post(address(draft), {"text": TEXT})
    assert page.status_code == 200
    for part in (
        "Nothing has been saved yet.",
        "<dt>New test cases</dt><dd>2</dd>",
        "<dt>Samples</dt><dd>1</dd>",
    ):
        assert part in page.text
    assert "3\n1 2 3</pre>" in page.text
    assert stored_cases(draft) == []
    assert not AuditRepository().list_audit().items


def test_confirmed_cases_are_stored_and_written_down(dora: Client, draft: Problem) -> None:
    answer = confirm(dora, dora.post(address(draft), {"text": TEXT}), action="replace")
    assert (answer.status_code, answer["Location"]) == (303, address(draft))
    assert inputs(draft) == [("3\n1 2 3\n", True), ("2\n1 1\n", False)]
    assert {entry["action"] for entry in AuditRepository().list_audit()} == {"test_cases.replace"}
    page = dora.get(address(draft)).text
    assert "2 test cases saved." in page
    assert "1 1</pre>" in page


@pytest.mark.parametrize(("action", "expected"), [("add", ["old", "1"]), ("replace", ["1"])])
def test_new_cases_come_behind_those_that_are_there_or_take_their_place(
    dora: Client, draft: Problem, action: str, expected: list[str]
) -> None:
    ProblemRepository().replace_test_cases(draft["problem_id"], [{"input": "old", "output": "1"}])
    preview = dora.post(address(draft), {"text": "=== input\n1\n=== output\n1\n"})
    assert "<dt>Current test cases</dt><dd>1</dd>" in preview.text
    assert confirm(dora, preview, action=action).status_code == 303
    assert [case["input"].strip() for case in stored_cases(draft)] == expected


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
        ({"text": ""}, "No test cases found."),
        ({"files": [SimpleUploadedFile("a.zip", b"PK what")]}, "a.zip is damaged, password-protected"),
        ({"files": [SimpleUploadedFile("1.cpp", b"")]}, "Name files like 1.in and 1.out"),
        ({"text": "=== input\n<b>1\n"}, "The input of case 1 has no output."),
        ({"files": [SimpleUploadedFile("<i>.in", b"1")]}, "No output belongs to these inputs: &lt;i&gt;.in."),
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
    assert stored_cases(draft) == []


def test_long_texts_are_shortened_in_previews_and_lists_and_stored_whole(
    dora: Client, draft: Problem
) -> None:
    long = "\n".join(str(number) for number in range(30_000))
    preview = dora.post(address(draft), {"text": f"=== input\n{long}\n=== output\n1\n"})
    assert "168,878 more characters" in preview.text
    assert "\n29999" not in preview.text
    confirm(dora, preview, action="replace")
    assert stored_cases(draft)[0]["input"] == f"{long}\n"
    assert "\n29999" not in dora.get(address(draft)).text


@pytest.mark.parametrize("action", ["add", "replace"])
def test_a_confirmed_preview_sent_twice_is_stored_once(dora: Client, draft: Problem, action: str) -> None:
    form = {**form_of(dora.post(address(draft), {"text": TEXT})), "action": action}
    first = dora.post(address(draft), form)
    stored = stored_cases(draft)
    second = dora.post(address(draft), form)
    assert first.status_code == second.status_code == 303
    assert stored_cases(draft) == stored
    assert "This preview was sent twice and saved once." in dora.get(address(draft)).text
    again = {
        **form_of(dora.post(address(draft), {"text": TEXT + "=== input\n9\n=== output\n9\n"})),
        "action": "add",
    }
    assert dora.post(address(draft), again).status_code == 303
    assert len(stored_cases(draft)) > len(stored)


def test_two_clicks_at_once_store_a_preview_once(dora: Client, draft: Problem) -> None:
    form = {**form_of(dora.post(address(draft), {"text": TEXT})), "action": "add"}
    browsers = [Client(), Client()]
    for browser in browsers:
        browser.cookies = dora.cookies
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda browser: browser.post(address(draft), form), browsers))
    assert [answer.status_code for answer in answers] == [303, 303]
    once = stored_cases(draft)
    assert len({(case["input"], case["output"]) for case in once}) == len(once)


def test_of_two_tabs_that_replace_cases_the_last_one_gets_a_conflict(dora: Client, draft: Problem) -> None:
    ProblemRepository().replace_test_cases(draft["problem_id"], [{"input": "old", "output": "1"}])
    first = dora.post(address(draft), {"text": TEXT})
    second = dora.post(address(draft), {"text": "=== input\n9\n=== output\n9\n"})
    assert confirm(dora, first, action="replace").status_code == 303
    refused = confirm(dora, second, action="replace")
    assert refused.status_code == 412
    assert "Someone else changed this problem or its test cases, so nothing was saved." in refused.text
    assert len(stored_cases(draft)) == 2
    again = dora.post(address(draft), {**form_of(refused), "action": "replace"})
    assert again.status_code == 303
    assert inputs(draft) == [("9\n", False)]


def test_a_preview_says_that_the_cases_were_changed_since_the_page_was_opened(
    dora: Client, draft: Problem
) -> None:
    form = form_of(dora.get(address(draft)))
    ProblemRepository().add_test_case(draft["problem_id"], {"input": "old", "output": "1"})
    says = "Someone else changed this problem or its test cases since you opened the page."
    assert says in dora.post(address(draft), {**form, "text": TEXT}).text
    assert says not in dora.post(address(draft), {**form_of(dora.get(address(draft))), "text": TEXT}).text


def test_a_preview_whose_cases_could_not_be_saved_can_be_sent_again(
    dora: Client, draft: Problem, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = {**form_of(dora.post(address(draft), {"text": TEXT})), "action": "add"}

    def busy(*_arguments: Any, **_options: Any) -> Any:
        raise Throttled("too much at once")

    with monkeypatch.context() as patched:
        patched.setattr(Store, "transact_write", busy)
        assert dora.post(address(draft), form).status_code == 503
    assert dora.post(address(draft), form).status_code == 303
    assert len(stored_cases(draft)) == 2


def test_what_is_stored_is_what_was_shown_to_this_person_for_this_problem_within_the_hour(
    dora: Client, draft: Problem, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = ProblemRepository().create_problem(problem_data(problem_number="1001"))
    form = form_of(dora.post(address(draft), {"text": TEXT}))
    UserRepository().update_user(BOB, {"is_staff": True})
    assert dora.post(address(draft), {**form, "signed_cases": form["signed_cases"][:-1]}).status_code == 422
    assert dora.post(address(other), form).status_code == 422
    assert visit(BOB).post(address(draft), form).status_code == 422
    monkeypatch.setattr(signed_preview, "MAX_AGE_SECONDS", -1)
    late = dora.post(address(draft), form)
    assert late.status_code == 422
    assert "Add the cases again." in late.text
    assert stored_cases(draft) == stored_cases(other) == []


def test_stored_cases_come_in_pages(dora: Client, draft: Problem) -> None:
    cases = [{"input": f"case {number}", "output": "1"} for number in range(12)]
    ProblemRepository().replace_test_cases(draft["problem_id"], cases)
    first = dora.get(address(draft)).text
    assert "case 9" in first
    assert "case 10" not in first
    following = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert "case 10" in dora.get(following).text
