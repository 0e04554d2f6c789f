"""The time zone in which pages show moments: the user's, which a cookie repeats for pages that do not read it.

The setting itself is the user's (`api.practice.time_zones`): their days have to be the same on all their devices.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from api.practice.time_zones import time_zone_named
from config.environment import environment

COOKIE = "time_zone"
_YEAR_SECONDS = 365 * 24 * 3600
_shown: ContextVar[ZoneInfo | None] = ContextVar("time zone of the page", default=None)


class TimeZones:
    """Shows moments in the time zone that the browser's cookie names."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Handles the request."""
        token = _shown.set(time_zone_named(request.COOKIES.get(COOKIE)))
        try:
            return self._get_response(request)
        finally:
            _shown.reset(token)


def shown_zone() -> ZoneInfo:
    """The time zone in which this page shows moments; the product's by default."""
    return _shown.get() or environment().time_zone


def use_zone(name: str | None) -> None:
    """Shows moments of this page in the zone of that name, None for the product's."""
    _shown.set(time_zone_named(name))


def remember_zone(request: HttpRequest, response: HttpResponseBase, name: str | None) -> None:
    """Lets the browser's cookie name the user's zone, None for the product's."""
    if name == request.COOKIES.get(COOKIE):
        return
    if name is None:
        response.delete_cookie(COOKIE, samesite="Lax")
    else:
        response.set_cookie(
            COOKIE, name, max_age=_YEAR_SECONDS, secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax"
        )  # fmt: skip
