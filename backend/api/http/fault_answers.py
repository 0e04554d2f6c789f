"""No answer is a bare error: whatever goes wrong inside becomes a problem document, or a page that says it."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.module_loading import import_string

from api.http.answers import JSON_TYPE
from api.http.faults import CONTENT_TYPE, FORBIDDEN, Refusal, fault_response, kind_of_status, refusal_of

Render = Callable[[HttpRequest, Refusal, int], HttpResponse]
_KEPT_HEADERS = ("Allow", "Retry-After", "WWW-Authenticate")
_DETAILS = {
    400: "The server cannot make sense of this request.",
    403: "You may not do this.",
    404: "Nothing is at this address.",
    405: "This address does not do that.",
    413: "The request is too large.",
}


@lru_cache(maxsize=1)
def _pages() -> Render:
    return cast(Render, import_string(settings.FAULT_PAGE))


def is_api(request: HttpRequest) -> bool:
    """Whether a program asks, which wants problem documents; people want pages."""
    return request.path.startswith("/api/")


def refused(request: HttpRequest, refusal: Refusal, status: int | None = None) -> HttpResponse:
    """What the site answers to a refusal, in the form that the asker reads."""
    code = status or refusal.kind.status
    if is_api(request):
        return fault_response(request, refusal, code)
    response = _pages()(request, refusal, code)
    for name, value in refusal.headers.items():
        response[name] = value
    response.is_fault = True  # type: ignore[attr-defined]
    return response


class FaultAnswers:
    """Turns refusals and errors of the data layer into answers, and bare error responses into telling ones.

    In debug, Django's own page of an unexpected error stays: it shows developers more.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The response."""
        response = self._get_response(request)
        status = response.status_code
        if (
            status < 400
            or _is_telling(response)
            or (status == 500 and settings.DEBUG and not is_api(request))
        ):
            return response
        refusal = getattr(response, "refusal", None) or Refusal(
            kind_of_status(status), _DETAILS.get(status, "This did not work.")
        )
        told = refused(request, refusal, status)
        for name in _KEPT_HEADERS:
            if response.has_header(name):
                told[name] = response[name]
        return told

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """The answer to what a view raised on purpose; None leaves anything else to Django's handling of 500."""
        refusal = refusal_of(error)
        return None if refusal is None else refused(request, refusal)


def _is_telling(response: HttpResponseBase) -> bool:
    """Whether an error has a form already: a page or a problem document, or an answer of an endpoint's own."""
    content_type = response.get("Content-Type", "")
    return bool(getattr(response, "is_fault", False)) or content_type in (CONTENT_TYPE, JSON_TYPE)


def bare(refusal: Refusal) -> HttpResponse:
    """A refusal from a place that knows nothing of pages; `FaultAnswers` gives it its form."""
    response: Any = HttpResponse(status=refusal.kind.status)
    response.refusal = refusal
    return cast(HttpResponse, response)


def csrf_failure(_request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's view for forms that do not come from our own pages."""
    return bare(
        Refusal(FORBIDDEN, "The form is too old, or cookies are off: reload the page and send it again.")
    )
