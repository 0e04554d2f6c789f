"""GET /api/staff/problems/{id}/: a problem, whole."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.integration.api.conftest import CHARLIE
from tests.integration.api.factories import a_problem, fault_of, get
from tests.integration.api.staff_requests import ask


@pytest.mark.parametrize(
    "state", [{}, {"is_completed": False}, {"is_deleted": True}], ids=["out", "draft", "retired"]
)
def test_it_shows_solution_and_hints_whatever_its_state(site: Client, state: dict[str, bool]) -> None:
    a_problem(1, **state)
    response = ask(site, "GET", "/problems/1/")
    problem = response.json()
    assert problem["hints"] == ["nudge text", "approach text", "outline one", "outline two"]
    assert problem["solution_code"].startswith("print(")
    assert problem["language"] == "python"
    assert response["ETag"] == '"1-1"'


def test_hints_of_another_shape_are_shown_as_far_as_they_are_texts(site: Client) -> None:
    a_problem(1, hints=["one", {"two": 2}, None])
    a_problem(2, hints={"no": "list"})
    assert ask(site, "GET", "/problems/1/").json()["hints"] == ["one"]
    assert ask(site, "GET", "/problems/2/").json()["hints"] == []


def test_there_is_no_other(site: Client) -> None:
    assert fault_of(ask(site, "GET", "/problems/77/")) == (404, "not-found")


def test_charlie_and_nobody_see_neither_solution_nor_hints(site: Client) -> None:
    a_problem(1)
    assert fault_of(ask(site, "GET", "/problems/1/", by=CHARLIE)) == (403, "forbidden")
    assert fault_of(ask(site, "GET", "/problems/1/", by=None)) == (401, "unauthenticated")
    for by in (CHARLIE, None):
        content = get(site, "/api/problems/1/", by=by).content
        assert b"nudge text" not in content
        assert b"print(" not in content
