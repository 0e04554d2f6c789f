"""Test cases: all of them on pages for who is signed in; each text whole, samples for everyone."""

from __future__ import annotations

import pytest
from django.test import Client

from api.composition import repositories
from api.dynamodb.schema.records import TestCase as Case
from tests.integration.api.factories import a_problem
from tests.integration.web.browsers import is_sent_to_sign_in
from tests.integration.web.problems.conftest import HTMX, LARGE, LONG, more_of
from web.problems import cases as views

PLACE = "/problems/100/cases/"


def text_of(browser: Client, case: Case, text: str) -> str:
    """What is downloaded."""
    answer = browser.get(f"{PLACE}{case['test_case_id']}/{text}/")
    assert answer.status_code == 200
    whole = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert answer["Content-Length"] == str(len(whole))
    return whole.decode()


def test_all_of_them_are_for_who_is_signed_in(nobody: Client, charlie: Client, cases: list[Case]) -> None:
    assert is_sent_to_sign_in(nobody.get(PLACE))
    page = charlie.get(PLACE).text
    assert [name in page for name in ("Sample 1", "Sample 3", "Test case 4", "Test case 5")] == [True] * 4
    assert "5 5" in page
    assert page.count("Too large to show here.") == 1, "it is no sample"
    assert page.count(LARGE[:40]) == 1
    assert "Empty" in page


def test_they_come_a_few_at_a_time_and_are_numbered_on(
    charlie: Client, cases: list[Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "PAGE_SIZE", 4)
    following = more_of(charlie.get(PLACE))
    assert following is not None
    page = charlie.get(following)
    assert "Test case 5" in page.text
    assert "Sample" not in page.text
    assert "Back to first page" in page.text
    piece = charlie.get(following, headers=HTMX)
    assert "Test case 5" in piece.text
    assert "<html" not in piece.text


def test_an_address_that_was_made_up_is_refused(charlie: Client, cases: list[Case]) -> None:
    for query in ("from=0", "from=x", "from=99999999"):
        assert charlie.get(f"{PLACE}?{query}").status_code == 422, query
    assert charlie.get(f"{PLACE}?from=3&cursor=made-up")["Location"] == PLACE


def test_a_problem_without_cases_says_so(charlie: Client) -> None:
    a_problem(100)
    assert "no test cases yet" in charlie.get(PLACE).text


def test_samples_are_downloaded_by_everyone_and_others_by_who_is_signed_in(
    nobody: Client, charlie: Client, cases: list[Case]
) -> None:
    assert text_of(nobody, cases[1], "input") == LONG
    assert text_of(nobody, cases[2], "input") == LARGE
    for text in ("input", "output"):
        answer = nobody.get(f"{PLACE}{cases[3]['test_case_id']}/{text}/")
        assert is_sent_to_sign_in(answer)
    assert text_of(charlie, cases[3], "input") == "5 5\r\n"
    assert text_of(charlie, cases[4], "input") == LARGE


def test_a_download_is_a_file_of_plain_text(nobody: Client, cases: list[Case]) -> None:
    number = cases[0]["test_case_id"]
    answer = nobody.get(f"{PLACE}{number}/output/")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["Content-Disposition"] == f'attachment; filename="100-{number}.out"'
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_a_text_with_a_carriage_return_is_copied_from_its_file(charlie: Client, cases: list[Case]) -> None:
    page = charlie.get(PLACE).text
    assert f'data-copy-from="{PLACE}{cases[3]["test_case_id"]}/input/"' in page
    assert f'data-copy-from="{PLACE}{cases[0]["test_case_id"]}/input/"' not in page


def test_what_is_not_there_is_not_found(charlie: Client, cases: list[Case]) -> None:
    for address in ("999/input/", f"{cases[0]['test_case_id']}/solution/", "99999999999999999999/input/"):
        assert charlie.get(f"{PLACE}{address}").status_code == 404, address


def test_cases_of_a_draft_are_nobodys(nobody: Client, charlie: Client) -> None:
    a_problem(100, is_completed=False)
    (case,) = repositories().problems.add_test_cases(100, [{"input": "1", "output": "2", "is_sample": True}])
    for place in (f"{PLACE}{case['test_case_id']}/input/", PLACE):
        assert charlie.get(place).status_code == 404
    assert nobody.get(f"{PLACE}{case['test_case_id']}/input/").status_code == 404
