"""Signing in with Google: there with state and nonce, back by a form that only the asking browser can use."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.conf import LazySettings
from django.test import Client

from api.composition import repositories
from tests.integration.web.sign_in.conftest import send, sessions_of
from tests.support.google import CLIENT_ID, Google

CALLBACK = "/sign-in/google/callback/"


def begun(browser: Client, following: str = "/timeline/") -> dict[str, str]:
    """What a browser asks Google with."""
    answer = send(browser, "/sign-in/google/", next=following)
    assert answer.status_code == 303
    address = urlsplit(answer["Location"])
    assert (
        f"{address.scheme}://{address.netloc}{address.path}" == "https://accounts.google.com/o/oauth2/v2/auth"
    )
    return {name: value for name, (value,) in parse_qs(address.query).items()}


def answered(browser: Client, **fields: str) -> Any:
    """Google's form, which carries no token of ours."""
    return browser.post(CALLBACK, fields)


def test_it_asks_google_for_an_id_token_by_form(nobody: Client, google: Google) -> None:
    assert "Sign in with Google" in nobody.get("/sign-in/").text
    asked = begun(nobody)
    assert asked["client_id"] == CLIENT_ID
    assert asked["redirect_uri"] == f"http://testserver{CALLBACK}"
    assert (asked["response_type"], asked["response_mode"]) == ("id_token", "form_post")
    assert asked["scope"] == "openid email profile"
    cookie = nobody.cookies["google-sign-in"]
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "None")
    assert asked["state"] not in begun(nobody).values(), "each time anew"


def test_the_answer_signs_in_and_leads_on(nobody: Client, google: Google) -> None:
    asked = begun(nobody)
    answer = answered(nobody, state=asked["state"], id_token=google.token(asked["nonce"]))
    assert (answer.status_code, answer["Location"]) == (303, "/timeline/")
    assert answer.cookies["google-sign-in"].value == ""
    user = repositories().users.get_user_by_email("eve@example.org", consistent=True)
    assert user is not None
    assert user["name"] == "Eve"
    assert sessions_of(user["user_id"]) == ["Firefox, Linux"]
    assert "Signed in as Eve." in nobody.get("/").text


def test_an_answer_serves_once(nobody: Client, google: Google) -> None:
    asked = begun(nobody)
    cookie = nobody.cookies["google-sign-in"].value
    form = {"state": asked["state"], "id_token": google.token(asked["nonce"])}
    answered(nobody, **form)
    nobody.cookies["google-sign-in"] = cookie
    answer = answered(nobody, **form)
    assert answer.status_code == 422
    assert "session" not in answer.cookies


def test_an_answer_to_another_browser_is_refused(nobody: Client, google: Google) -> None:
    asked = begun(nobody)
    form = {"state": asked["state"], "id_token": google.token(asked["nonce"])}
    other = Client()
    for strange in (
        answered(other, **form),
        answered(nobody, **{**form, "state": "another"}),
    ):
        assert strange.status_code == 422
        assert "not started in this browser" in strange.text
        assert "session" not in strange.cookies
    begun(other)
    assert answered(other, **form).status_code == 422, "it asked with another state"


def test_a_token_that_does_not_hold_is_refused_with_its_reason(nobody: Client, google: Google) -> None:
    for claims, said in (
        ({"aud": "another"}, "issued for another service"),
        ({"email_verified": False}, "has not verified"),
        ({"nonce": "another"}, "its nonce differs"),
    ):
        asked = begun(nobody)
        token = google.token(asked["nonce"], **claims) if "nonce" not in claims else google.token("another")
        answer = answered(nobody, state=asked["state"], id_token=token)
        assert answer.status_code == 401
        assert said in answer.text
        assert "session" not in answer.cookies


def test_who_decides_not_to_is_back_at_the_ways_to_sign_in(nobody: Client, google: Google) -> None:
    asked = begun(nobody)
    answer = answered(nobody, state=asked["state"], error="access_denied")
    assert (answer.status_code, answer["Location"]) == (303, "/sign-in/?next=%2Ftimeline%2F")
    assert "Google sign-in failed." in nobody.get(answer["Location"]).text


def test_it_leads_to_no_other_site(nobody: Client, google: Google) -> None:
    asked = begun(nobody, "https://evil.example/")
    answer = answered(nobody, state=asked["state"], id_token=google.token(asked["nonce"]))
    assert answer["Location"] == "/"


def test_google_that_cannot_be_reached_is_said(nobody: Client, google: Google) -> None:
    asked = begun(nobody)
    google.status = 500
    answer = answered(nobody, state=asked["state"], id_token=google.token(asked["nonce"]))
    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"
    assert "certificates cannot be read" in answer.text


def test_without_a_client_id_there_is_no_such_way(nobody: Client, settings: LazySettings) -> None:
    settings.GOOGLE_CLIENT_IDS = []
    assert send(nobody, "/sign-in/google/").status_code == 404
    assert answered(nobody, state="any", id_token="any").status_code == 404


def test_over_tls_the_cookies_are_bound_to_this_host(
    nobody: Client, google: Google, settings: LazySettings
) -> None:
    settings.SESSION_COOKIE_SECURE = True
    asked = begun(nobody)
    assert nobody.cookies["__Host-google-sign-in"]["secure"]
    answer = answered(nobody, state=asked["state"], id_token=google.token(asked["nonce"]))
    cookie = answer.cookies["__Host-session"]
    assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "")
