"""What pages need and the API does not: language, messages, htmx, and who is visiting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.messages.middleware import MessageMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils.cache import patch_vary_headers
from django_htmx.middleware import HtmxMiddleware

from api.http.fault_answers import is_api
from web.session_cookie import cookie_name, forget_session, remember_session
from web.visitors import Visitor

GetResponse = Callable[[HttpRequest], HttpResponseBase]
Middleware = Callable[[HttpRequest], HttpResponseBase]


class Visitors:
    """Gives a request its visitor, found out when a page asks; pages stay with the browser that got them.

    A cookie that opens no session any more goes; one whose session was prolonged is given out again.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The response."""
        cookie = request.COOKIES.get(cookie_name())
        visitor = Visitor(cookie)
        request.visitor = visitor  # type: ignore[attr-defined]
        response = self._get_response(request)
        if cookie and cookie_name() not in response.cookies:
            if visitor.cookie_is_dead:
                forget_session(response)
            elif visitor.was_prolonged:
                remember_session(response, cookie)
        response.headers.setdefault("Cache-Control", "private, no-cache")
        # htmx gets pieces of what a browser gets whole under the same address.
        patch_vary_headers(response, ("Cookie", "HX-Request"))
        return response


# From the outside in.
_LAYERS: tuple[Callable[[Any], Any], ...] = (LocaleMiddleware, MessageMiddleware, HtmxMiddleware, Visitors)


class Pages:
    """All of that for pages; the API's requests pass by at the cost of one comparison."""

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response
        self._pages = get_response
        for layer in reversed(_LAYERS):
            self._pages = layer(self._pages)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The response."""
        return self._get_response(request) if is_api(request) else self._pages(request)
