"""Home: for users what to do today, for visitors a problem to try."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from api.composition import repositories
from api.dynamodb.clock import utc_now
from api.dynamodb.metering import meter
from tests.integration.api.conftest import ALICE
from tests.integration.api.factories import a_problem, a_run
from tests.integration.web.browsers import followed, text_of
from tests.integration.web.problems.conftest import hold_in_memory

PASSED = {"passed_count": 2, "failed_count": 0, "total_count": 2}


@pytest.fixture(autouse=True)
def _list_in_memory(cast: object, monkeypatch: pytest.MonkeyPatch) -> None:
    hold_in_memory(monkeypatch)


def test_it_has_what_to_do_today(alice: Client) -> None:
    for number, title in ((100, "A plus B"), (101, "Paths"), (102, "Towers"), (103, "Gates")):
        a_problem(number, title=title)
    a_run(problem_id=100, created_at=utc_now() - timedelta(days=2), **PASSED)
    a_run(problem_id=101)
    repositories().practice.add_bookmark(ALICE, 102)
    text = text_of(alice.get("/home/"))
    names = ("daily", "continue", "reviews", "bookmarks")
    parts = dict(zip(names, text.split('<section class="card"')[1:], strict=False))
    assert "Paths" in parts["continue"]
    assert "A plus B" in parts["reviews"]
    assert 'aria-label="Done: A plus B"' in parts["reviews"]
    assert "Towers" in parts["bookmarks"]
    assert any(title in parts["daily"] for title in ("Paths", "Towers", "Gates"))
    assert "1 day in a row" in text
    assert 'id="by-tag-title"' in text


def test_who_did_nothing_yet_has_a_problem_of_the_day(alice: Client) -> None:
    a_problem(100)
    text = text_of(alice.get("/home/"))
    assert "Solve it" in text
    assert "Run something today to start a streak." in text
    assert "None today." in text


def test_difficulty_and_tags_are_hidden_here_too(alice: Client) -> None:
    a_problem(100)
    a_run()
    alice.cookies["spoilers"] = "hide"
    text = text_of(alice.get("/home/"))
    assert "Bronze V" not in text
    assert 'id="by-tag-title"' not in text
    assert "Difficulty and tags are hidden." in text


def test_a_review_is_marked_as_done(alice: Client) -> None:
    a_problem(100)
    a_run(created_at=utc_now() - timedelta(days=2), **PASSED)
    response = alice.post("/problems/100/reviewed/", {"next": "/home/"})
    text = text_of(followed(alice, response))
    assert "Review marked as done." in text
    assert "None today. The next one is on" in text
    text = text_of(followed(alice, alice.post("/problems/404/reviewed/", {"next": "/home/"})))
    assert "No review of this problem is due." in text


def test_a_visitor_gets_a_sentence_and_a_problem_to_try(nobody: Client) -> None:
    a_problem(100)
    for address in ("/", "/home/"):
        text = text_of(nobody.get(address))
        assert "no account needed" in text
        assert 'href="/problems/100/">Try this problem: A plus B</a>' in text
    assert "no account needed" not in text_of(nobody.get("/?words=plus"))


def test_a_visitor_tries_an_original_problem_where_there_is_one(nobody: Client) -> None:
    for number in range(100, 110):
        a_problem(number)
    a_problem(110, platform="algoitny", difficulty="Level 1", title="Umbrella")
    assert 'href="/problems/110/">Try this problem: Umbrella</a>' in text_of(nobody.get("/"))


def test_users_are_not_told_that_no_account_is_needed(alice: Client) -> None:
    assert "no account needed" not in text_of(alice.get("/"))


def test_it_costs_at_most_six_calls_and_six_units(alice: Client) -> None:
    a_problem(100)
    for number in range(49):
        a_run(created_at=utc_now() - timedelta(hours=number + 1))
    alice.get("/home/")
    with meter.recording() as calls:
        text_of(alice.get("/home/"))
    assert calls.operations == ["BatchGetItem", "GetItem", "GetItem", "Query"]
    assert calls.read_units <= 6


def test_while_the_list_is_not_in_memory_it_says_so(alice: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repositories().problems._catalogue, "_most", 0)
    a_problem(100)
    a_run()
    text = text_of(alice.get("/home/"))
    assert "still loading" in text
    assert "A plus B" in text
    assert "Try this problem" not in text_of(Client().get("/home/"))
