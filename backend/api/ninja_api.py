"""The Ninja API: its routers, its error handlers, and its OpenAPI document."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Swagger
from ninja.errors import HttpError, ValidationError

from api.accounts.endpoints import router as accounts
from api.accounts.token_endpoints import router as personal_tokens
from api.health.endpoints import router as health
from api.hints.endpoints import problem_router as problem_hints
from api.hints.endpoints import router as hints
from api.history.endpoints import router as history
from api.http.error_mapping import api_error_of, error_of_status
from api.http.error_responses import log_unexpected, problem_response
from api.http.errors import ApiError, FieldError, field_error, invalid_fields
from api.http.json_responses import OrjsonRenderer
from api.http.openapi import DocumentedAPI
from api.http.problem_type_endpoints import router as problem_types
from api.http.problem_types import BAD_REQUEST
from api.http.query_parameters import refuse_unknown_parameters
from api.http.request_bodies import JsonParser
from api.me.endpoints import router as me
from api.practice.endpoints import router as practice
from api.problems.endpoints import router as problems
from api.problems.search_endpoints import router as problem_search
from api.problems.staff_case_endpoints import router as staff_cases
from api.problems.staff_endpoints import router as staff_problems
from api.staff.endpoints import router as staff
from config.version import VERSION

DESCRIPTION = """\
Practise algorithm problems: find problems and test cases, record runs, share them, and open hints.

Sign in at `/api/auth/` and send the access token as `Authorization: Bearer`; a program of your own sends a personal
token instead, which you create on the account page or at `/api/me/tokens/`. Lists are paginated: `next` and the
`Link` header lead to the next page. Errors are problem documents (RFC 9457): `type` identifies the problem type,
`code` the error.
"""

api = DocumentedAPI(
    title="AlgoItny", version=VERSION, description=DESCRIPTION, docs_url="docs", openapi_url="openapi.json",
    docs=Swagger(settings={"persistAuthorization": True, "validatorUrl": None}), renderer=OrjsonRenderer(),
    parser=JsonParser(),
    urls_namespace="api",
)  # fmt: skip


# Pydantic's codes for a value that is no object; its messages name the class of the model.
_NOT_AN_OBJECT = {"model_type", "model_attributes_type", "dict_type"}


def _field(location: tuple[Any, ...]) -> str:
    """The path of a value as clients know it: `body.results.0.status`, without the name of ninja's argument."""
    source, *names = (str(part) for part in location)
    return ".".join([source, *(names[1:] if source == "body" else names)])


def _field_error(invalid: dict[str, Any]) -> FieldError:
    """One of pydantic's errors, without the names of our models and validators."""
    field, code = _field(tuple(invalid["loc"])), str(invalid["type"])
    if code in _NOT_AN_OBJECT:
        return field_error(field, "not_an_object")
    return FieldError(field, code, str(invalid["msg"]).removeprefix("Value error, "))


@api.exception_handler(ValidationError)
def _validation_error(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Pydantic's errors, each with its own code and message."""
    return problem_response(request, invalid_fields([_field_error(invalid) for invalid in error.errors]))


@api.exception_handler(HttpError)
def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Errors of ninja itself, such as a body that cannot be parsed; then the parser's own error is the cause."""
    if isinstance(error.__cause__, ApiError):
        return problem_response(request, error.__cause__)
    if error.status_code == BAD_REQUEST.status:
        return problem_response(request, ApiError("body_not_json"))
    return problem_response(request, error_of_status(error.status_code))


@api.exception_handler(Exception)
def _any_error(request: HttpRequest, error: Exception) -> HttpResponse:
    api_error = api_error_of(error)
    if api_error is None:
        log_unexpected(request, error)
        api_error = ApiError("internal_error")
    return problem_response(request, api_error)


api.add_decorator(refuse_unknown_parameters)
# Routes are tried in this order: the most frequent come first.
api.add_router("/problems/search", problem_search)  # before the problem of an id
api.add_router("/problems", problems)
api.add_router("/problems", problem_hints)
api.add_router("/history", history)
api.add_router("/history", hints)
api.add_router("/me/tokens", personal_tokens)
api.add_router("/me", me)
api.add_router("/me", practice)
api.add_router("/auth", accounts)
api.add_router("/staff/problems", staff_problems)
api.add_router("/staff/problems", staff_cases)
api.add_router("/staff", staff)
api.add_router("/health", health)
api.add_router("/faults", problem_types)
