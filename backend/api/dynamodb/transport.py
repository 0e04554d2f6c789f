"""A lean way to DynamoDB for bulk work: one signed HTTP request per call over kept connections.

It serves the move and its proof, where boto3's client would take most of the CPU.
Endpoint, region and credentials come from boto3's configuration; errors are the data
layer's own. Throttling is not retried here: whoever sends in bulk paces itself.
"""

from __future__ import annotations

import base64
import random
import socket
import ssl
import threading
import time
import zlib
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import orjson

from api.dynamodb.client import DynamoDBClient, credentials_needed, typed_error, unreachable
from api.dynamodb.errors import AccessDenied, DataLayerError, OutcomeUnknown, Unavailable
from api.dynamodb.signing import Signer

_TARGET = "DynamoDB_20120810."
_READS = frozenset({"GetItem", "BatchGetItem", "Query", "Scan", "DescribeTable"})
CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 60.0
ATTEMPTS = 4
_BASE_PAUSE = 0.05
_MAX_PAUSE = 5.0


def encode_body(request: Any) -> bytes:
    """A request as it travels; binaries may be bytes."""
    return orjson.dumps(request, default=_base64)


def _base64(value: Any) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    raise TypeError(type(value).__name__)


def pause_before(attempt: int) -> float:
    """Seconds to wait before attempt 1, 2, ...: exponential with full jitter, at most 5 s."""
    return random.uniform(0, min(_MAX_PAUSE, _BASE_PAUSE * 2**attempt))  # noqa: S311 (no secret)


def _is_skew(failure: DataLayerError) -> bool:
    """Whether a signature was refused for its time (DynamoDB's words, AWS's SDKs look for the same)."""
    return failure.code == "InvalidSignatureException" and (
        "Signature expired" in failure.aws_message or "not yet current" in failure.aws_message
    )


class Transport:
    """Calls DynamoDB; one connection per thread, safe to share between threads."""

    def __init__(self, endpoint_url: str, region: str, credentials: Any) -> None:
        parts = urlsplit(endpoint_url)
        self._secure = parts.scheme == "https"
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if self._secure else 80)
        self._signer = Signer(credentials, region, parts.netloc.rpartition("@")[2])
        self._local = threading.local()
        proxy = None if proxy_bypass(self._host) else getproxies().get(parts.scheme)
        self._proxy = urlsplit(proxy) if proxy else None
        if self._proxy is not None and not self._secure:
            raise Unavailable(
                f"a proxy is set for {self._host}",
                hint=f"add {self._host} to NO_PROXY: plain HTTP is not proxied",
            )
        self._tls = ssl.create_default_context() if self._secure else None

    @classmethod
    def of_environment(cls) -> Transport:
        """The transport for the configured endpoint, with boto3's region and credentials.

        Raises `AccessDenied` when there are no credentials.
        """
        client = DynamoDBClient.get_client(patient=True)
        credentials = client._request_signer._credentials  # type: ignore[attr-defined]
        if credentials is None:
            raise AccessDenied(
                "no AWS credentials were found",
                hint="set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or LOCALSTACK_URL for a local engine",
            )
        return cls(client.meta.endpoint_url, client.meta.region_name, credentials)

    def call(self, operation: str, request: Any) -> Any:
        """The parsed answer of one operation.

        `request` is a dict in wire form, or its bytes. Lost connections and 5xx answers are retried
        with jitter, four attempts in all, since every bulk operation here is idempotent. Raises the
        data layer's typed errors; `Throttled` at once.
        """
        body = request if isinstance(request, bytes) else encode_body(request)
        failure: DataLayerError = unreachable()
        corrected = False
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(pause_before(attempt))
            try:
                status, answer, date = self._exchange(operation, body)
            except (OSError, HTTPException) as error:
                self.close()
                failure = unreachable()
                if operation not in _READS and not isinstance(
                    error, ConnectionRefusedError | socket.gaierror
                ):
                    failure = OutcomeUnknown(f"{operation}: the answer was lost ({type(error).__name__})")
                failure.__cause__ = error
                continue
            if status == 200:
                return answer
            failure = self._failure(operation, status, answer)
            if _is_skew(failure):
                if not corrected and self._signer.correct(date):
                    corrected = True
                    continue
                failure.hint = (
                    "set this machine's clock: AWS takes no signature that is minutes early or late"
                )
            if status < 500:
                break
        raise failure

    def _failure(self, operation: str, status: int, answer: Any) -> DataLayerError:
        detail = answer if isinstance(answer, dict) else {}
        code = str(detail.get("__type", "")).rpartition("#")[2] or f"HTTP {status}"
        message = str(detail.get("message") or detail.get("Message") or "")
        return typed_error(
            code, message, detail, operation=operation, is_write=operation not in _READS, status=status
        )

    def _exchange(self, operation: str, body: bytes) -> tuple[int, Any, str]:
        """One request: (status, parsed answer, the server's date).

        An idle connection that the other side had dropped is replaced once.
        """
        target = _TARGET + operation
        for fresh in (False, True):
            with credentials_needed():
                headers = self._signer.headers(target, body)
            connection, reused = self._connection()
            try:
                connection.request("POST", "/", body, headers)
                response = connection.getresponse()
                data = response.read()
                break
            except (ConnectionResetError, BrokenPipeError, HTTPException):
                self.close()
                if not reused or fresh:
                    raise
        date = response.headers.get("date", "")
        checksum = response.headers.get("x-amz-crc32")
        if checksum is not None and int(checksum) != zlib.crc32(data):
            raise HTTPException("the answer does not match its checksum")
        if response.headers.get("connection", "").lower() == "close":
            self.close()
        try:
            return response.status, orjson.loads(data) if data else {}, date
        except orjson.JSONDecodeError:
            if response.status == 200:
                raise HTTPException("the answer is not JSON") from None
            return response.status, {}, date

    def _connection(self) -> tuple[HTTPConnection, bool]:
        """This thread's connection, and whether it was open already."""
        connection: HTTPConnection | None = getattr(self._local, "connection", None)
        if connection is None:
            host, port = self._host, self._port
            if self._proxy is not None:
                host, port = self._proxy.hostname or "", self._proxy.port or 80
            if self._tls is not None:
                connection = HTTPSConnection(host, port, timeout=ANSWER_SECONDS, context=self._tls)
            else:
                connection = HTTPConnection(host, port, timeout=ANSWER_SECONDS)
            if self._proxy is not None:
                connection.set_tunnel(self._host, self._port)
            self._local.connection = connection
        reused = connection.sock is not None
        if not reused:
            connection.timeout = CONNECT_SECONDS
            connection.connect()
            connection.sock.settimeout(ANSWER_SECONDS)
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection, reused

    def close(self) -> None:
        """Closes this thread's connection."""
        connection: HTTPConnection | None = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None
