"""Leaving: here, everywhere, and when a session is over."""

from __future__ import annotations

from datetime import timedelta

from django.test import Client
from django.utils import timezone

from api.accounts.sign_in import open_session
from api.composition import repositories
from api.dynamodb import clock
from tests.integration.api.conftest import ALICE, BOB
from tests.integration.web.browsers import Visit, followed, is_sent_to_sign_in
from tests.integration.web.sign_in.conftest import sessions_of


def test_signing_out_ends_the_session_of_this_browser(alice: Client, visit: Visit) -> None:
    other = visit(ALICE)
    page = followed(alice, alice.post("/sign-out/"))
    assert "Signed out." in page.text
    assert ">Sign in</a>" in page.text
    assert len(sessions_of()) == 1
    assert ">Account</a>" in other.get("/").text


def test_the_cookie_of_an_ended_session_opens_nothing(alice: Client) -> None:
    kept = alice.cookies["session"].value
    alice.post("/sign-out/")
    alice.cookies["session"] = kept
    assert is_sent_to_sign_in(alice.get("/problems/1/cases/"))
    answer = Client(headers={"Cookie": f"session={kept}"}).get("/")
    assert answer.cookies["session"].value == "", "the browser need not send it again"


def test_signing_out_everywhere_ends_all_of_mine_and_nobody_elses(alice: Client, visit: Visit) -> None:
    others = [visit(ALICE), visit(BOB)]
    page = followed(alice, alice.post("/sign-out/everywhere/"))
    assert "Signed out of 2 devices." in page.text
    assert sessions_of(ALICE) == []
    assert is_sent_to_sign_in(others[0].get("/problems/1/cases/"))
    assert ">Account</a>" in others[1].get("/").text


def test_who_is_not_signed_in_has_nothing_to_end(cast: object) -> None:
    nobody = Client()
    assert nobody.post("/sign-out/").status_code == 303
    answer = nobody.post("/sign-out/everywhere/", headers={"Referer": "http://testserver/timeline/"})
    assert answer["Location"] == "/sign-in/?next=%2Ftimeline%2F"
    for address in ("/sign-out/", "/sign-out/everywhere/", "/sign-in/development/", "/sign-in/google/"):
        assert nobody.get(address).status_code == 405, "a link signs nobody out"


def test_a_closed_account_is_signed_out_everywhere(alice: Client) -> None:
    repositories().users.deactivate_user(ALICE)
    assert is_sent_to_sign_in(alice.get("/problems/1/cases/"))


def test_a_session_that_is_used_lasts_longer_and_so_does_its_cookie(cast: dict[int, object]) -> None:
    with clock.frozen(timezone.now() - timedelta(days=2)):
        token = open_session(cast[ALICE], "web", None).token  # type: ignore[arg-type]
    browser = Client()
    browser.cookies["session"] = token
    again = browser.get("/").cookies["session"]
    assert (again.value, again["max-age"]) == (token, 30 * 24 * 3600)
    assert "session" not in browser.get("/").cookies, "once a day is enough"


def test_a_cookie_that_was_made_up_is_nobodys(cast: object) -> None:
    for made_up in ("x", "1.2.3", f"{ALICE}.1." + "A" * 59):
        browser = Client()
        browser.cookies["session"] = made_up
        answer = browser.get("/")
        assert answer.status_code == 200
        assert ">Sign in</a>" in answer.text
