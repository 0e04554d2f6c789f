"""Calls DynamoDB with one signed HTTP request each, over one kept connection per thread.

The repositories and the migration use it, because boto3's client takes several times the CPU. Endpoint,
region and credentials are boto3's. Which errors are retried, how often and with which pauses follows
botocore's "standard" retry mode ("Retries", Boto3 documentation), within the bounds of a `RetryPolicy`.
"""

from __future__ import annotations

import os
import ssl
import threading
import time
import weakref
import zlib
from typing import Any, Self

import orjson

from api.dynamodb.errors import AccessDenied, DataLayerError, InvalidInput, Throttled, Unavailable
from api.dynamodb.transport import deadlines
from api.dynamodb.transport.access import configured_access
from api.dynamodb.transport.connection import Address, Connection, RequestNotSent, Response, ResponseLost
from api.dynamodb.transport.error_mapping import (
    WRITES,
    after_ambiguous_attempt,
    credentials_unusable,
    endpoint_unreachable,
    response_lost,
    typed_error,
)
from api.dynamodb.transport.retry import BULK_POLICY, RetryPolicy, backoff_seconds
from api.dynamodb.transport.signing import Credentials, Signer

_TARGET = "DynamoDB_20120810."
_TRANSIENT_STATUS = frozenset({500, 502, 503, 504})
_TRANSIENT_CODES = frozenset(
    {
        "RequestTimeout", "RequestTimeoutException", "PriorRequestNotComplete",
        "TransactionInProgressException", "ReplicatedWriteConflictException",
    }
)  # fmt: skip
_MIN_ATTEMPT_SECONDS = 0.05  # no attempt starts with less time than this


class _AttemptFailed(Exception):
    """One attempt failed: with which error, and whether a retry may help.

    `ambiguous`: the engine may have carried the request out. `server_date` is the response's Date header, in
    case the signature was refused because of this machine's clock.
    """

    def __init__(
        self, error: DataLayerError, *, retryable: bool, ambiguous: bool = False, server_date: str = ""
    ) -> None:
        super().__init__(str(error))
        self.error = error
        self.retryable = retryable
        self.ambiguous = ambiguous
        self.server_date = server_date


def _is_skew(failure: DataLayerError) -> bool:
    """Whether a signature was refused for its time; AWS's SDKs look for the same texts."""
    return failure.code == "InvalidSignatureException" and (
        "Signature expired" in failure.aws_message or "not yet current" in failure.aws_message
    )


