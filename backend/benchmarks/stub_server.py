"""A server that answers DynamoDB's operations with canned bytes, so that only the client is measured.

    python -m benchmarks.stub_server ANSWERS.json

The file holds one answer an operation. The port is printed on the first line. One thread
waits for all connections; a request costs it a receive, two searches and a send.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_END = b"\r\n\r\n"
_TARGET = b"x-amz-target: dynamodb_20120810."
_LENGTH = b"content-length:"
_RECEIVE = 65536


def response(status: str, answer: Any) -> bytes:
    """A whole response, its checksum included, as DynamoDB sends it."""
    body = json.dumps(answer, separators=(",", ":"), ensure_ascii=False).encode()
    head = (
        f"HTTP/1.1 {status}\r\nServer: Server\r\nContent-Type: application/x-amz-json-1.0\r\n"
        f"Content-Length: {len(body)}\r\nConnection: keep-alive\r\nx-amzn-RequestId: STUB\r\n"
        f"x-amz-crc32: {zlib.crc32(body)}\r\n\r\n"
    )
    return head.encode() + body


class Connection:
    """One client's connection: what has come and not yet been answered, what could not be sent yet."""

    __slots__ = ("inbox", "outbox", "socket")

    def __init__(self, accepted: socket.socket) -> None:
        self.socket = accepted
        self.inbox = b""
        self.outbox = b""


class StubServer:
    """Answers on one listening socket until the process ends."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self._answers = {name.lower().encode(): response("200 OK", body) for name, body in answers.items()}
        self._unknown = response(
            "400 Bad Request", {"__type": "com.amazon.coral.service#UnknownOperationException"}
        )
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._listener.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self.port: int = self._listener.getsockname()[1]

    def serve(self) -> None:
        """Answers for ever."""
        while True:
            self.turn(None)

    def turn(self, seconds: float | None) -> None:
        """Waits for something to happen, `seconds` at most, and handles all that has."""
        for key, events in self._selector.select(seconds):
            if key.fileobj is self._listener:
                self._accept()
            else:
                connection: Connection = key.data
                try:
                    if events & selectors.EVENT_WRITE:
                        self._send(connection, b"")
                    if events & selectors.EVENT_READ:
                        self._receive(connection)
                except OSError:
                    self._drop(connection)

    def close(self) -> None:
        """Closes every socket."""
        for key in list(self._selector.get_map().values()):
            if isinstance(key.fileobj, socket.socket):
                key.fileobj.close()
        self._selector.close()

    def _accept(self) -> None:
        accepted, _ = self._listener.accept()
        accepted.setblocking(False)
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._selector.register(accepted, selectors.EVENT_READ, Connection(accepted))

    def _drop(self, connection: Connection) -> None:
        self._selector.unregister(connection.socket)
        connection.socket.close()

    def _receive(self, connection: Connection) -> None:
        received = connection.socket.recv(_RECEIVE)
        if not received:
            self._drop(connection)
            return
        data = connection.inbox + received
        answers = b""
        while (request := self._request(data)) is not None:
            answer, length = request
            answers += answer
            data = data[length:]
        connection.inbox = data
        if answers:
            self._send(connection, answers)

    def _request(self, data: bytes) -> tuple[bytes, int] | None:
        """The answer to the first request in `data` and the request's length; None while it is incomplete."""
        end = data.find(_END)
        if end < 0:
            return None
        head = data[: end + 2].lower()
        length = end + len(_END)
        at = head.find(_LENGTH)
        if at >= 0:
            length += int(head[at + len(_LENGTH) : head.index(b"\r", at)])
        if len(data) < length:
            return None
        at = head.find(_TARGET)
        operation = head[at + len(_TARGET) : head.index(b"\r", at)] if at >= 0 else b""
        return self._answers.get(operation, self._unknown), length

    def _send(self, connection: Connection, answers: bytes) -> None:
        """Sends what the socket takes; the rest waits until it takes more."""
        data = connection.outbox + answers
        try:
            sent = connection.socket.send(data)
        except BlockingIOError:
            sent = 0
        waited = bool(connection.outbox)
        connection.outbox = data[sent:]
        if waited != bool(connection.outbox):
            interest = selectors.EVENT_READ | (selectors.EVENT_WRITE if connection.outbox else 0)
            self._selector.modify(connection.socket, interest, connection)


if __name__ == "__main__":
    server = StubServer(json.loads(Path(sys.argv[1]).read_text()))
    print(server.port, flush=True)
    try:
        server.serve()
    except KeyboardInterrupt:
        sys.exit(0)
