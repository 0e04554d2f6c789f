"""The session cookie of the pages."""

from __future__ import annotations

from django.conf import settings
from django.http.response import HttpResponseBase

from api.accounts.sign_in import SESSION_LIFETIME


def cookie_name() -> str:
    """The cookie's name. Over TLS it has the `__Host-` prefix, which binds it to this host and to TLS."""
    return "__Host-session" if settings.SESSION_COOKIE_SECURE else "session"


def remember_session(response: HttpResponseBase, token: str) -> None:
    """Sets the cookie for the session's lifetime."""
    _set(response, token, int(SESSION_LIFETIME.total_seconds()))


def forget_session(response: HttpResponseBase) -> None:
    """Removes the cookie."""
    _set(response, "", 0)


def _set(response: HttpResponseBase, value: str, seconds: int) -> None:
    response.set_cookie(
        cookie_name(), value, max_age=seconds, secure=bool(settings.SESSION_COOKIE_SECURE), httponly=True,
        samesite="Lax",
    )  # fmt: skip
