"""Development sign-in: the link of `make run` opens it, a click signs in; for others it does not exist."""

from __future__ import annotations

import pytest
from django.conf import LazySettings
from django.test import Client

from api.composition import repositories
from tests.integration.api.accounts.conftest import RUN_SECRET
from tests.integration.api.conftest import ALICE
from tests.integration.web.sign_in.conftest import LINK, send, sessions_of

PLACE = "/sign-in/development/"


def test_the_page_offers_people_by_one_click(developer: Client) -> None:
    page = developer.get("/sign-in/?next=/timeline/").text
    assert 'name="email" value="dora@example.org">Dora' in page
    assert 'name="email" value="alice@example.org">Alice' in page
    assert '<input type="hidden" name="next" value="/timeline/">' in page
    assert "Sign in with Google" not in page


def test_a_click_signs_in_and_leads_on(developer: Client) -> None:
    answer = send(developer, PLACE, email="alice@example.org", next="/runs/?problem=1")
    assert (answer.status_code, answer["Location"]) == (303, "/runs/?problem=1")
    cookie = answer.cookies["session"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert sessions_of() == ["Firefox, Linux"]
    page = developer.get("/")
    assert "Signed in as Alice." in page.text
    assert ">Account</a>" in page.text
    assert developer.get("/sign-in/?next=/timeline/")["Location"] == "/timeline/"


def test_signing_in_as_another_ends_the_session_before(developer: Client) -> None:
    send(developer, PLACE, email="alice@example.org")
    send(developer, PLACE, email="bob@example.org")
    assert sessions_of() == []
    assert ">Staff</a>" not in developer.get("/").text


def test_it_leads_to_no_other_site(developer: Client) -> None:
    for address in ("https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", ""):
        assert 'name="next" value="/"' in developer.get("/sign-in/", {"next": address}).text
        assert send(developer, PLACE, email="alice@example.org", next=address)["Location"] == "/"
        developer.cookies.clear()
        developer.get(LINK)


def test_an_unknown_address_is_refused_beside_what_was_typed(developer: Client) -> None:
    answer = send(developer, PLACE, email="eve@example.org", next="/timeline/")
    assert answer.status_code == 404
    assert "No user has this e-mail address." in answer.text
    assert 'value="eve@example.org" required autocomplete="email" aria-invalid="true"' in answer.text
    assert 'name="next" value="/timeline/"' in answer.text
    assert "session" not in answer.cookies


def test_a_closed_account_is_refused(developer: Client) -> None:
    repositories().users.deactivate_user(ALICE)
    answer = send(developer, PLACE, email="alice@example.org")
    assert answer.status_code == 403
    assert "This account is closed." in answer.text
    assert sessions_of() == []


def test_too_many_attempts_are_told_when_to_come_again(developer: Client, settings: LazySettings) -> None:
    settings.SIGN_IN_LIMIT = 1
    for _ in range(2):
        send(developer, PLACE, email="eve@example.org")
    answer = send(developer, PLACE, email="alice@example.org")
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    assert "Too many attempts from your network" in answer.text


def test_elsewhere_it_does_not_exist(nobody: Client) -> None:
    page = nobody.get("/sign-in/").text
    assert "Development sign-in" not in page
    assert "Sign-in is unavailable" in page
    answer = send(nobody, PLACE, email="alice@example.org")
    assert answer.status_code == 404
    assert sessions_of() == []


def test_the_printed_link_leads_to_the_users_and_keeps_its_secret_out_of_the_address(
    own_machine: Client,
) -> None:
    answer = own_machine.get(LINK)
    assert (answer.status_code, answer["Location"]) == (303, "/sign-in/")
    cookie = answer.cookies["development-sign-in"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/sign-in/")
    assert (cookie["max-age"], cookie["expires"]) == ("", ""), "it ends with the browser"
    assert "private" in answer["Cache-Control"]
    assert 'value="alice@example.org">Alice' in own_machine.get("/sign-in/").text
    assert own_machine.head(LINK).status_code == 303


def test_without_the_link_there_is_a_notice_about_it_and_no_form(own_machine: Client) -> None:
    """As for a visitor who comes through `proxy_pass http://127.0.0.1:8000`, an ssh tunnel, or socat."""
    page = own_machine.get("/sign-in/").text
    assert "opens with the link that make run printed" in page
    assert "alice@example.org" not in page
    assert "Google" not in page
    assert send(own_machine, PLACE, email="alice@example.org").status_code == 404
    assert sessions_of() == []


@pytest.mark.parametrize("secret", ["", "x", RUN_SECRET + "x", "é" * 38])
def test_another_secret_opens_nothing(own_machine: Client, secret: str) -> None:
    assert own_machine.get("/sign-in/development/open/", {"secret": secret}).status_code == 404
    own_machine.cookies["development-sign-in"] = secret
    assert send(own_machine, PLACE, email="alice@example.org").status_code == 404
    assert "development-sign-in" not in own_machine.get("/sign-in/").cookies


def test_the_secret_of_the_run_before_opens_nothing(developer: Client, settings: LazySettings) -> None:
    settings.SIGN_IN_SECRET = "a-secret-of-the-next-run-of-the-service"
    assert send(developer, PLACE, email="alice@example.org").status_code == 404
    assert developer.get(LINK).status_code == 404


@pytest.mark.parametrize("elsewhere", [{"HTTP_VIA": "1.1 proxy"}, {"REMOTE_ADDR": "192.0.2.1"}])
def test_the_link_opens_nothing_from_elsewhere(own_machine: Client, elsewhere: dict[str, str]) -> None:
    assert own_machine.get(LINK, **elsewhere).status_code == 404  # type: ignore[arg-type]


def test_the_link_opens_nothing_in_production(own_machine: Client, settings: LazySettings) -> None:
    settings.DEBUG = False
    assert own_machine.get(LINK).status_code == 404


def test_a_form_of_another_site_is_refused(developer: Client) -> None:
    answer = developer.post(PLACE, {"email": "alice@example.org"})
    assert answer.status_code == 403
    assert "The form has expired" in answer.text
    assert sessions_of() == []
