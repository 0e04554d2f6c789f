"""A proxy before a DynamoDB engine, on 127.0.0.1, that records every call and makes the faults that a test asks for."""

from __future__ import annotations

import json
import random
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit


class Fault(Enum):
    """What may happen to a call."""

    CUT = auto()  # the connection is closed and the engine sees nothing
    HOLD = auto()  # the engine sees nothing, and the connection stays open without an answer for 2 s
    LOSE_REPLY = auto()  # the engine carries the call out, its answer is lost
    DELAY = auto()  # the answer comes 20 ms later
    LATE = auto()  # the engine carries the call out, its answer comes when a web request's caller has gone
    GARBAGE = auto()  # the engine carries the call out, what comes back is not HTTP
    DAMAGED = auto()  # the engine carries the call out, the answer's body does not match its checksum
    EMPTY = auto()  # the engine carries the call out, its answer has no members
    ERROR_500 = auto()
    THROTTLE = auto()
    DENY = auto()
    REFUSE = auto()  # a ValidationException
    UNPROCESSED = auto()  # half of a BatchWriteItem comes back as UnprocessedItems


TRANSIENT = (Fault.CUT, Fault.LOSE_REPLY, Fault.DELAY, Fault.ERROR_500, Fault.THROTTLE, Fault.UNPROCESSED)

_SECONDS = {Fault.DELAY: 0.02, Fault.LATE: 0.9}
_ERRORS = {
    Fault.ERROR_500: (500, "InternalServerError", "injected"),
    Fault.THROTTLE: (400, "ProvisionedThroughputExceededException", "injected"),
    Fault.DENY: (400, "AccessDeniedException", "User: arn:aws:iam::1:user/x is not authorized"),
    Fault.REFUSE: (400, "ValidationException", "One or more parameter values are not valid (injected)"),
}


@dataclass
class Call:
    """One call as the proxy saw it; `answer` is None when the caller got none."""

    operation: str
    request: Any
    fault: Fault | None = None
    answer: Any = None

    @property
    def keys(self) -> list[tuple[str, str]]:
        """(PK, SK) of the items of a BatchWriteItem, those that it deletes included."""
        if self.operation != "BatchWriteItem":
            return []
        batches = self.request["RequestItems"].values()
        writes = [entry for batch in batches for entry in batch]
        items = [
            entry["PutRequest"]["Item"] if "PutRequest" in entry else entry["DeleteRequest"]["Key"]
            for entry in writes
        ]
        return [(item["PK"]["S"], item["SK"]["S"]) for item in items]


def no_fault(call: Call) -> Fault | None:
    """Lets every call pass."""
    return None


