"""Error responses: problem documents (RFC 9457) for the API, pages for people; no response is a bare status."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import lru_cache
from typing import Any, cast

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.module_loading import import_string
from pydantic import BaseModel, Field

from api.http.error_mapping import api_error_of, error_of_status
from api.http.errors import ApiError
from api.http.json_responses import JSON_TYPE
from api.http.request_ids import request_id
from metrics.recorder import recorder

logger = logging.getLogger("algoitny.errors")

CONTENT_TYPE = "application/problem+json"
ErrorPage = Callable[[HttpRequest, ApiError, int], HttpResponse]
_PRESERVED_HEADERS = ("Allow", "Retry-After", "WWW-Authenticate")


class InvalidField(BaseModel):
    """An invalid field of the request."""

    field: str = Field(description="its path, such as `body.code` or `query.limit`")
    code: str = Field(description="names the error", examples=["too_long"])
    message: str


class ProblemDocument(BaseModel):
    """A problem document (RFC 9457)."""

    type: str = Field(description="identifies the problem type; the address describes it")
    title: str
    status: int
    code: str = Field(description="names the error within its type", examples=["problem_not_found"])
    detail: str
    instance: str = Field(description="the path of the request")
    request_id: str = Field(description="identifies this request in the service's log")
    errors: list[InvalidField] | None = Field(default=None, description="each invalid field")


def problem_response(request: HttpRequest, error: ApiError, status: int | None = None) -> HttpResponse:
    """The problem document of an error; `status` where it differs from the problem type's."""
    problem = error.problem
    document: dict[str, Any] = {
        "type": problem.type, "title": problem.title, "status": status or problem.status, "code": error.code,
        "detail": error.detail, "instance": request.path, "request_id": request_id(),
    }  # fmt: skip
    if error.fields:
        document["errors"] = [
            {"field": invalid.field, "code": invalid.code, "message": invalid.message()}
            for invalid in error.fields
        ]
    response = HttpResponse(orjson.dumps(document), status=document["status"], content_type=CONTENT_TYPE)
    for name, value in error.headers.items():
        response[name] = value
    response["Cache-Control"] = "no-store"
    return response


@lru_cache(maxsize=1)
def _error_page() -> ErrorPage:
    return cast(ErrorPage, import_string(settings.ERROR_PAGE))


def is_api(request: HttpRequest) -> bool:
    """Whether the request is for the API, whose errors are problem documents; others get pages."""
    return request.path.startswith("/api/")


def error_response(request: HttpRequest, error: ApiError, status: int | None = None) -> HttpResponse:
    """The response to an error: a problem document or a page, by the request's path."""
    code = status or error.problem.status
    if is_api(request):
        return problem_response(request, error, code)
    response = _error_page()(request, error, code)
    for name, value in error.headers.items():
        response[name] = value
    return as_error_page(response)


def as_error_page(response: HttpResponse) -> HttpResponse:
    """The response, marked: it explains its error itself, so `ErrorResponses` leaves it as it is."""
    response.is_error_page = True  # type: ignore[attr-defined]
    return response


class ErrorResponses:
    """Middleware: turns errors that views raise on purpose, and bare error statuses, into explained responses.

    In debug, Django's own page for an unexpected error stays: it shows developers more.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The view's response, or the explained one in place of a bare error status."""
        response = self._get_response(request)
        status = response.status_code
        is_debug_page = status == 500 and settings.DEBUG and not is_api(request)
        if status < 400 or _is_explained(response) or is_debug_page:
            return response
        error = getattr(response, "api_error", None) or error_of_status(status)
        explained = error_response(request, error, status)
        for name in _PRESERVED_HEADERS:
            if response.has_header(name):
                explained[name] = response[name]
        return explained

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """The response to an error raised on purpose; None leaves any other error to Django's handling of 500."""
        api_error = api_error_of(error)
        return None if api_error is None else error_response(request, api_error)


def _is_explained(response: HttpResponseBase) -> bool:
    """Whether an error response is complete: a page, a problem document, or an endpoint's own JSON."""
    content_type = response.get("Content-Type", "")
    return bool(getattr(response, "is_error_page", False)) or content_type in (CONTENT_TYPE, JSON_TYPE)


def bare_response(error: ApiError) -> HttpResponse:
    """A response without a body, from code that does not know about pages; `ErrorResponses` explains it."""
    response: Any = HttpResponse(status=error.problem.status)
    response.api_error = error
    return cast(HttpResponse, response)


def csrf_failure(_request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's view for forms that fail the CSRF check."""
    return bare_response(ApiError("form_expired"))


def log_unexpected(request: HttpRequest, error: BaseException) -> None:
    """Logs an error that was not raised on purpose, with its traceback; the client gets the request id only."""
    logger.error(
        "%s %s failed: %s", request.method, request.path, type(error).__name__,
        exc_info=error, extra={"fields": {"method": request.method, "path": request.path}},
    )  # fmt: skip
    match = request.resolver_match
    recorder.error(type(error).__name__, method=request.method, route=None if match is None else match.route)
