"""What errors of the data layer and the limiter mean to a client. Details of AWS and of the set-up stay in the log."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from django.http import UnreadablePostError

from api.dynamodb import errors as e
from api.dynamodb.clock import utc_now
from api.http.errors import ApiError
from api.limits import LimiterUnavailable, NotAdmitted, headers

logger = logging.getLogger("algoitny.errors")

_NOT_CONFIGURED_RETRY_SECONDS = 30
_PAUSED_RETRY_SECONDS = 5
_BY_STATUS: Mapping[int, str] = {
    400: "bad_request",
    401: "sign_in_required",
    403: "forbidden",
    404: "page_not_found",
    405: "method_not_allowed",
    409: "conflict",
    412: "changed_meanwhile",
    413: "request_too_large",
    415: "unsupported_media_type",
    422: "invalid_fields",
    428: "if_match_required",
    429: "too_many_requests",
    500: "internal_error",
    503: "service_unavailable",
}


def api_error_of(error: BaseException) -> ApiError | None:
    """What an error that the service raises on purpose means to a client; None for any other error."""
    match error:
        case ApiError():
            return error
        case UnreadablePostError():  # the client went away, or sent its body too slowly
            return ApiError("bad_request")
        case NotAdmitted():
            return _quota_error(error)
        case LimiterUnavailable():
            return ApiError("quota_unknown", retry_after=error.retry_after)
        case e.NotFound():
            return ApiError("not_found")
        case e.Duplicate():
            return ApiError("already_in_use", field=error.field)
        case e.ConditionFailed():
            return ApiError("changed_meanwhile")
        case e.InvalidInput():
            return ApiError("invalid_value", reason=str(error))
        case e.OutcomeUnknown():
            return ApiError("outcome_unknown")
        case e.Throttled() | e.Unavailable():
            return _unavailable(error)
        case e.TableMissing() | e.IndexMissing() | e.AccessDenied():
            logger.error("the data layer is not set up: %s", error)
            return ApiError("not_configured", retry_after=_NOT_CONFIGURED_RETRY_SECONDS)
    return None


def _unavailable(error: e.Throttled | e.Unavailable) -> ApiError:
    if isinstance(error, e.WritesPaused):
        return ApiError("writes_paused", retry_after=_PAUSED_RETRY_SECONDS)
    return ApiError("data_unavailable")


def _quota_error(error: NotAdmitted) -> ApiError:
    decision = error.decision
    rate_limit = headers(error.action, decision, utc_now())
    if decision.limit < 1:
        return ApiError("not_in_plan", action=error.action, headers=rate_limit)
    return ApiError(
        "quota_used_up", action=error.action, limit=decision.limit, reset_time=decision.reset_time,
        headers=rate_limit,
    )  # fmt: skip


def error_of_status(status: int) -> ApiError:
    """The general error of an HTTP status; of a status without one, the client's or the server's."""
    return ApiError(_BY_STATUS.get(status) or ("internal_error" if status >= 500 else "bad_request"))
