"""Solutions of others to a problem: after solving it, or when asked for anyway; and the same by the API."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

from django.test import Client

from api.composition import repositories
from api.dynamodb.clock import utc_now
from tests.integration.api.conftest import ALICE, BOB
from tests.integration.api.factories import a_problem, a_run, fault_of, get
from tests.integration.web.browsers import text_of
from web.runs import solutions as views

PLACE = "/problems/100/solutions/"
API = "/api/history/solutions/100/"
SOLVED: dict[str, Any] = {"passed_count": 2, "failed_count": 0, "total_count": 2, "is_code_public": True}
ASKED = "You haven't solved this problem yet"


def codes(text: str) -> list[int]:
    """The ids of the listed runs."""
    return [int(number) for number in re.findall(r'class="what"><a href="/runs/(\d+)/"', text)]


def test_who_has_not_solved_it_is_asked_first(alice: Client, nobody: Client, cast: object) -> None:
    a_problem()
    bobs = a_run(BOB, **SOLVED)["history_id"]
    a_run(ALICE, is_code_public=True)
    assert f'href="{PLACE}"' in text_of(alice.get("/problems/100/"))
    for browser in (alice, nobody):
        text = text_of(browser.get(PLACE))
        assert ASKED in text
        assert codes(text) == []
        text = text_of(browser.get(f"{PLACE}?show=anyway"))
        assert ASKED not in text
        assert codes(text) == [bobs]
        assert "Bob" in text


def test_who_has_solved_it_sees_them_at_once(alice: Client, cast: object) -> None:
    a_problem()
    bobs = a_run(BOB, **SOLVED)["history_id"]
    a_run(ALICE, **{**SOLVED, "is_code_public": False})
    assert codes(text_of(alice.get(PLACE))) == [bobs]


def test_they_come_page_by_page(nobody: Client, cast: object, monkeypatch: Any) -> None:
    monkeypatch.setattr(views, "PAGE", 2)
    a_problem()
    ids = [a_run(BOB, **SOLVED, created_at=utc_now() - timedelta(minutes=n))["history_id"] for n in range(3)]
    text = text_of(nobody.get(f"{PLACE}?show=anyway"))
    assert codes(text) == ids[:2]
    following = re.search(r'href="([^"]*cursor=[^"]*)"', text)
    assert following
    piece = text_of(nobody.get(unescape(following[1]), headers={"HX-Request": "true"}))
    assert codes(piece) == ids[2:]
    assert "<html" not in piece


def test_nothing_is_said_where_there_is_nothing(nobody: Client, cast: object) -> None:
    a_problem()
    a_problem(101, is_completed=False)
    a_run(BOB)
    assert "No public solutions yet" in text_of(nobody.get(f"{PLACE}?show=anyway"))
    assert nobody.get(PLACE.replace("100", "101")).status_code == 404


def test_the_api_lists_them(nobody: Client, cast: object) -> None:
    a_problem()
    bobs = a_run(BOB, **SOLVED, verdict_basis="outputs")["history_id"]
    a_run(BOB, **{**SOLVED, "is_code_public": False})
    (run,) = get(nobody, API, by=None).json()["items"]
    assert (run["history_id"], run["author"]["name"], run["passed_count"]) == (bobs, "Bob", 2)
    repositories().history.set_visibility(bobs, False)
    assert get(nobody, API, by=None).json() == {"items": [], "next": None}
    assert fault_of(get(nobody, API.replace("100", "7"), by=None)) == (404, "not-found")
