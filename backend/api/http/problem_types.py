"""Problem types (RFC 9457): the kinds of errors that clients branch on, each with its status and its address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_noop as _

BASE_PATH = "/api/faults/"


@dataclass(frozen=True, slots=True)
class ProblemType:
    """A kind of error: its slug in the address, its HTTP status, its title, and what a client should do about it.

    The title is shown to people and translated; the remedy is for developers and stays English.
    """

    slug: str
    status: int
    title: str
    remedy: str

    @property
    def type(self) -> str:
        """The `type` of a problem document: the address of the type's description."""
        return f"{BASE_PATH}{self.slug}/"


BAD_REQUEST = ProblemType("bad-request", 400, _("Bad request"), "Send a well-formed request.")
UNAUTHENTICATED = ProblemType(
    "unauthenticated", 401, _("Sign-in required"),
    "Send a valid access token as `Authorization: Bearer`; get one at /api/auth/.",
)  # fmt: skip
FORBIDDEN = ProblemType("forbidden", 403, _("Permission denied"), "Ask someone who has the permission.")
NOT_FOUND = ProblemType("not-found", 404, _("Not found"), "Check the address and the id.")
METHOD_NOT_ALLOWED = ProblemType(
    "method-not-allowed", 405, _("Method not allowed"), "Use a method that the Allow header lists."
)
CONFLICT = ProblemType(
    "conflict", 409, _("Conflict with the current state"), "Read the current state and decide again."
)
PRECONDITION_FAILED = ProblemType(
    "precondition-failed", 412, _("Changed by someone else"),
    "Read it again, and send the change with the new ETag in If-Match.",
)  # fmt: skip
TOO_LARGE = ProblemType("too-large", 413, _("Request too large"), "Send less; `detail` names the limit.")
UNSUPPORTED_MEDIA_TYPE = ProblemType(
    "unsupported-media-type", 415, _("Unsupported media type"),
    "Send JSON with `Content-Type: application/json` and without `Content-Encoding`.",
)  # fmt: skip
INVALID = ProblemType("invalid", 422, _("Invalid input"), "`errors` lists each invalid field.")
PRECONDITION_REQUIRED = ProblemType(
    "precondition-required", 428, _("Version required"), "Send the ETag that you read in If-Match."
)
# The IETF draft on RateLimit fields registers the type of this name for a used-up quota.
QUOTA_EXCEEDED = ProblemType(
    "quota-exceeded", 429, _("Quota used up"), "Wait for the seconds in Retry-After."
)
TOO_MANY_ATTEMPTS = ProblemType(
    "too-many-attempts", 429, _("Too many attempts"), "Wait for the seconds in Retry-After."
)
SERVER_ERROR = ProblemType(
    "server-error", 500, _("Something went wrong"), "Report the request_id; trying again may help."
)
UNAVAILABLE = ProblemType(
    "unavailable", 503, _("Temporarily unavailable"),
    "Nothing was changed. Try again after the seconds in Retry-After.",
)  # fmt: skip
OUTCOME_UNKNOWN = ProblemType(
    "outcome-unknown", 503, _("No response in time"),
    "The change may have been saved: check before you send it again.",
)  # fmt: skip

PROBLEM_TYPES: Mapping[str, ProblemType] = {
    problem.slug: problem
    for problem in (
        BAD_REQUEST, UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, METHOD_NOT_ALLOWED, CONFLICT, PRECONDITION_FAILED,
        TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, INVALID, PRECONDITION_REQUIRED, QUOTA_EXCEEDED, TOO_MANY_ATTEMPTS,
        SERVER_ERROR, UNAVAILABLE, OUTCOME_UNKNOWN,
    )
}  # fmt: skip