class Transport:
    """Calls DynamoDB; safe to share between threads and across a fork."""

    def __init__(
        self,
        endpoint_url: str,
        region: str,
        credentials: Credentials,
        policy: RetryPolicy = BULK_POLICY,
        ca_bundle: str | None = None,
    ) -> None:
        self._address = Address.of(endpoint_url)
        self._tls = _tls_context(ca_bundle) if self._address.secure else None
        self._signer = Signer(credentials, region, self._address.authority)
        self._policy = policy
        self._local = threading.local()
        _instances.add(self)

    @property
    def seconds(self) -> float:
        """The longest that a call may take."""
        return self._policy.total

    @classmethod
    def of_environment(cls, policy: RetryPolicy = BULK_POLICY) -> Self:
        """The transport for the configured endpoint; no call is made.

        Raises as `configured_access`, and `Unavailable` for an endpoint, proxy or CA bundle that cannot be used.
        """
        access = configured_access()
        return cls(access.endpoint_url, access.region, access.credentials, policy, access.ca_bundle)

    def call(self, operation: str, request: Any) -> Any:
        """The parsed response of one operation; everything else as in `send`."""
        return self.send(operation, request)[0]

    def send(self, operation: str, request: Any) -> tuple[Any, int]:
        """Sends one operation; returns the parsed response and the number of retries.

        `request` is a dict in wire form, or its bytes. Lost connections, 5xx responses and, if the policy says
        so, throttling are retried with jitter. Raises the data layer's typed errors. A write that an attempt
        may have carried out without a response is `OutcomeUnknown`, or has `in_doubt` set.
        """
        body = request if isinstance(request, bytes) else _encode(operation, request)
        policy = self._policy
        deadline = min(time.monotonic() + policy.total, deadlines.deadline())
        if deadline - time.monotonic() < _MIN_ATTEMPT_SECONDS:
            raise endpoint_unreachable("no time was left for the call")
        ambiguous = clock_corrected = False
        attempt = 1
        while True:
            try:
                return self._attempt(operation, body, deadline), attempt - 1
            except _AttemptFailed as failed:
                error = failed.error
                ambiguous = ambiguous or failed.ambiguous
                # A signature refused for its time is repeated once, at once, by the server's clock.
                retry_now = not clock_corrected and self._correct_clock(failed)
                clock_corrected = clock_corrected or retry_now
                retry = retry_now or failed.retryable
            remaining = deadline - time.monotonic()
            if not retry or attempt >= policy.attempts or remaining < _MIN_ATTEMPT_SECONDS:
                break
            if not retry_now:
                time.sleep(min(backoff_seconds(attempt, policy), remaining - _MIN_ATTEMPT_SECONDS))
            attempt += 1
        if _is_skew(error):
            error.hint = "set this machine's clock: AWS refuses signatures that are minutes early or late"
        error.retries = attempt - 1
        if ambiguous and operation in WRITES and not policy.idempotent:
            error = after_ambiguous_attempt(error, operation)
        raise error

    def _attempt(self, operation: str, body: bytes, deadline: float) -> Any:
        """The parsed response of one attempt. Raises `_AttemptFailed`."""
        is_write = operation in WRITES
        try:
            response, answer, resent = self._exchange(
                self._signed_request(operation, body, deadline), deadline
            )
        except (AccessDenied, Unavailable) as unsigned:  # no credentials to sign with
            raise _AttemptFailed(unsigned, retryable=False) from None
        except RequestNotSent as cause:
            unsent = endpoint_unreachable(str(cause))
            unsent.__cause__ = cause
            raise _AttemptFailed(unsent, retryable=True) from None
        except ResponseLost as cause:
            lost = response_lost(operation) if is_write else endpoint_unreachable(str(cause))
            lost.__cause__ = cause
            raise _AttemptFailed(lost, retryable=True, ambiguous=True) from None
        if response.status == 200:
            return answer
        error, retryable = self._response_error(operation, response.status, answer, is_write)
        ambiguous = resent or response.status >= 500
        raise _AttemptFailed(error, retryable=retryable, ambiguous=ambiguous, server_date=_date(response))

    def _correct_clock(self, failed: _AttemptFailed) -> bool:
        """Signs from now on by the server's clock, if it refused a signature for its time; whether it did."""
        return _is_skew(failed.error) and self._signer.correct(failed.server_date)

    def _response_error(
        self, operation: str, status: int, answer: Any, is_write: bool
    ) -> tuple[DataLayerError, bool]:
        """The typed error of an error response, and whether a retry may help."""
        detail = answer if isinstance(answer, dict) else {}
        code = str(detail.get("__type", "")).rpartition("#")[2] or f"HTTP {status}"
        message = str(detail.get("message") or detail.get("Message") or "")
        error = typed_error(code, message, detail, operation=operation, is_write=is_write, status=status)
        if isinstance(error, Throttled) and code != "TransactionCanceledException":
            return error, self._policy.retry_throttles
        return error, status in _TRANSIENT_STATUS or code in _TRANSIENT_CODES

    def _signed_request(self, operation: str, body: bytes, deadline: float) -> bytes:
        """The bytes of an HTTP request. Raises `AccessDenied` or `Unavailable` without usable credentials."""
        try:
            headers = self._signer.headers(_TARGET + operation, body, deadline=deadline)
        except DataLayerError:
            raise
        except Exception as error:
            raise credentials_unusable(error) from error
        lines = "\r\n".join([f"{name}: {value}" for name, value in headers.items()])
        return f"POST / HTTP/1.1\r\nContent-Length: {len(body)}\r\n{lines}\r\n\r\n".encode() + body

    def _exchange(self, request: bytes, deadline: float) -> tuple[Response, Any, bool]:
        """Sends a request: the response, its parsed body, and whether the request was sent twice.

        A kept connection that turns out to be dead is replaced once; the first request may have arrived. Raises
        `RequestNotSent` and `ResponseLost`.
        """
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            policy = self._policy
            connection = Connection(self._address, self._tls, policy.connect_timeout, policy.read_timeout)
            self._local.connection = connection
        resent = False
        try:
            response = connection.exchange(request, deadline)
        except ResponseLost as lost:
            if not lost.idle:
                raise
            resent = True
            try:
                response = connection.exchange(request, deadline)
            except RequestNotSent as error:
                raise ResponseLost(str(error)) from error
        try:
            return response, _parsed_body(response), resent
        except ResponseLost:
            connection.close()
            raise

    def close(self) -> None:
        """Closes this thread's connection."""
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()

    def _forked(self) -> None:
        self._local = threading.local()


_instances: weakref.WeakSet[Transport] = weakref.WeakSet()


def _drop_inherited_connections() -> None:
    """A forked child must not use its parent's connections."""
    for transport in _instances:
        transport._forked()


os.register_at_fork(after_in_child=_drop_inherited_connections)


def _tls_context(ca_bundle: str | None) -> ssl.SSLContext:
    """Verifies servers by the system's certificates, or by those of a file alone."""
    try:
        return ssl.create_default_context(cafile=ca_bundle)
    except OSError as error:
        raise Unavailable(
            f"the certificates in {ca_bundle} cannot be read: {error}",
            hint="set AWS_CA_BUNDLE, or ca_bundle of the profile, to a file of certificates in PEM",
        ) from error


def _encode(operation: str, request: Any) -> bytes:
    try:
        return orjson.dumps(request)
    except orjson.JSONEncodeError as error:
        raise InvalidInput(f"{operation}: the request cannot be encoded: {error}") from error


def _date(response: Response) -> str:
    return (response.headers.get(b"date") or b"").decode("latin-1")


def _parsed_body(response: Response) -> Any:
    """The parsed body; {} for an error response that is not JSON. Raises `ResponseLost` for a damaged one."""
    checksum = response.headers.get(b"x-amz-crc32")
    if checksum is not None and checksum != b"%d" % zlib.crc32(response.body):
        raise ResponseLost("the response does not match its checksum")
    try:
        answer = orjson.loads(response.body)
    except orjson.JSONDecodeError:
        answer = None
    if response.status == 200 and not isinstance(answer, dict):
        raise ResponseLost("the response is not a JSON object")
    return answer or {}
