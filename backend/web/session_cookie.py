"""The cookie of a page's session: set when somebody signs in, gone when they leave."""

from __future__ import annotations

from django.conf import settings
from django.http.response import HttpResponseBase

from api.accounts.sign_in import SESSION_LIFETIME


def cookie_name() -> str:
    """The cookie's name; over TLS with the prefix that binds it to this host, to every path, and to TLS."""
    return "__Host-session" if settings.SESSION_COOKIE_SECURE else "session"


def remember_session(response: HttpResponseBase, token: str) -> None:
    """Lets the browser keep the token of a session for as long as the session lasts without being used."""
    _set(response, token, int(SESSION_LIFETIME.total_seconds()))


def forget_session(response: HttpResponseBase) -> None:
    """Lets the browser drop its session cookie."""
    _set(response, "", 0)


def _set(response: HttpResponseBase, value: str, seconds: int) -> None:
    response.set_cookie(
        cookie_name(), value, max_age=seconds, secure=bool(settings.SESSION_COOKIE_SECURE), httponly=True,
        samesite="Lax",
    )  # fmt: skip
