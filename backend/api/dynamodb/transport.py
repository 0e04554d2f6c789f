"""A lean way to DynamoDB: one signed HTTP request per call over kept connections, one per thread.

The repositories' calls go this way, and those of the move and its proof: boto3's client takes several
times the CPU. Endpoint, region and credentials are boto3's. What may be tried again, how often and
with which pauses follows botocore's "standard" retry mode ("Retries", Boto3 documentation), within
the bounds of a `Patience`.
"""

from __future__ import annotations

import os
import random
import ssl
import threading
import time
import weakref
import zlib
from dataclasses import dataclass
from typing import Any, Self

import orjson

from api.dynamodb import deadlines
from api.dynamodb.client import DynamoDBClient
from api.dynamodb.connection import Address, Connection, Lost, Reply, Unsent
from api.dynamodb.errors import AccessDenied, DataLayerError, InvalidInput, Throttled
from api.dynamodb.failures import (
    WRITES,
    after_doubt,
    no_credentials,
    reply_lost,
    typed_error,
    unreachable,
    unusable,
)
from api.dynamodb.signing import Credentials, Signer

_TARGET = "DynamoDB_20120810."
_TRANSIENT_STATUS = frozenset({500, 502, 503, 504})
_TRANSIENT_CODES = frozenset(
    {
        "RequestTimeout", "RequestTimeoutException", "PriorRequestNotComplete",
        "TransactionInProgressException", "ReplicatedWriteConflictException",
    }
)  # fmt: skip
_LEAST_SECONDS = 0.05  # an attempt with less time than this is not begun


@dataclass(frozen=True)
class Patience:
    """How long a call may take, in seconds, and how often it is tried.

    `total` bounds all attempts and pauses together. `idempotent` callers repeat whatever failed, so a
    refusal after a lost answer is told as the refusal.
    """

    connect: float
    answer: float
    attempts: int
    base_pause: float
    max_pause: float
    total: float = float("inf")
    retry_throttles: bool = True
    idempotent: bool = False


# A web request's call ends within 1.8 s, whatever happens.
SERVICE = Patience(0.25, 0.6, 3, 0.025, 0.4, total=1.8)
# Who sends in bulk paces itself: throttling is not tried again here.
BULK = Patience(3.0, 60.0, 4, 0.1, 5.0, retry_throttles=False, idempotent=True)


def encode_body(request: Any) -> bytes:
    """A request as it travels."""
    return orjson.dumps(request)


def pause_before(attempt: int, patience: Patience = BULK) -> float:
    """Seconds to wait before repeating attempt 1, 2, ...: exponential with full jitter."""
    longest = min(patience.max_pause, patience.base_pause * 2 ** (attempt - 1))
    return random.uniform(0, longest)  # noqa: S311 (no secret)


def _is_skew(failure: DataLayerError) -> bool:
    """Whether a signature was refused for its time (DynamoDB's words, AWS's SDKs look for the same)."""
    return failure.code == "InvalidSignatureException" and (
        "Signature expired" in failure.aws_message or "not yet current" in failure.aws_message
    )


