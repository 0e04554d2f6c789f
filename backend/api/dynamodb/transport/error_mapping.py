"""Maps AWS's error responses to the data layer's typed errors, for every transport."""

from __future__ import annotations

from typing import Any

from api.dynamodb import errors
from config.environment import environment

WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"})

# The codes that botocore's "standard" retry mode counts as throttling, those of data calls.
_THROTTLES = {
    "BandwidthLimitExceeded",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
}
_TOO_MANY_REQUESTS = 429
_DENIALS = {
    "AccessDeniedException",
    "UnrecognizedClientException",
    "InvalidSignatureException",
    "ExpiredTokenException",
    "MissingAuthenticationTokenException",
    "IncompleteSignatureException",
}
# DynamoDB sends SerializationException for a value that has no valid wire form.
_INVALID = {"ValidationException", "SerializationException"}
_CHECK_CREDENTIALS = "check the credentials, AWS_PROFILE and AWS_DEFAULT_REGION"


def typed_error(
    code: str, message: str, body: Any, *, operation: str, is_write: bool, status: int = 400
) -> errors.DataLayerError:
    """The typed error for an error response of DynamoDB.

    `body` is the parsed response, which may carry the stored item or the reasons.
    """
    detail: Any = {"code": code, "aws_message": message}
    if code == "ConditionalCheckFailedException":
        return errors.ConditionFailed(f"{operation}: {message}", item=body.get("Item"), **detail)
    if code == "TransactionCanceledException":
        reasons = [
            (reason.get("Code", "None"), reason.get("Item")) for reason in body.get("CancellationReasons", [])
        ]
        if any(reason in ("ThrottlingError", "ProvisionedThroughputExceeded") for reason, _ in reasons):
            return errors.Throttled(f"{operation}: {message}", **detail)
        return errors.TransactionCancelled(f"{operation}: {message}", reasons=reasons, **detail)
    if code in _THROTTLES or status == _TOO_MANY_REQUESTS:
        entries = body.get("ThrottlingReasons") or body.get("throttlingReasons") or ()
        throttling = tuple(str(entry.get("reason", entry)) for entry in entries)
        return errors.Throttled(f"{operation}: {message}", reasons=throttling, **detail)
    if code == "ResourceNotFoundException":
        return errors.TableMissing(
            f"table {environment().table_name} does not exist at {environment().target}",
            hint="create it with: make dynamodb-init", **detail,
        )  # fmt: skip
    if code in _DENIALS:
        return errors.AccessDenied(
            f"AWS refused {operation} ({code})", hint="check the credentials and their permissions", **detail
        )
    if code in _INVALID:
        if "specified index" in message or "backfilling" in message.lower():
            return errors.IndexMissing(
                f"{operation}: {message}", hint="create it with: make dynamodb-init", **detail
            )
        return errors.InvalidInput(f"{operation}: {message}", **detail)
    if status >= 500:
        kind = errors.OutcomeUnknown if is_write else errors.Unavailable
        return kind(f"{operation}: the engine failed ({code or status})", **detail)
    return errors.DataLayerError(f"{operation}: {code}: {message}", **detail)


def after_ambiguous_attempt(failure: errors.DataLayerError, operation: str) -> errors.DataLayerError:
    """The error of a write when an earlier attempt may have been carried out and its response was lost.

    It is `OutcomeUnknown`, whatever the last attempt returned. Only a failed condition keeps its type, with
    `in_doubt` set: the stored item shows what happened.
    """
    if isinstance(failure, errors.OutcomeUnknown):
        return failure
    if isinstance(failure, errors.ConditionFailed | errors.TransactionCancelled):
        failure.in_doubt = True
        return failure
    unknown = errors.OutcomeUnknown(
        f"{operation}: the answer to an earlier attempt was lost, the last one got: {failure}",
        code=failure.code, aws_message=failure.aws_message,
    )  # fmt: skip
    unknown.retries, unknown.__cause__ = failure.retries, failure
    return unknown


def response_lost(operation: str) -> errors.OutcomeUnknown:
    """The error of a write that was sent and got no response."""
    return errors.OutcomeUnknown(f"{operation}: the answer of {environment().target} was lost")


def endpoint_unreachable(reason: str = "") -> errors.Unavailable:
    """The error of an endpoint that does not respond; `reason` is the connection's error."""
    settings = environment()
    hint = "check the network and AWS_DEFAULT_REGION"
    if settings.endpoint_url is not None:
        hint = "start it with: make engine (or: docker compose up -d localstack), or correct LOCALSTACK_URL"
    detail = f" ({reason})" if reason else ""
    return errors.Unavailable(f"nothing answers at {settings.target}{detail}", hint=hint)


def credentials_missing() -> errors.AccessDenied:
    """The error of calls that cannot be signed, because there are no credentials."""
    return errors.AccessDenied(
        "no AWS credentials were found",
        hint="set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or LOCALSTACK_URL for a local engine",
    )


def credentials_unusable(error: Exception) -> errors.AccessDenied:
    """The error of a profile, region or credential that boto3 cannot use."""
    reason = " ".join(str(error).split())  # the output of a credential process may have several lines
    return errors.AccessDenied(f"AWS cannot be used: {reason}", hint=_CHECK_CREDENTIALS)
