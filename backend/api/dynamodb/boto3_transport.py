"""boto3's way to DynamoDB behind the same interface as `transport`, and what boto3 raises as typed failures.

Chosen with `DYNAMODB_TRANSPORT=boto3`; the operators' tools, which create and describe tables, always
use boto3 and share `translate`.
"""

from __future__ import annotations

import base64
import zlib
from typing import TYPE_CHECKING, Any

import orjson
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConfigParseError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    ProfileNotFound,
    ProxyConnectionError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)
from botocore.exceptions import ConnectionError as BotoConnectionError

from api.dynamodb import errors
from api.dynamodb.failures import (
    WRITES,
    after_doubt,
    no_credentials,
    reply_lost,
    typed_error,
    unreachable,
    unusable,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

_NO_CREDENTIALS = (
    ConfigParseError,
    CredentialRetrievalError,
    PartialCredentialsError,
    ProfileNotFound,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)
# These never reached the engine; after any other failure of the connection, nobody can tell.
_UNSENT = (EndpointConnectionError, ConnectTimeoutError, ProxyConnectionError)
_DOUBT = "algoitny_in_doubt"
_RETRIES = "algoitny_retries"
_DAMAGED = "algoitny_damaged"
_NOT_WHOLE = "the answer was damaged"


def note_doubt(
    parsed_response: Any,
    exception: Any,
    context: dict[str, Any],
    response_dict: dict[str, Any] | None = None,
    **_: Any,
) -> None:
    """Marks the outcome of a call one of whose attempts may have been carried out, and counts the attempts.

    A handler of botocore's `response-received` event: botocore raises the last attempt's failure alone,
    this sees every attempt.
    """
    if exception is not None:
        exception.algoitny_retries = context.get("retries", {}).get("attempt", 1) - 1
        doubtful = not isinstance(exception, _UNSENT)
    else:
        status = parsed_response["ResponseMetadata"]["HTTPStatusCode"]
        doubtful = status >= 500 or status == 200  # a good answer is asked for again if it is damaged
    if doubtful:
        context[_DOUBT] = True
    if response_dict is not None and _is_damaged(response_dict):
        parsed_response["ResponseMetadata"][_DAMAGED] = True
    if _DOUBT not in context:
        return
    if exception is not None:
        exception.algoitny_in_doubt = True
    else:
        parsed_response["ResponseMetadata"][_DOUBT] = True


def _is_damaged(response: dict[str, Any]) -> bool:
    """Whether an answer differs from its checksum, or says 200 and is no JSON; botocore makes {} of such a body."""
    body: bytes = response["body"]
    checksum = response["headers"].get("x-amz-crc32")
    if checksum is not None and checksum != str(zlib.crc32(body)):
        return True
    if response["status_code"] != 200:
        return False
    try:
        return not isinstance(orjson.loads(body), dict)
    except orjson.JSONDecodeError:
        return True


def _lost(operation: str, metadata: dict[str, Any]) -> errors.DataLayerError:
    """The failure of a call whose last answer was damaged."""
    failure: errors.DataLayerError = reply_lost(operation) if operation in WRITES else unreachable(_NOT_WHOLE)
    failure.retries = metadata.get("RetryAttempts", 0)
    return failure


def translate(error: Exception, *, operation: str, is_write: bool) -> errors.DataLayerError:
    """The typed failure for what boto3 raised; the original stays attached as `__cause__` by `raise ... from`.

    A write that failed is `OutcomeUnknown` whenever one of its attempts may have been carried out. Only a
    refused condition keeps its type then, with `in_doubt` set: the stored item can tell what happened.
    """
    failure: errors.DataLayerError
    if isinstance(error, ClientError):
        answer: Any = from_boto3(error.response)
        metadata = answer.get("ResponseMetadata", {})
        if _DAMAGED in metadata:
            return _lost(operation, metadata)
        failure = typed_error(
            answer.get("Error", {}).get("Code", ""), answer.get("Error", {}).get("Message", ""), answer,
            operation=operation, is_write=is_write, status=metadata.get("HTTPStatusCode", 400),
        )  # fmt: skip
        failure.retries = metadata.get("RetryAttempts", 0)
        return after_doubt(failure, operation) if is_write and _DOUBT in metadata else failure
    if isinstance(error, NoCredentialsError):
        return no_credentials()
    if isinstance(error, BotoConnectionError | HTTPClientError):
        failure = unreachable()
        if is_write and (not isinstance(error, _UNSENT) or hasattr(error, _DOUBT)):
            failure = reply_lost(operation)
        failure.retries = getattr(error, _RETRIES, 0)
        return failure
    if isinstance(error, _NO_CREDENTIALS):
        return unusable(error)
    if isinstance(error, ParamValidationError):
        return errors.InvalidInput(f"{operation}: {error}")
    if isinstance(error, BotoCoreError):
        return errors.DataLayerError(f"{operation}: {error}")
    raise error


def _to_boto3(value: Any) -> Any:
    """A wire value as boto3 takes it: binaries as bytes."""
    if isinstance(value, dict):
        if len(value) == 1 and isinstance(value.get("B"), str):
            return {"B": base64.b64decode(value["B"])}
        if len(value) == 1 and isinstance(value.get("BS"), list):
            return {"BS": [base64.b64decode(element) for element in value["BS"]]}
        return {name: _to_boto3(inner) for name, inner in value.items()}
    return [_to_boto3(inner) for inner in value] if isinstance(value, list) else value


def from_boto3(value: Any) -> Any:
    """What boto3 hands out as it travels: binaries as base64 text."""
    if isinstance(value, dict):
        return {name: from_boto3(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [from_boto3(inner) for inner in value]
    return base64.b64encode(value).decode("ascii") if isinstance(value, bytes) else value


class Boto3Transport:
    """Calls DynamoDB through a boto3 client; safe to share between threads.

    Its time-outs are the client's own for each attempt: it keeps no deadline, which `seconds` says.
    """

    seconds = float("inf")

    def __init__(self, client: BotoClient) -> None:
        calls: Any = client
        self._methods = {
            "GetItem": calls.get_item,
            "BatchGetItem": calls.batch_get_item,
            "Query": calls.query,
            "PutItem": calls.put_item,
            "UpdateItem": calls.update_item,
            "DeleteItem": calls.delete_item,
            "BatchWriteItem": calls.batch_write_item,
            "TransactWriteItems": calls.transact_write_items,
        }

    def send(self, operation: str, request: dict[str, Any]) -> tuple[Any, int]:
        """One operation: (answer in wire form, how often it was repeated). Raises the typed errors."""
        try:
            arguments = _to_boto3(request)
        except ValueError as error:
            raise errors.InvalidInput(f"{operation}: a binary is not base64") from error
        try:
            answer = self._methods[operation](**arguments)
        except (ClientError, BotoCoreError) as error:
            raise translate(error, operation=operation, is_write=operation in WRITES) from error
        except (OSError, ValueError, RuntimeError) as error:  # a provider of credentials let them out
            raise unusable(error) from error
        metadata = answer.pop("ResponseMetadata", {})
        if _DAMAGED in metadata:
            raise _lost(operation, metadata)
        try:
            return from_boto3(answer), metadata.get("RetryAttempts", 0)
        except ValueError as error:
            raise errors.Corrupt(f"{operation}: an answer cannot be read: {error}") from error
