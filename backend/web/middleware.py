"""What pages need and the API does not: language, CSRF, messages, htmx, and who is visiting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.messages.middleware import MessageMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.middleware.locale import LocaleMiddleware
from django_htmx.middleware import HtmxMiddleware

from api.http.fault_answers import is_api

GetResponse = Callable[[HttpRequest], HttpResponseBase]
Middleware = Callable[[HttpRequest], HttpResponseBase]


def _for_pages(make: Callable[[Any], Any]) -> Callable[[GetResponse], Middleware]:
    """A middleware that requests of the API pass by, at the cost of one comparison."""

    def made(get_response: GetResponse) -> Middleware:
        inner = make(get_response)

        def middleware(request: HttpRequest) -> HttpResponseBase:
            return get_response(request) if is_api(request) else inner(request)

        # Django looks for these by name, and calls those of a view for every request.
        view_hook = getattr(inner, "process_view", None)
        if view_hook is not None:
            middleware.process_view = (  # type: ignore[attr-defined]
                lambda request, *rest: None if is_api(request) else view_hook(request, *rest)
            )
        return middleware

    return made


Locale = _for_pages(LocaleMiddleware)
Csrf = _for_pages(CsrfViewMiddleware)
Messages = _for_pages(MessageMiddleware)
Htmx = _for_pages(HtmxMiddleware)


class Visitors:
    """Finds out who is visiting, when a page asks for it."""

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The response."""
        return self._get_response(request)