@dataclass
class RandomFaults:
    """Makes one of `faults` happen to a share of the calls; seeded."""

    share: float
    faults: tuple[Fault, ...] = TRANSIENT
    seed: int = 1
    made: dict[Fault, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._lock = threading.Lock()

    def __call__(self, call: Call) -> Fault | None:
        """The fault of one call."""
        with self._lock:
            if self._random.random() >= self.share:
                return None
            fault = self._random.choice(self.faults)
            if fault is Fault.UNPROCESSED and len(call.keys) < 2:
                fault = Fault.THROTTLE
            self.made[fault] = self.made.get(fault, 0) + 1
            return fault


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that was killed is no news."""


class FaultProxy:
    """Forwards to an engine; a context manager.

    `decide` is asked before each call is forwarded, `answered` is told after the engine answered and
    before the caller hears of it; both run in the proxy's threads. It listens on `port`, or on a free one.
    """

    def __init__(
        self,
        engine_url: str,
        decide: Callable[[Call], Fault | None] = no_fault,
        answered: Callable[[Call], None] | None = None,
        *,
        port: int = 0,
    ) -> None:
        self._engine = urlsplit(engine_url)
        self.decide = decide
        self.answered = answered
        self.calls: list[Call] = []
        self._sockets: set[socket.socket] = set()
        self._idle = threading.Condition()
        self._busy = 0
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self) -> None:
                super().setup()
                proxy._sockets.add(self.connection)

            def finish(self) -> None:
                proxy._sockets.discard(self.connection)
                super().finish()

            def do_POST(self) -> None:
                with proxy._counted():
                    proxy._handle(self)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        self._server = _Server(("127.0.0.1", port), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> FaultProxy:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join(120)
        self._server.server_close()
        for open_socket in list(self._sockets):
            try:
                open_socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def operations(self) -> list[str]:
        """The operations that were asked for, in order."""
        return [call.operation for call in self.calls]

    def settle(self) -> None:
        """Waits until the engine has answered every call that was forwarded, whether its caller waited or not."""
        with self._idle:
            assert self._idle.wait_for(lambda: self._busy == 0, 120), "a forwarded call has no answer"

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._idle:
            self._busy += 1
        try:
            yield
        finally:
            with self._idle:
                self._busy -= 1
                self._idle.notify_all()

    def _handle(self, caller: BaseHTTPRequestHandler) -> None:
        body = caller.rfile.read(int(caller.headers.get("Content-Length") or 0))
        operation = caller.headers.get("X-Amz-Target", "").rpartition(".")[2]
        call = Call(operation, json.loads(body or b"{}"))
        self.calls.append(call)
        call.fault = self.decide(call)
        if call.fault in (Fault.CUT, Fault.HOLD):
            time.sleep(2 if call.fault is Fault.HOLD else 0)
            caller.close_connection = True
            return
        if call.fault in _ERRORS:
            status, code, message = _ERRORS[call.fault]
            call.answer = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": message}
            self._reply(caller, status, json.dumps(call.answer).encode())
            return
        held_back: dict[str, list[Any]] = {}
        if call.fault is Fault.UNPROCESSED:
            kept = {table: puts[: len(puts) // 2] for table, puts in call.request["RequestItems"].items()}
            held_back = {
                table: puts[len(puts) // 2 :] for table, puts in call.request["RequestItems"].items()
            }
            body = json.dumps({**call.request, "RequestItems": kept}).encode()
        try:
            status, data = self._forward(caller, body)
        except (OSError, HTTPException):
            caller.close_connection = True
            return
        call.answer = json.loads(data) if data else {}
        if held_back and status == 200:
            call.answer["UnprocessedItems"] = held_back
            data = json.dumps(call.answer).encode()
        if self.answered is not None:
            self.answered(call)
        if call.fault is Fault.EMPTY:
            data = b"{}"
        if call.fault is Fault.LOSE_REPLY:
            caller.close_connection = True
            return
        if call.fault is Fault.GARBAGE:
            caller.wfile.write(b"\x16\x03\x01 this is not HTTP\r\n\r\n")
            caller.close_connection = True
            return
        time.sleep(_SECONDS.get(call.fault, 0.0) if call.fault is not None else 0.0)
        self._reply(caller, status, data, damaged=call.fault is Fault.DAMAGED)

    def _forward(self, caller: BaseHTTPRequestHandler, body: bytes) -> tuple[int, bytes]:
        connection = HTTPConnection(self._engine.hostname or "", self._engine.port or 80, timeout=60)
        try:
            headers = {
                name: value
                for name, value in caller.headers.items()
                if name.lower() not in ("host", "content-length", "connection", "expect")
            }
            connection.request("POST", "/", body, headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    @staticmethod
    def _reply(caller: BaseHTTPRequestHandler, status: int, data: bytes, *, damaged: bool = False) -> None:
        caller.send_response(status)
        caller.send_header("Content-Type", "application/x-amz-json-1.0")
        if damaged:
            caller.send_header("X-Amz-Crc32", str(zlib.crc32(data)))
            data = data[:-1] + bytes([data[-1] ^ 1])
        caller.send_header("Content-Length", str(len(data)))
        caller.end_headers()
        caller.wfile.write(data)
