"""Middleware that pages need and the API does not: CSRF, language, time zone, messages, htmx and the visitor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.contrib.messages.middleware import MessageMiddleware
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.csrf import CsrfViewMiddleware
from django.middleware.locale import LocaleMiddleware
from django.utils.cache import patch_vary_headers
from django_htmx.middleware import HtmxMiddleware

from api.dynamodb.errors import DataLayerError
from api.http.error_mapping import api_error_of
from api.http.error_responses import is_api
from api.http.errors import ApiError
from api.http.request_limits import EVERYONE, refuse_body
from web.preferences.time_zone import TimeZones
from web.session_cookie import cookie_name, forget_session, remember_session
from web.visitors import Visitor

GetResponse = Callable[[HttpRequest], HttpResponseBase]
Middleware = Callable[[HttpRequest], HttpResponseBase]


class Visitors:
    """Sets `request.visitor`, which is looked up when a page first needs it, and forbids shared caching.

    Removes the cookie of an ended session, and renews the cookie of an extended one.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Handles the request."""
        cookie = request.COOKIES.get(cookie_name())
        visitor = Visitor(cookie)
        request.visitor = visitor  # type: ignore[attr-defined]
        response = _refuse_large_body(request, visitor) or self._get_response(request)
        if cookie and cookie_name() not in response.cookies:
            if visitor.cookie_is_dead:
                forget_session(response)
            elif visitor.was_prolonged:
                remember_session(response, cookie)
        response.headers.setdefault("Cache-Control", "private, no-cache")
        # The same URL returns a fragment to htmx and a page to a browser.
        patch_vary_headers(response, ("Cookie", "HX-Request"))
        return response


def _refuse_large_body(request: HttpRequest, visitor: Visitor) -> HttpResponse | None:
    """The response to a body that only staff may send, from anybody else: it is not read. None lets the rest pass.

    The CSRF check, which precedes the view's own check, would read up to 16 MB of it.
    """
    length = request.META.get("CONTENT_LENGTH")
    if not (length and length.isdecimal() and int(length) > EVERYONE.body_bytes):
        return None
    try:
        error = None if visitor.is_staff else ApiError("page_not_found")
    except DataLayerError as failure:
        error = api_error_of(failure) or ApiError("internal_error")
    return None if error is None else refuse_body(request, error)


# Outermost first.
_LAYERS: tuple[Callable[[Any], Any], ...] = (
    LocaleMiddleware,
    TimeZones,
    MessageMiddleware,
    HtmxMiddleware,
    Visitors,
)


class Pages:
    """Runs these layers for pages, inside those against other sites' frames and forms.

    API requests bypass them: they take no cookies, so there is nothing to forge.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response
        layers = get_response
        for layer in reversed(_LAYERS):
            layers = layer(layers)
        self._csrf = CsrfViewMiddleware(layers)
        self._pages = cast(Middleware, XFrameOptionsMiddleware(self._csrf))

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Handles the request."""
        return self._get_response(request) if is_api(request) else self._pages(request)

    def process_view(self, request: HttpRequest, *view: Any) -> HttpResponse | None:
        """The response to a form that another site sent; None lets the rest pass."""
        return None if is_api(request) else self._csrf.process_view(request, *view)
