"""What a request may take: seconds of data calls all together, and bytes of body. Staff get more of both."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from api.dynamodb.deadlines import within
from api.http.fault_answers import bare
from api.http.faults import TOO_LARGE, Refusal


class Bounds(NamedTuple):
    """Seconds for the calls of one request, bytes of its body."""

    seconds: float
    body: int


# A web user's request ends within 2 s, whatever happens to the table.
EVERYBODY = Bounds(1.8, 1_000_000)
# Staff replace hundreds of test cases at once; gunicorn ends a worker that is silent for 30 s.
STAFF = Bounds(20.0, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


def bounds_of(path: str) -> Bounds:
    """The bounds of an address."""
    return STAFF if path.startswith(("/api/staff/", "/staff/")) else EVERYBODY


class BoundedRequests:
    """Refuses a body that is too large before it is read, and lets all data calls end by one deadline."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The response; 413 for a body that says of itself that it is larger."""
        bounds = bounds_of(request.path)
        length = request.META.get("CONTENT_LENGTH")
        if length and length.isdecimal() and int(length) > bounds.body:
            return bare(Refusal(TOO_LARGE, f"The body may have at most {bounds.body:,} bytes here."))
        with within(bounds.seconds):
            return self._get_response(request)
