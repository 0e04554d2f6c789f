"""The page of a problem: what everyone sees, what is one's own, what only staff may see."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from api.composition import repositories
from api.dynamodb.metering import meter
from api.dynamodb.schema.records import Problem
from api.dynamodb.schema.records import TestCase as Case
from tests.integration.api.conftest import ALICE, DORA
from tests.integration.api.factories import a_problem, a_run
from tests.integration.web.browsers import Visit
from tests.integration.web.problems.conftest import LARGE
from web.problems import user_progress

PLACE = "/problems/100/"


def test_everyone_sees_a_problem_with_its_samples(nobody: Client, cases: list[Case]) -> None:
    page = nobody.get(PLACE).text
    assert "<h1>A plus B</h1>" in page
    assert 'href="https://www.acmicpc.net/problem/1000" rel="noopener noreferrer external"' in page
    assert "1 s" in page
    assert "128 MB" in page
    assert "0 &lt; A" in page
    assert "1 2\n</pre>" in page
    assert "5 5" not in page, "a case that is no sample"
    assert "Sign in to see all test cases" in page
    assert 'href="#solve">Write and run code' in page


def test_neither_hints_nor_solution_are_on_it(alice: Client, problem: Problem) -> None:
    page = alice.get(PLACE).text
    assert "nudge text" not in page
    assert "print(sum(map(int" not in page


def test_difficulty_and_tags_lead_to_searches(nobody: Client, problem: Problem) -> None:
    page = nobody.get("/problems/100/").text
    assert 'href="/?platform=baekjoon&amp;difficulty=Bronze%20V">Bronze V</a>' in page
    assert 'href="/?tag=math">math</a>' in page


def test_a_long_sample_is_shown_in_part_and_copied_whole(nobody: Client, cases: list[Case]) -> None:
    page = nobody.get(PLACE).text
    assert "Showing the first 40 of 60 lines." in page
    assert "38\n39\n</pre>" in page
    address = f"/problems/100/cases/{cases[1]['test_case_id']}/input/"
    assert f'data-copy-from="{address}"' in page
    assert f'href="{address}"' in page


def test_a_sample_that_stands_apart_is_shown_in_part_as_well(nobody: Client, cases: list[Case]) -> None:
    page = nobody.get(PLACE).text
    assert "Showing the first 4,000 characters. Copy or download the full text (19.5 KB)." in page
    assert f"{LARGE[:4000]}</pre>" in page


def test_what_is_no_address_of_the_web_is_no_link(nobody: Client) -> None:
    urls = ("javascript:alert(1)", "//evil.example", "not an address", "http://[", None)
    for number, url in enumerate(urls, 200):
        a_problem(number, url=url)
        page = nobody.get(f"/problems/{number}/")
        assert page.status_code == 200
        assert "View on" not in page.text
        assert "alert(1)" not in page.text


def test_my_runs_are_there_for_me_alone(alice: Client, charlie: Client, problem: Problem) -> None:
    run = a_run(ALICE)
    page = alice.get(PLACE).text
    assert "Not solved yet" in page
    assert "1 run" in page
    assert f'href="/runs/{run["history_id"]}/"' in page
    a_run(ALICE, passed_count=2, failed_count=0)
    page = alice.get(PLACE).text
    assert "Solved</span>" in page
    assert "2 runs" in page
    other = charlie.get(PLACE).text
    assert "No runs yet" in other
    assert f"/runs/{run['history_id']}/" not in other


def test_who_has_many_runs_is_told_whether_an_old_one_solved_it(
    alice: Client, problem: Problem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(user_progress, "_COUNTED", 2)
    a_run(ALICE, passed_count=2, failed_count=0)
    for _ in range(2):
        a_run(ALICE)
    monkeypatch.setattr(user_progress, "_SHOWN", 1)
    page = alice.get(PLACE).text
    assert "more than 2 runs" in page
    assert "Solved</span>" in page
    assert 'href="/runs/?problem=100"' in page


def test_nobody_is_shown_where_to_sign_in(nobody: Client, problem: Problem) -> None:
    assert 'href="/sign-in/?next=/problems/100/"' in nobody.get(PLACE).text


def test_a_draft_is_there_for_staff_alone(nobody: Client, alice: Client, visit: Visit) -> None:
    a_problem(100, is_completed=False)
    for other in (nobody, alice):
        answer = other.get(PLACE)
        assert answer.status_code == 404
        assert "A plus B" not in answer.text
    page = visit(DORA).get(PLACE)
    assert page.status_code == 200
    assert "This is a draft" in page.text
    assert 'href="/staff/problems/100/"' in page.text


def test_a_retired_problem_says_so_and_takes_no_runs(nobody: Client, problem: Problem) -> None:
    repositories().problems.retire_problem(100)
    page = nobody.get(PLACE)
    assert page.status_code == 200
    assert "retired" in page.text
    assert "Write and run code" not in page.text


def test_a_problem_without_anything_is_a_page(nobody: Client) -> None:
    a_problem(
        100, url=None, tags=None, difficulty=None, constraints=None, time_limit=None, memory_limit=None,
        hints=None, solution_code=None,
    )  # fmt: skip
    page = nobody.get(PLACE).text
    assert "This problem has no samples." in page
    assert "Show difficulty" not in page


def test_a_problem_that_is_not_there_is_a_page_that_says_so(nobody: Client) -> None:
    for number in ("999", "9007199254740992", "99999999999999999999"):
        answer = nobody.get(f"/problems/{number}/")
        assert answer.status_code == 404
        assert "Not found" in answer.text


def test_it_costs_what_it_should(nobody: Client, alice: Client, cases: list[Case]) -> None:
    with meter.recording() as calls:
        nobody.get(PLACE)
    # Each read of cases ends with a look at the problem: they are of the generation in force.
    assert calls.operations == [
        "GetItem", "Query", "GetItem", "Query", "GetItem", "BatchGetItem",
    ], "three of them for a large sample"  # fmt: skip
    repositories().problems.delete_test_case(100, cases[2]["test_case_id"])
    with meter.recording() as calls:
        nobody.get(PLACE)
    assert calls.operations == ["GetItem", "Query", "GetItem"]
    with meter.recording() as calls:
        alice.get(PLACE)
    assert calls.operations == [
        "BatchGetItem", "GetItem", "Query", "GetItem", "BatchGetItem", "Query",
    ], "who it is, their bookmark and note, and their runs"  # fmt: skip


def test_the_statement_is_in_the_visitors_language_or_in_the_other_one_which_is_said(
    nobody: Client, problem: Problem
) -> None:
    address = reverse("problem", args=[100])
    texts = {
        "statement_ko": "수 $a$를 **더한다**.",
        "title_ko": "더하기",
        "statement_en": "Add $a$.",
        "title_en": "Sum",
    }
    repositories().problems.set_statements(100, texts)
    korean = nobody.get(address, headers={"Accept-Language": "ko"}).text
    assert "<h1>더하기</h1>" in korean
    assert (
        '<div class="statement"><p>수 <math display="inline"><mrow><mi>a</mi></mrow></math>를 <strong>'
        in korean
    )
    assert "<h1>Sum</h1>" in nobody.get(address, headers={"Accept-Language": "en"}).text
    repositories().problems.set_statements(100, {"statement_en": None, "title_en": None})
    english = nobody.get(address, headers={"Accept-Language": "en"}).text
    assert "<h1>A plus B</h1>" in english
    assert "available in Korean only" in english
    assert '<div class="statement" lang="ko">' in english


def test_a_statement_takes_the_place_of_the_constraints_and_the_link_stays(
    nobody: Client, problem: Problem
) -> None:
    before = nobody.get(reverse("problem", args=[100])).text
    assert ("0 &lt; A" in before, "statement.css" in before) == (True, False)
    repositories().problems.set_statements(100, {"statement_en": "Add."})
    page = nobody.get(reverse("problem", args=[100]))
    assert "0 &lt; A" not in page.text
    assert 'href="https://www.acmicpc.net/problem/1000"' in page.text
    assert "unsafe" not in page["Content-Security-Policy"]
