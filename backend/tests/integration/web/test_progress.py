"""Pages that show a user's progress beside other things do without it when it cannot be told in time."""

from __future__ import annotations

from typing import Any, NoReturn

import pytest
from django.test import Client

from api.dynamodb.errors import OutcomeUnknown, Throttled, Unavailable
from api.dynamodb.repositories import ProgressRepository
from tests.integration.api.things import a_problem, a_run

MARKS = "Which problems you solved cannot be told at the moment."
ACTIVITY = "Your activity cannot be shown at the moment."


@pytest.fixture(params=[Unavailable, Throttled, OutcomeUnknown])
def no_progress(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, cast: object) -> None:
    a_problem(100)
    a_run(history_id=1)

    def fail(*_: Any) -> NoReturn:
        raise request.param("too slow")

    for name in ("get_progress", "solved_ids"):
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
