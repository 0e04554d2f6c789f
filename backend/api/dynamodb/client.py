"""Makes boto3's DynamoDB clients: the endpoint, the credentials and the bounds of every call are decided here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConfigParseError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    ProxyConnectionError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)
from botocore.exceptions import ConnectionError as BotoConnectionError

from api.dynamodb import errors
from config.environment import environment

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient
    from mypy_boto3_dynamodb.service_resource import Table

# A request of a web user: at most 2 attempts of 0.25 s to connect and 0.75 s to answer.
SERVICE_CONFIG = Config(
    connect_timeout=0.25,
    read_timeout=0.75,
    retries={"mode": "standard", "total_max_attempts": 2},
    tcp_keepalive=True,
    max_pool_connections=32,
)
# An operator's tool waits longer: creating a table or reading a full page may take seconds.
OPERATOR_CONFIG = Config(
    connect_timeout=2,
    read_timeout=30,
    retries={"mode": "standard", "total_max_attempts": 4},
    tcp_keepalive=True,
    max_pool_connections=32,
)


_CHECK_CREDENTIALS = "check the credentials, AWS_PROFILE and AWS_DEFAULT_REGION"
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


@contextmanager
def credentials_needed() -> Iterator[None]:
    """For code that makes a client or asks for credentials, and so may run a program or call AWS STS.

    Whatever boto3 lets out of there (it does not wrap all of it) becomes `AccessDenied`.
    """
    try:
        yield
    except (BotoCoreError, ClientError, OSError, ValueError, RuntimeError) as error:
        raise _unusable(error) from error


def _unusable(error: Exception) -> errors.AccessDenied:
    return errors.AccessDenied(f"AWS cannot be used: {error}", hint=_CHECK_CREDENTIALS)


def _session() -> Any:
    """A boto3 session; a local endpoint without credentials gets placeholder ones, AWS never does."""
    settings = environment()
    session = boto3.Session(region_name=settings.region)
    if settings.endpoint_url is not None and session.get_credentials() is None:
        placeholder = "test"
        session = boto3.Session(
            region_name=settings.region, aws_access_key_id=placeholder, aws_secret_access_key=placeholder
        )
    return session


@lru_cache(maxsize=8)
def _client(endpoint_url: str | None, region: str, patient: bool) -> Any:
    config = OPERATOR_CONFIG if patient else SERVICE_CONFIG
    with credentials_needed():
        client = _session().client("dynamodb", endpoint_url=endpoint_url, region_name=region, config=config)
    client.meta.events.register("response-received.dynamodb", _note_doubt)
    return client


def _note_doubt(parsed_response: Any, exception: Any, context: dict[str, Any], **_: Any) -> None:
    """Marks the outcome of a call one of whose attempts may have been carried out without our knowing it.

    botocore raises the last attempt's failure alone; this sees every attempt.
    """
    if exception is not None:
        doubtful = not isinstance(exception, _UNSENT)
    else:
        doubtful = parsed_response["ResponseMetadata"]["HTTPStatusCode"] >= 500
    if doubtful:
        context[_DOUBT] = True
    if _DOUBT not in context:
        return
    if exception is not None:
        exception.algoitny_in_doubt = True
    else:
        parsed_response["ResponseMetadata"][_DOUBT] = True


@lru_cache(maxsize=8)
def _table(endpoint_url: str | None, region: str, name: str) -> Any:
    with credentials_needed():
        resource = _session().resource(
            "dynamodb", endpoint_url=endpoint_url, region_name=region, config=SERVICE_CONFIG
        )
        return resource.Table(name)


class DynamoDBClient:
    """The way to DynamoDB: LocalStack or any other endpoint named by `LOCALSTACK_URL`, AWS when it is unset."""

    @staticmethod
    def get_client(*, patient: bool = False) -> BotoClient:
        """The low-level client, shared by all threads; no call is made.

        `patient` gives an operator's tool longer time-outs and more attempts than a web request has.
        """
        settings = environment()
        client: BotoClient = _client(settings.endpoint_url, settings.region, patient)
        return client

    @staticmethod
    def get_table() -> Table:
        """The resource of the service's table (`algoitny_main`), to hand to repositories; no call is made."""
        settings = environment()
        table: Table = _table(settings.endpoint_url, settings.region, settings.table_name)
        return table

    @staticmethod
    def client_of(table: Table) -> BotoClient:
        """The low-level client for the endpoint and region that a table resource belongs to."""
        meta = table.meta.client.meta
        default = DynamoDBClient.get_client()
        if (meta.endpoint_url, meta.region_name) == (default.meta.endpoint_url, default.meta.region_name):
            return default
        client: BotoClient = _client(meta.endpoint_url, meta.region_name, False)
        return client

    @staticmethod
    def forget() -> None:
        """Drops the cached clients, after the settings or the credentials changed."""
        _client.cache_clear()
        _table.cache_clear()


