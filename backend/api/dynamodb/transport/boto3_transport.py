"""Calls DynamoDB through boto3, with the same interface as `http`, and maps boto3's exceptions to typed errors.

`DYNAMODB_TRANSPORT=boto3` selects it. The operators' tools, which create and describe tables, always use
boto3 and share `translate`.
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
from api.dynamodb.transport.error_mapping import (
    WRITES,
    after_ambiguous_attempt,
    credentials_missing,
    credentials_unusable,
    endpoint_unreachable,
    response_lost,
    typed_error,
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
# The request did not reach the engine; after any other connection error it may have.
_NOT_SENT = (EndpointConnectionError, ConnectTimeoutError, ProxyConnectionError)
_AMBIGUOUS = "algoitny_ambiguous"
_RETRIES = "algoitny_retries"
_DAMAGED = "algoitny_damaged"
_DAMAGED_RESPONSE = "the response was damaged"


def record_attempt(
    parsed_response: Any,
    exception: Any,
    context: dict[str, Any],
    response_dict: dict[str, Any] | None = None,
    **_: Any,
) -> None:
    """Marks a call whose outcome is unknown because one of its attempts may have been carried out.

    A handler of botocore's `response-received` event. It sees every attempt and counts them, while
    botocore raises the last attempt's error alone.
    """
    if exception is not None:
        exception.algoitny_retries = context.get("retries", {}).get("attempt", 1) - 1
        ambiguous = not isinstance(exception, _NOT_SENT)
    else:
        status = parsed_response["ResponseMetadata"]["HTTPStatusCode"]
        ambiguous = status >= 500 or status == 200  # botocore retries a damaged 200 response
    if ambiguous:
        context[_AMBIGUOUS] = True
    if response_dict is not None and _is_damaged(response_dict):
        parsed_response["ResponseMetadata"][_DAMAGED] = True
    if _AMBIGUOUS not in context:
        return
    if exception is not None:
        exception.algoitny_ambiguous = True
    else:
        parsed_response["ResponseMetadata"][_AMBIGUOUS] = True


def _is_damaged(response: dict[str, Any]) -> bool:
    """Whether a response differs from its checksum, or is 200 without JSON, which botocore parses as {}."""
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


def _damaged_error(operation: str, metadata: dict[str, Any]) -> errors.DataLayerError:
    """The error of a call whose last response was damaged."""
    failure: errors.DataLayerError = (
        response_lost(operation) if operation in WRITES else endpoint_unreachable(_DAMAGED_RESPONSE)
    )
    failure.retries = metadata.get("RetryAttempts", 0)
    return failure


def translate(error: Exception, *, operation: str, is_write: bool) -> errors.DataLayerError:
    """The typed error for an exception of boto3; callers attach the original with `raise ... from`.

    A failed write is `OutcomeUnknown` whenever one of its attempts may have been carried out. Only a failed
    condition keeps its type, with `in_doubt` set: the stored item shows what happened. Raises other exceptions
    again.
    """
    failure: errors.DataLayerError
    if isinstance(error, ClientError):
        response: Any = from_boto3(error.response)
        metadata = response.get("ResponseMetadata", {})
        if _DAMAGED in metadata:
            return _damaged_error(operation, metadata)
        failure = typed_error(
            response.get("Error", {}).get("Code", ""), response.get("Error", {}).get("Message", ""), response,
            operation=operation, is_write=is_write, status=metadata.get("HTTPStatusCode", 400),
        )  # fmt: skip
        failure.retries = metadata.get("RetryAttempts", 0)
        return after_ambiguous_attempt(failure, operation) if is_write and _AMBIGUOUS in metadata else failure
    if isinstance(error, NoCredentialsError):
        return credentials_missing()
    if isinstance(error, BotoConnectionError | HTTPClientError):
        failure = endpoint_unreachable()
        if is_write and (not isinstance(error, _NOT_SENT) or hasattr(error, _AMBIGUOUS)):
            failure = response_lost(operation)
        failure.retries = getattr(error, _RETRIES, 0)
        return failure
    if isinstance(error, _NO_CREDENTIALS):
        return credentials_unusable(error)
    if isinstance(error, ParamValidationError):
        return errors.InvalidInput(f"{operation}: {error}")
    if isinstance(error, BotoCoreError):
        return errors.DataLayerError(f"{operation}: {error}")
    raise error


def _to_boto3(value: Any) -> Any:
    """A wire value as boto3 expects it: binaries as bytes."""
    if isinstance(value, dict):
        if len(value) == 1 and isinstance(value.get("B"), str):
            return {"B": base64.b64decode(value["B"])}
        if len(value) == 1 and isinstance(value.get("BS"), list):
            return {"BS": [base64.b64decode(element) for element in value["BS"]]}
        return {name: _to_boto3(inner) for name, inner in value.items()}
    return [_to_boto3(inner) for inner in value] if isinstance(value, list) else value


def from_boto3(value: Any) -> Any:
    """A value of boto3 in wire form: binaries as base64 text."""
    if isinstance(value, dict):
        return {name: from_boto3(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [from_boto3(inner) for inner in value]
    return base64.b64encode(value).decode("ascii") if isinstance(value, bytes) else value


class Boto3Transport:
    """Calls DynamoDB through a boto3 client; safe to share between threads.

    Its time-outs are the client's, for each attempt. It keeps no deadline, so `seconds` is infinite.
    """

    seconds = float("inf")

    def __init__(self, client: BotoClient) -> None:
        methods: Any = client
        self._methods = {
            "GetItem": methods.get_item,
            "BatchGetItem": methods.batch_get_item,
            "Query": methods.query,
            "Scan": methods.scan,
            "PutItem": methods.put_item,
            "UpdateItem": methods.update_item,
            "DeleteItem": methods.delete_item,
            "BatchWriteItem": methods.batch_write_item,
            "TransactWriteItems": methods.transact_write_items,
        }

    def send(self, operation: str, request: dict[str, Any]) -> tuple[Any, int]:
        """One operation: (response in wire form, number of retries). Raises the typed errors."""
        try:
            arguments = _to_boto3(request)
        except ValueError as error:
            raise errors.InvalidInput(f"{operation}: a binary is not base64") from error
        try:
            response = self._methods[operation](**arguments)
        except (ClientError, BotoCoreError) as error:
            raise translate(error, operation=operation, is_write=operation in WRITES) from error
        except (OSError, ValueError, RuntimeError) as error:  # raised by a credential provider
            raise credentials_unusable(error) from error
        metadata = response.pop("ResponseMetadata", {})
        if _DAMAGED in metadata:
            raise _damaged_error(operation, metadata)
        try:
            return from_boto3(response), metadata.get("RetryAttempts", 0)
        except ValueError as error:
            raise errors.Corrupt(f"{operation}: a response cannot be read: {error}") from error
