"""Public profiles: off by default, switched on and off by their owner, gone with the account."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from api.composition import repositories
from api.dynamodb.clock import utc_now
from api.dynamodb.errors import Unavailable
from api.dynamodb.repositories import ProgressRepository
from tests.integration.api.conftest import ALICE, bearer
from tests.integration.api.factories import a_problem, a_run, get
from tests.integration.web.browsers import followed, text_of
from web.people import profile as views

PLACE = f"/people/{ALICE}/"


def switch(browser: Client, public: str) -> str:
    """The account page after the switch."""
    return text_of(followed(browser, browser.post("/account/public-profile/", {"public": public})))


def titles(text: str) -> list[str]:
    return re.findall(r'<a href="/runs/\d+/">([^<]+)</a>', text)


def test_it_is_private_until_its_owner_shows_it(alice: Client, charlie: Client, nobody: Client) -> None:
    assert "Make profile public" in text_of(alice.get("/account/"))
    for browser in (alice, charlie, nobody):
        assert browser.get(PLACE).status_code == 404
    assert "Your profile is public now." in switch(alice, "yes")
    for browser in (alice, charlie, nobody):
        assert "Alice" in text_of(browser.get(PLACE))
    assert charlie.get("/people/77/").status_code == 404
    assert "Your profile is private now." in switch(alice, "")
    user = repositories().users.get_user(ALICE, consistent=True)
    assert user is not None
    assert user["is_profile_public"] is None
    assert nobody.get(PLACE).status_code == 404


def test_nobody_else_switches_it(nobody: Client, charlie: Client) -> None:
    assert nobody.post("/account/public-profile/", {"public": "yes"}).status_code == 303
    switch(charlie, "yes")
    assert charlie.get(PLACE).status_code == 404


def test_it_shows_activity_and_public_runs_only(
    alice: Client, nobody: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch(alice, "yes")
    monkeypatch.setattr(views, "PAGE", 2)
    a_problem()
    for number in range(4):
        moment = utc_now() - timedelta(minutes=10 + number)
        title = f"Run {number}" if number != 1 else "Secret"
        a_run(
            problem_title=title, is_code_public=number != 1, created_at=moment, passed_count=2, failed_count=0
        )
    text = text_of(nobody.get(PLACE))
    assert titles(text) == ["Run 0", "Run 2"]
    assert "4 runs in the last 53 weeks" in text
    assert "<dt>Problems solved</dt><dd>1</dd>" in text
    assert "alice@example.org" not in text
    assert "Secret" not in text
    following = re.search(r'href="([^"]*cursor=[^"]*)"', text)
    assert following
    piece = text_of(nobody.get(following[1].replace("&amp;", "&"), headers={"HX-Request": "true"}))
    assert titles(piece) == ["Run 3"]


def test_the_page_stands_without_the_activity(
    alice: Client, nobody: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch(alice, "yes")
    a_run(is_code_public=True)

    def fail(*_: Any, **__: Any) -> None:
        raise Unavailable("no answer")

    monkeypatch.setattr(ProgressRepository, "get_progress", fail)
    text = text_of(nobody.get(PLACE))
    assert "activity can't be loaded" in text
    assert titles(text) == ["A plus B"]


def test_runs_link_to_it_while_it_is_public(alice: Client, nobody: Client) -> None:
    run_id = a_run(is_code_public=True)["history_id"]
    link = f'href="{PLACE}"'
    assert link not in text_of(nobody.get("/timeline/"))
    switch(alice, "yes")
    assert link in text_of(nobody.get("/timeline/"))
    assert link in text_of(nobody.get(f"/runs/{run_id}/"))
    assert get(nobody, f"/api/history/{run_id}/", by=None).json()["author"]["profile"] == PLACE


def test_the_api_switches_it(nobody: Client) -> None:
    for public in (True, False):
        answer = nobody.patch(
            "/api/me/", {"name": "Alice", "is_profile_public": public}, content_type="application/json",
            headers=bearer(ALICE),
        )  # fmt: skip
        assert answer.json()["is_profile_public"] is public
    assert get(nobody, "/api/me/").json()["is_profile_public"] is False


def test_a_closed_account_has_none(alice: Client, nobody: Client) -> None:
    switch(alice, "yes")
    repositories().erasures.begin_erasure(ALICE)
    user = repositories().users.get_user(ALICE, consistent=True)
    assert user is not None
    assert user["is_profile_public"] is None
    assert nobody.get(PLACE).status_code == 404
