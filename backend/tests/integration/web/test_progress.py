"""Pages that show a user's progress beside other things do without it when it cannot be told in time."""

from __future__ import annotations

from typing import Any, NoReturn

import pytest
from django.test import Client
from django.utils.html import escape

from api.dynamodb.errors import OutcomeUnknown, Throttled, Unavailable
from api.dynamodb.repositories import ProgressRepository
from api.dynamodb.schema.records import SolvedProblems
from tests.integration.api.factories import a_problem, a_run

MARKS = escape("Solved problems can't be marked right now.")
ACTIVITY = escape("Your activity can't be loaded right now.")


@pytest.fixture(params=[Unavailable, Throttled, OutcomeUnknown])
def no_progress(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, cast: object) -> None:
    a_problem(100)
    a_run(history_id=1)

    def fail(*_: Any, **__: Any) -> NoReturn:
        raise request.param("too slow")

    for name in ("get_progress", "solved_problems"):
        monkeypatch.setattr(ProgressRepository, name, fail)


@pytest.mark.parametrize(
    ("address", "said"),
    [("/", MARKS), ("/?solved=hide", MARKS), ("/runs/", ACTIVITY), ("/runs/?language=go", ACTIVITY)],
)
def test_the_page_is_there_and_says_what_is_missing(
    alice: Client, no_progress: None, address: str, said: str
) -> None:
    page = alice.get(address)
    assert page.status_code == 200
    assert said in page.text
    assert ("A plus B" in page.text) == ("go" not in address)


def test_without_a_user_nothing_is_missing(no_progress: None) -> None:
    page = Client().get("/")
    assert page.status_code == 200
    assert MARKS not in page.text


def test_the_page_says_when_not_all_solved_problems_are_marked(
    alice: Client, monkeypatch: pytest.MonkeyPatch, cast: object
) -> None:
    a_problem(100)
    partial = SolvedProblems(frozenset({100}), frozenset(), complete=False)
    monkeypatch.setattr(ProgressRepository, "solved_problems", lambda *_: partial)
    page = alice.get("/")
    assert page.status_code == 200
    assert "Some solved problems may not be marked yet." in page.text
