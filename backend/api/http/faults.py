"""Errors as clients see them: RFC 9457 problem details, made here and nowhere else.

The functions of the service raise `Refusal` or an error of the data layer; both the API and the pages turn
those into what they show by `refusal_of`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from pydantic import BaseModel, Field

from api.dynamodb import errors as e
from api.dynamodb.clock import utc_now
from api.http.request_ids import request_id
from api.limits import LimiterUnavailable, NotAdmitted, headers

logger = logging.getLogger("algoitny.faults")

CONTENT_TYPE = "application/problem+json"
PLACE = "/api/faults/"


@dataclass(frozen=True, slots=True)
class FaultKind:
    """One kind of error: its name in the address of its type, its status, its title, what a client should do."""

    slug: str
    status: int
    title: str
    remedy: str

    @property
    def type(self) -> str:
        """The address that names the kind, and explains it to whoever opens it."""
        return f"{PLACE}{self.slug}/"


BAD_REQUEST = FaultKind("bad-request", 400, "The request cannot be read", "Send a well-formed request.")
UNAUTHENTICATED = FaultKind(
    "unauthenticated", 401, "Sign in first",
    "Send a valid access token as `Authorization: Bearer`; get one at /api/auth/.",
)  # fmt: skip
FORBIDDEN = FaultKind("forbidden", 403, "This is not for you", "Ask somebody who may do this.")
NOT_FOUND = FaultKind("not-found", 404, "There is no such thing here", "Check the address and the id.")
METHOD_NOT_ALLOWED = FaultKind(
    "method-not-allowed", 405, "This address does not do that", "Use a method that the header Allow names."
)
CONFLICT = FaultKind(
    "conflict", 409, "It is taken, or was changed meanwhile", "Read it again and decide anew."
)
PRECONDITION_FAILED = FaultKind(
    "precondition-failed", 412, "Somebody changed it meanwhile",
    "Read it again, and send the change with the new ETag in If-Match.",
)  # fmt: skip
TOO_LARGE = FaultKind("too-large", 413, "The request is too large", "Send less; the detail names the limit.")
INVALID = FaultKind("invalid", 422, "Some of what was sent cannot be used", "`errors` names each field.")
PRECONDITION_REQUIRED = FaultKind(
    "precondition-required", 428, "Say which version you change", "Send the ETag that you read in If-Match."
)
# The type that the IETF's draft on RateLimit fields registers for a used-up quota has this name.
QUOTA_EXCEEDED = FaultKind(
    "quota-exceeded", 429, "The day's quota is used up", "Come back after the seconds of Retry-After."
)
TOO_MANY = FaultKind("too-many-attempts", 429, "Too many attempts", "Wait for the seconds of Retry-After.")
SERVER_ERROR = FaultKind(
    "server-error", 500, "Something broke on our side", "Tell us the request_id; trying again may help."
)
UNAVAILABLE = FaultKind(
    "unavailable", 503, "The data cannot be reached at the moment",
    "Nothing was changed. Try again after the seconds of Retry-After.",
)  # fmt: skip
OUTCOME_UNKNOWN = FaultKind(
    "outcome-unknown", 503, "No answer came in time", "It may have been saved: look before you send it again."
)

KINDS: Mapping[str, FaultKind] = {
    kind.slug: kind
    for kind in (
        BAD_REQUEST, UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, METHOD_NOT_ALLOWED, CONFLICT, PRECONDITION_FAILED,
        TOO_LARGE, INVALID, PRECONDITION_REQUIRED, QUOTA_EXCEEDED, TOO_MANY, SERVER_ERROR, UNAVAILABLE,
        OUTCOME_UNKNOWN,
    )
}  # fmt: skip
_BY_STATUS: Mapping[int, FaultKind] = {kind.status: kind for kind in reversed(tuple(KINDS.values()))}


class FieldFault(BaseModel):
    """What is wrong with one field of the request."""

    field: str = Field(description="where it is, such as `body.code` or `query.limit`")
    message: str


class Fault(BaseModel):
    """A problem document (RFC 9457)."""

    type: str = Field(description="names the kind of problem; its address explains it")
    title: str
    status: int
    detail: str
    instance: str = Field(description="the address that was asked")
    request_id: str = Field(description="names this request in the service's log")
    errors: list[FieldFault] | None = Field(default=None, description="each field that cannot be used")


class Refusal(Exception):
    """The answer is no: of which kind, why, and for validation which fields; `headers` go with the answer."""

    def __init__(
        self,
        kind: FaultKind,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        fields: Sequence[tuple[str, str]] = (),
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.headers = dict(headers or {})
        self.fields = fields


def invalid(field: str, message: str) -> Refusal:
    """The refusal of one field, named as the request has it (`body.language`)."""
    return Refusal(INVALID, f"{field}: {message}", fields=[(field, message)])


RETRY_SECONDS = 2


def _unreachable(kind: FaultKind, detail: str, seconds: int = RETRY_SECONDS) -> Refusal:
    return Refusal(kind, detail, headers={"Retry-After": str(seconds)})


def refusal_of(error: BaseException) -> Refusal | None:
    """What an error that the service raises on purpose means to a client; None for any other error.

    Details of AWS, of keys and of the set-up stay in the log.
    """
    match error:
        case Refusal():
            return error
        case NotAdmitted():
            decision = error.decision
            if decision.limit < 1:
                detail = f"Your plan has no {error.action}s."
            else:
                detail = (
                    f"All {decision.limit} uses of {error.action} are used; "
                    f"the next is possible after {decision.reset_time.isoformat(timespec='seconds')}."
                )
            return Refusal(QUOTA_EXCEEDED, detail, headers=headers(error.action, decision, utc_now()))
        case LimiterUnavailable():
            return _unreachable(UNAVAILABLE, "Your quota cannot be checked at the moment.", error.retry_after)
        case e.NotFound():
            return Refusal(NOT_FOUND, "There is no such thing, or it is not yours.")
        case e.Duplicate():
            return Refusal(CONFLICT, f"This {error.field} is already in use.")
        case e.ConditionFailed():
            return Refusal(PRECONDITION_FAILED, "It was changed by somebody else meanwhile.")
        case e.InvalidInput():
            return Refusal(INVALID, str(error))
        case e.OutcomeUnknown():
            return _unreachable(
                OUTCOME_UNKNOWN, "It may or may not have been saved: look before trying again."
            )
        case e.Throttled() | e.Unavailable():
            return _unreachable(UNAVAILABLE, "The data cannot be reached at the moment; nothing was changed.")
        case e.TableMissing() | e.IndexMissing() | e.AccessDenied():
            logger.error("the data layer is not set up: %s", error)
            return _unreachable(UNAVAILABLE, "The service is not set up completely.", 30)
    return None


def kind_of_status(status: int) -> FaultKind:
    """The plain kind of a status; of one that has none the client's or the server's general kind."""
    return _BY_STATUS.get(status) or (SERVER_ERROR if status >= 500 else BAD_REQUEST)


def fault_response(request: HttpRequest, refusal: Refusal, status: int | None = None) -> HttpResponse:
    """The problem document of a refusal; `status` where it differs from the kind's."""
    kind = refusal.kind
    code = status or kind.status
    document: dict[str, Any] = {
        "type": kind.type, "title": kind.title, "status": code, "detail": refusal.detail,
        "instance": request.path, "request_id": request_id(),
    }  # fmt: skip
    if refusal.fields:
        document["errors"] = [{"field": field, "message": message} for field, message in refusal.fields]
    response = HttpResponse(orjson.dumps(document), status=code, content_type=CONTENT_TYPE)
    for name, value in refusal.headers.items():
        response[name] = value
    response["Cache-Control"] = "no-store"
    return response


def log_unexpected(request: HttpRequest, error: BaseException) -> None:
    """An error that nobody raised on purpose: into the log with its traceback; the client learns the request id."""
    logger.error(
        "%s %s failed: %s", request.method, request.path, type(error).__name__,
        exc_info=error, extra={"fields": {"method": request.method, "path": request.path}},
    )  # fmt: skip
