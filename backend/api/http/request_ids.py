"""Every request has an id: in each of its log lines, in every error, and in the answer's `X-Request-ID`."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable
from contextvars import ContextVar

from django.http import HttpRequest
from django.http.response import HttpResponseBase

_current: ContextVar[str] = ContextVar("request_id", default="")
_ACCEPTED = re.compile(r"[A-Za-z0-9_.-]{8,64}")


def request_id() -> str:
    """The id of the request that is being answered; empty outside of requests."""
    return _current.get()


class RequestIds:
    """Takes the id that a proxy in front gave the request in `X-Request-ID`, or makes one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The response, with the id in its header."""
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        number = given if _ACCEPTED.fullmatch(given) else secrets.token_hex(8)
        token = _current.set(number)
        response = self._get_response(request)
        response["X-Request-ID"] = number
        if not response.streaming:  # an answer that is streamed is still being made, by this thread
            _current.reset(token)
        return response


class WithRequestId(logging.Filter):
    """Gives log records the id of the request they belong to."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Lets every record pass."""
        record.request_id = _current.get()
        return True
