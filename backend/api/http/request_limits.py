"""Limits of one request: seconds for all its data calls together, and bytes of its body. Staff get more of both."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from api.dynamodb.transport.deadlines import within
from api.http.error_responses import bare_response
from api.http.errors import ApiError


class RequestLimits(NamedTuple):
    """Seconds for the calls of one request, and bytes of its body."""

    seconds: float
    body_bytes: int


# A user's request ends within 2 s, whatever happens to the table.
EVERYONE = RequestLimits(1.8, 1_000_000)
# Staff replace hundreds of test cases at once; gunicorn kills a worker that is silent for 30 s.
STAFF = RequestLimits(20.0, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


def limits_of(path: str) -> RequestLimits:
    """The limits for a path."""
    return STAFF if path.startswith(("/api/staff/", "/staff/")) else EVERYONE


def _read_chunks(request: HttpRequest) -> ApiError | None:
    """Reads a body that is sent without a length, which Django would take for an empty one; why it cannot be used.

    Such a body is read before it is known who sends it, so staff have no more bytes for it than everyone.
    """
    try:
        body = request.META["wsgi.input"].read(EVERYONE.body_bytes + 1)
    except Exception:  # gunicorn has several errors for chunks that are malformed or broken off
        return ApiError("bad_request")
    request.META["CONTENT_LENGTH"] = str(len(body))
    request._body = body
    if len(body) > EVERYONE.body_bytes:
        return ApiError("body_too_large", limit=EVERYONE.body_bytes)
    return None


def refuse_body(request: HttpRequest, error: ApiError) -> HttpResponse:
    """The response to a body that is not read; to the error page, the request has an empty form."""
    request._mark_post_parse_error()  # type: ignore[attr-defined]
    return bare_response(error)


class LimitedRequests:
    """Middleware: rejects a body that is too large before it is read, and gives all data calls one deadline."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The response; 413 when the body exceeds the limit."""
        limits = limits_of(request.path)
        length = request.META.get("CONTENT_LENGTH")
        if length and length.isdecimal() and int(length) > limits.body_bytes:
            return refuse_body(request, ApiError("body_too_large", limit=limits.body_bytes))
        if "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower():
            error = _read_chunks(request)
            if error is not None:
                return refuse_body(request, error)
        with within(limits.seconds):
            return self._get_response(request)