_THROTTLES = {
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "RequestLimitExceeded",
    "Throttling",
}
_DENIALS = {
    "AccessDeniedException",
    "UnrecognizedClientException",
    "InvalidSignatureException",
    "ExpiredTokenException",
    "MissingAuthenticationTokenException",
    "IncompleteSignatureException",
}


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
    if code in _THROTTLES:
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
    if code == "ValidationException":
        if "specified index" in message or "backfilling" in message.lower():
            return errors.IndexMissing(
                f"{operation}: {message}", hint="create it with: make dynamodb-init", **detail
            )
        return errors.InvalidInput(f"{operation}: {message}", **detail)
    if status >= 500:
        kind = errors.OutcomeUnknown if is_write else errors.Unavailable
        return kind(f"{operation}: the engine failed ({code or status})", **detail)
    return errors.DataLayerError(f"{operation}: {code}: {message}", **detail)


def translate(error: Exception, *, operation: str, is_write: bool) -> errors.DataLayerError:
    """The typed failure for what boto3 raised; the original stays attached as `__cause__` by `raise ... from`.

    A write that failed is `OutcomeUnknown` whenever one of its attempts may have been carried out. Only a
    refused condition keeps its type then, with `in_doubt` set: the stored item can tell what happened.
    """
    if isinstance(error, ClientError):
        answer: Any = error.response
        metadata = answer.get("ResponseMetadata", {})
        failure = typed_error(
            answer.get("Error", {}).get("Code", ""), answer.get("Error", {}).get("Message", ""), answer,
            operation=operation, is_write=is_write, status=metadata.get("HTTPStatusCode", 400),
        )  # fmt: skip
        if not is_write or _DOUBT not in metadata:
            return failure
        if isinstance(failure, errors.ConditionFailed | errors.TransactionCancelled):
            failure.in_doubt = True
            return failure
        return errors.OutcomeUnknown(
            f"{operation}: the answer to an earlier attempt was lost, the last one got: {failure}",
            code=failure.code, aws_message=failure.aws_message,
        )  # fmt: skip
    if isinstance(error, NoCredentialsError):
        return errors.AccessDenied(
            "no AWS credentials were found",
            hint="set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or LOCALSTACK_URL for a local engine",
        )
    if isinstance(error, BotoConnectionError | HTTPClientError):
        if is_write and (not isinstance(error, _UNSENT) or hasattr(error, _DOUBT)):
            return errors.OutcomeUnknown(f"{operation}: the answer of {environment().target} was lost")
        return unreachable()
    if isinstance(error, _NO_CREDENTIALS):
        return _unusable(error)
    if isinstance(error, BotoCoreError):
        return errors.DataLayerError(f"{operation}: {error}")
    raise error


def unreachable() -> errors.Unavailable:
    """The failure of an endpoint that does not answer."""
    settings = environment()
    hint = "check the network and AWS_DEFAULT_REGION"
    if settings.endpoint_url is not None:
        hint = "start it with: make engine (or: docker compose up -d localstack), or correct LOCALSTACK_URL"
    return errors.Unavailable(f"nothing answers at {settings.target}", hint=hint)