class Transport:
    """Calls DynamoDB; safe to share between threads and across a fork."""

    def __init__(
        self, endpoint_url: str, region: str, credentials: Credentials, patience: Patience = BULK
    ) -> None:
        self._address = Address.of(endpoint_url)
        self._tls = ssl.create_default_context() if self._address.secure else None
        self._signer = Signer(credentials, region, self._address.authority)
        self._patience = patience
        self._local = threading.local()
        _everyone.add(self)

    @property
    def seconds(self) -> float:
        """How long a call may take at most."""
        return self._patience.total

    @classmethod
    def of_environment(cls, patience: Patience = BULK) -> Self:
        """The transport for the configured endpoint. Raises `AccessDenied` when there are no credentials."""
        access = DynamoDBClient.get_access()
        if access.credentials is None:
            raise no_credentials()
        return cls(access.endpoint_url, access.region, access.credentials, patience)

    def call(self, operation: str, request: Any) -> Any:
        """The parsed answer of one operation; the rest as `send`."""
        return self.send(operation, request)[0]

    def send(self, operation: str, request: Any) -> tuple[Any, int]:
        """One operation: (parsed answer, how often it was repeated).

        `request` is a dict in wire form, or its bytes. Lost connections, 5xx answers and, for the
        service, throttling are repeated with jitter. Raises the data layer's typed errors: a write that
        an attempt may have carried out without an answer is `OutcomeUnknown`, or has `in_doubt` set.
        """
        body = request if isinstance(request, bytes) else _body(operation, request)
        patience, is_write = self._patience, operation in WRITES
        deadline = min(time.monotonic() + patience.total, deadlines.deadline())
        if deadline - time.monotonic() < _LEAST_SECONDS:
            raise unreachable("no time was left to ask")
        doubt = corrected = False
        failure: DataLayerError
        attempt = 0
        while True:
            attempt += 1
            try:
                reply, answer, repeated = self._exchange(operation, body, deadline)
            except AccessDenied as error:  # there is nothing to sign with
                failure, again = error, False
            except Unsent as error:
                failure, again = unreachable(str(error)), True
                failure.__cause__ = error
            except Lost as error:
                doubt = again = True
                failure = reply_lost(operation) if is_write else unreachable(str(error))
                failure.__cause__ = error
            else:
                doubt = doubt or repeated
                if reply.status == 200:
                    return answer, attempt - 1
                failure, again = self._failure(operation, reply.status, answer, is_write)
                doubt = doubt or reply.status >= 500
                if not corrected and _is_skew(failure) and self._signer.correct(_date(reply)):
                    corrected = again = True
            left = deadline - time.monotonic()
            if not again or attempt >= patience.attempts or left < _LEAST_SECONDS:
                break
            if not corrected or not isinstance(failure, AccessDenied):
                time.sleep(min(pause_before(attempt, patience), left - _LEAST_SECONDS))
        if _is_skew(failure):
            failure.hint = "set this machine's clock: AWS takes no signature that is minutes early or late"
        failure.retries = attempt - 1
        raise after_doubt(failure, operation) if is_write and doubt and not patience.idempotent else failure

    def _failure(
        self, operation: str, status: int, answer: Any, is_write: bool
    ) -> tuple[DataLayerError, bool]:
        """The failure that an answer tells of, and whether trying again may help."""
        detail = answer if isinstance(answer, dict) else {}
        code = str(detail.get("__type", "")).rpartition("#")[2] or f"HTTP {status}"
        message = str(detail.get("message") or detail.get("Message") or "")
        failure = typed_error(code, message, detail, operation=operation, is_write=is_write, status=status)
        again = status in _TRANSIENT_STATUS or code in _TRANSIENT_CODES
        if isinstance(failure, Throttled) and code != "TransactionCanceledException":
            again = self._patience.retry_throttles
        return failure, again

    def _exchange(self, operation: str, body: bytes, deadline: float) -> tuple[Reply, Any, bool]:
        """One signed request: the answer, what its body says, and whether the request was sent twice.

        A kept connection that turns out to be dead is replaced once; the first sending may have arrived.
        """
        try:
            headers = self._signer.headers(_TARGET + operation, body)
        except Exception as error:
            raise unusable(error) from error
        lines = "\r\n".join([f"{name}: {value}" for name, value in headers.items()])
        request = f"POST / HTTP/1.1\r\nContent-Length: {len(body)}\r\n{lines}\r\n\r\n".encode() + body
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            patience = self._patience
            connection = Connection(self._address, self._tls, patience.connect, patience.answer)
            self._local.connection = connection
        repeated = False
        try:
            reply = connection.exchange(request, deadline)
        except Lost as lost:
            if not lost.idle:
                raise
            repeated = True
            try:
                reply = connection.exchange(request, deadline)
            except Unsent as error:
                raise Lost(str(error)) from error
        try:
            return reply, _said(reply), repeated
        except Lost:
            connection.close()
            raise

    def close(self) -> None:
        """Closes this thread's connection."""
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()

    def _forked(self) -> None:
        self._local = threading.local()


_everyone: weakref.WeakSet[Transport] = weakref.WeakSet()


def _forget_connections() -> None:
    """A forked child must not speak on its parent's connections."""
    for transport in _everyone:
        transport._forked()


os.register_at_fork(after_in_child=_forget_connections)


def _body(operation: str, request: Any) -> bytes:
    try:
        return orjson.dumps(request)
    except orjson.JSONEncodeError as error:
        raise InvalidInput(f"{operation}: the request cannot be encoded: {error}") from error


def _date(reply: Reply) -> str:
    return (reply.header(b"date") or b"").decode("latin-1")


def _said(reply: Reply) -> Any:
    """The parsed body; {} for one that is no JSON, if it comes with an error. Raises `Lost` for a damaged one."""
    checksum = reply.header(b"x-amz-crc32")
    if checksum is not None and checksum != b"%d" % zlib.crc32(reply.body):
        raise Lost("the answer does not match its checksum")
    try:
        answer = orjson.loads(reply.body)
    except orjson.JSONDecodeError:
        answer = None
    if reply.status == 200 and not isinstance(answer, dict):
        raise Lost("the answer is not a JSON object")
    return answer or {}
