"""The development sign-in's form: one click on one's own machine; elsewhere there is no such thing."""

from __future__ import annotations

from django.conf import LazySettings
from django.test import Client

from api.composition import repositories
from tests.integration.api.conftest import ALICE
from tests.integration.web.sign_in.conftest import send, sessions_of

PLACE = "/sign-in/development/"


def test_the_page_offers_people_by_one_click(own_machine: Client) -> None:
    page = own_machine.get("/sign-in/?next=/timeline/").text
    assert 'name="email" value="dora@example.org">Dora' in page
    assert 'name="email" value="alice@example.org">Alice' in page
    assert '<input type="hidden" name="next" value="/timeline/">' in page
    assert "Sign in with Google" not in page


def test_a_click_signs_in_and_leads_on(own_machine: Client) -> None:
    answer = send(own_machine, PLACE, email="alice@example.org", next="/runs/?problem=1")
    assert (answer.status_code, answer["Location"]) == (303, "/runs/?problem=1")
    cookie = answer.cookies["session"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert sessions_of() == ["Firefox, Linux"]
    page = own_machine.get("/")
    assert "You are signed in as Alice." in page.text
    assert ">Account</a>" in page.text
    assert own_machine.get("/sign-in/?next=/timeline/")["Location"] == "/timeline/"


def test_signing_in_as_another_ends_the_session_before(own_machine: Client) -> None:
    send(own_machine, PLACE, email="alice@example.org")
    send(own_machine, PLACE, email="bob@example.org")
    assert sessions_of() == []
    assert ">Staff</a>" not in own_machine.get("/").text


def test_it_leads_to_no_other_site(own_machine: Client) -> None:
    for address in ("https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", ""):
        assert 'name="next" value="/"' in own_machine.get("/sign-in/", {"next": address}).text
        assert send(own_machine, PLACE, email="alice@example.org", next=address)["Location"] == "/"
        own_machine.cookies.clear()


def test_an_unknown_address_is_refused_beside_what_was_typed(own_machine: Client) -> None:
    answer = send(own_machine, PLACE, email="eve@example.org", next="/timeline/")
    assert answer.status_code == 404
    assert "No user has this e-mail address." in answer.text
    assert 'value="eve@example.org" required autocomplete="email" aria-invalid="true"' in answer.text
    assert 'name="next" value="/timeline/"' in answer.text
    assert "session" not in answer.cookies


def test_a_closed_account_is_refused(own_machine: Client) -> None:
    repositories().users.deactivate_user(ALICE)
    answer = send(own_machine, PLACE, email="alice@example.org")
    assert answer.status_code == 403
    assert "This account is closed." in answer.text
    assert sessions_of() == []


def test_too_many_attempts_are_told_when_to_come_again(own_machine: Client, settings: LazySettings) -> None:
    settings.SIGN_IN_LIMIT = 1
    send(own_machine, PLACE, email="eve@example.org")
    answer = send(own_machine, PLACE, email="alice@example.org")
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    assert "Too many attempts from your network" in answer.text


def test_elsewhere_it_does_not_exist(nobody: Client) -> None:
    page = nobody.get("/sign-in/").text
    assert "On this machine" not in page
    assert "Nobody can sign in here" in page
    answer = send(nobody, PLACE, email="alice@example.org")
    assert answer.status_code == 404
    assert sessions_of() == []


def test_a_form_of_another_site_is_refused(own_machine: Client) -> None:
    answer = own_machine.post(PLACE, {"email": "alice@example.org"})
    assert answer.status_code == 403
    assert "The form is too old" in answer.text
    assert sessions_of() == []
