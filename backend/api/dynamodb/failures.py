"""AWS's error answers as the data layer's typed failures, whichever way the call went."""

from __future__ import annotations

from typing import Any

from api.dynamodb import errors
from config.environment import environment

WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"})

# The codes that botocore's "standard" retry mode takes for throttling, as far as a call for data may get them.
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
# A value that has no such form at all is refused before it is looked at.
_INVALID = {"ValidationException", "SerializationException"}
_CHECK_CREDENTIALS = "check the credentials, AWS_PROFILE and AWS_DEFAULT_REGION"


def typed_error(
    code: str, message: str, body: Any, *, operation: str, is_write: bool, status: int = 400
) -> errors.DataLayerError:
    """The typed failure for an error answer of DynamoDB; `body` is the parsed answer, for what it carries besides."""
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
        found = body.get("ThrottlingReasons") or body.get("throttlingReasons") or ()
        why = tuple(str(reason.get("reason", reason)) for reason in found)
        return errors.Throttled(f"{operation}: {message}", reasons=why, **detail)
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


def after_doubt(failure: errors.DataLayerError, operation: str) -> errors.DataLayerError:
    """The failure of a write one of whose earlier attempts may have been carried out without an answer.

    It is `OutcomeUnknown`, whatever the last attempt got. Only a refused condition keeps its type, with
    `in_doubt` set: the stored item can tell what happened.
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


def reply_lost(operation: str) -> errors.OutcomeUnknown:
    """The failure of a write that was sent and never answered."""
    return errors.OutcomeUnknown(f"{operation}: the answer of {environment().target} was lost")


def unreachable(why: str = "") -> errors.Unavailable:
    """The failure of an endpoint that does not answer; `why` is what the connection met."""
    settings = environment()
    hint = "check the network and AWS_DEFAULT_REGION"
    if settings.endpoint_url is not None:
        hint = "start it with: make engine (or: docker compose up -d localstack), or correct LOCALSTACK_URL"
    met = f" ({why})" if why else ""
    return errors.Unavailable(f"nothing answers at {settings.target}{met}", hint=hint)


def no_credentials() -> errors.AccessDenied:
    """The failure of calls that cannot be signed."""
    return errors.AccessDenied(
        "no AWS credentials were found",
        hint="set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or LOCALSTACK_URL for a local engine",
    )


def unusable(error: Exception) -> errors.AccessDenied:
    """The failure of a profile, region or credential that boto3 cannot use."""
    why = " ".join(str(error).split())  # what a program for credentials printed may have several lines
    return errors.AccessDenied(f"AWS cannot be used: {why}", hint=_CHECK_CREDENTIALS)
