"""What pages need and the API does not: language, messages, htmx, and who is visiting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.messages.middleware import MessageMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django_htmx.middleware import HtmxMiddleware

from api.http.fault_answers import is_api

GetResponse = Callable[[HttpRequest], HttpResponseBase]
Middleware = Callable[[HttpRequest], HttpResponseBase]


class Visitors:
    """Finds out who is visiting, when a page asks for it."""

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The response."""
        return self._get_response(request)


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
