"""The API: every router at its place, errors as problem documents, the OpenAPI document and its pages."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Swagger
from ninja.errors import HttpError, ValidationError

from api.accounts.endpoints import router as accounts
from api.health.endpoints import router as health
from api.hints.endpoints import router as hints
from api.history.endpoints import router as history
from api.http.answers import OrjsonParser, OrjsonRenderer
from api.http.fault_descriptions import router as faults
from api.http.faults import (
    BAD_REQUEST,
    INVALID,
    SERVER_ERROR,
    UNAUTHENTICATED,
    Refusal,
    fault_response,
    kind_of_status,
    log_unexpected,
    refusal_of,
)
from api.http.openapi import DocumentedAPI
from api.me.endpoints import router as me
from api.problems.endpoints import router as problems
from api.problems.staff_endpoints import router as staff_problems
from api.staff.endpoints import router as staff
from config.version import VERSION

DESCRIPTION = """\
Practise algorithm problems: look problems and test cases up, record runs, share them, ask for hints.

Sign in at `/api/auth/` and send the access token as `Authorization: Bearer`. Lists come in pages: `next`, and the
header `Link`, lead to the following one. Errors are problem documents (RFC 9457); `type` names the kind of error.
"""

api = DocumentedAPI(
    title="AlgoItny", version=VERSION, description=DESCRIPTION, docs_url="docs", openapi_url="openapi.json",
    docs=Swagger(settings={"persistAuthorization": True, "validatorUrl": None}), renderer=OrjsonRenderer(),
    parser=OrjsonParser(),
    urls_namespace="api",
)  # fmt: skip


def _field(place: tuple[Any, ...]) -> str:
    """Where a value is, as a person writes it: `body.results.0.status`; ninja's name of the argument is left out."""
    source, *rest = (str(part) for part in place)
    named = rest[1:] if source in ("body", "form") and len(rest) > 1 else rest
    return ".".join([source, *named])


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    fields = [(_field(tuple(found["loc"])), str(found["msg"])) for found in error.errors]
    names = ", ".join(dict.fromkeys(field for field, _ in fields))
    return fault_response(request, Refusal(INVALID, f"These cannot be used: {names}.", fields=fields))


@api.exception_handler(HttpError)
def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Ninja's own: a body that is no JSON, or no permission."""
    kind = UNAUTHENTICATED if error.status_code == 401 else kind_of_status(error.status_code)
    detail = "The body is not JSON." if kind is BAD_REQUEST else error.message
    return fault_response(request, Refusal(kind, detail))


@api.exception_handler(Exception)
def _any_error(request: HttpRequest, error: Exception) -> HttpResponse:
    refusal = refusal_of(error)
    if refusal is None:
        log_unexpected(request, error)
        refusal = Refusal(SERVER_ERROR, "Something broke; the request_id leads us to it.")
    return fault_response(request, refusal)


# In the order in which addresses are looked for: what is asked for most comes first.
api.add_router("/problems", problems)
api.add_router("/history", history)
api.add_router("/history", hints)
api.add_router("/me", me)
api.add_router("/auth", accounts)
api.add_router("/staff/problems", staff_problems)
api.add_router("/staff", staff)
api.add_router("/health", health)
api.add_router("/faults", faults)
