"""Request ids: one per request, in each of its log lines, in every error, and in the `X-Request-ID` header."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable
from contextvars import ContextVar

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from api.http.response_headers import set_header

_current: ContextVar[str] = ContextVar("request_id", default="")
_ACCEPTED = re.compile(r"[A-Za-z0-9_.-]{8,64}")


def request_id() -> str:
    """The id of the current request; empty outside of requests."""
    return _current.get()


class RequestIds:
    """Middleware: uses the id that a proxy set in `X-Request-ID`, or generates one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The response, with the id in its header."""
        proxy_id = request.META.get("HTTP_X_REQUEST_ID", "")
        number = proxy_id if proxy_id and _ACCEPTED.fullmatch(proxy_id) else os.urandom(8).hex()
        token = _current.set(number)
        response = self._get_response(request)
        set_header(response, "X-Request-ID", number)
        if not response.streaming:  # a streamed response is still being produced by this thread
            _current.reset(token)
        return response


class WithRequestId(logging.Filter):
    """Logging filter that adds the current request's id to records."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Adds the id; every record passes."""
        record.request_id = _current.get()
        return True
