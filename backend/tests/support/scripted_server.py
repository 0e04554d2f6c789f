"""A server on the loopback that reads signed requests and answers as a test scripts it, byte by byte if need be."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

from tests.support.waiting import wait_until

Reaction = Callable[[socket.socket], None]


class HangUp(Exception):
    """Raised by a reaction that is through with the connection."""


@dataclass(frozen=True)
class Received:
    """A request as it came: by which connection (counted from 0), its first line, headers in lower case, body."""

    connection: int
    line: str
    headers: dict[str, str]
    body: bytes


def answer(body: bytes = b"{}", status: int = 200, *headers: str, crc32: int | None = None) -> bytes:
    """An answer as DynamoDB sends it."""
    lines = [
        f"HTTP/1.1 {status} So",
        f"Content-Length: {len(body)}",
        f"x-amz-crc32: {zlib.crc32(body) if crc32 is None else crc32}",
        *headers,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def refusal(code: str, status: int = 400, message: str = "m", more: str = "") -> bytes:
    """An error answer."""
    return answer(f'{{"__type":"com.amazonaws#{code}","message":"{message}"{more}}}'.encode(), status)


def say(*pieces: bytes) -> Reaction:
    """Sends the pieces one by one and keeps the connection."""

    def react(line: socket.socket) -> None:
        for piece in pieces:
            line.sendall(piece)

    return react


def hang_up(*pieces: bytes) -> Reaction:
    """Sends the pieces and closes the connection."""

    def react(line: socket.socket) -> None:
        say(*pieces)(line)
        raise HangUp

    return react


def silence(line: socket.socket) -> None:
    """Says nothing until the caller has gone."""
    while line.recv(65_536):
        pass
    raise HangUp


def drip(start: bytes, endless: bytes) -> Reaction:
    """Sends `start`, then `endless` again and again, a byte every millisecond, until the caller has gone."""

    def react(line: socket.socket) -> None:
        line.sendall(start)
        while True:
            for place in range(len(endless)):
                line.sendall(endless[place : place + 1])
                time.sleep(0.001)

    return react


def read_request(line: socket.socket, number: int) -> Received | None:
    """The next request of a connection; None when the caller has closed it."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = line.recv(65_536)
        if not piece:
            return None
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (text.partition(": ") for text in rest)}
    while len(body) < int(headers.get("content-length", 0)):
        piece = line.recv(65_536)
        if not piece:
            return None
        body += piece
    return Received(number, first, headers, body)


class ScriptedServer:
    """Reacts to the requests by its script, in the order in which they come; the last reaction goes on for ever.

    A context manager. `received` are the requests, `closed` counts the connections that were ended, whoever
    ended them. `tls` makes it speak HTTPS.
    """

    def __init__(
        self,
        *script: Reaction,
        family: socket.AddressFamily = socket.AF_INET,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.script = list(script) or [say(answer())]
        self.received: list[Received] = []
        self.connections = 0
        self.closed = threading.Semaphore(0)
        host = "127.0.0.1" if family == socket.AF_INET else "::1"
        self._listener = socket.create_server((host, 0), family=family, backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self._tls = tls
        self.url = (
            f"{'https' if tls else 'http'}://{host if family == socket.AF_INET else f'[{host}]'}:{self.port}"
        )
        self._lock = threading.Lock()
        self._lines: set[socket.socket] = set()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self) -> ScriptedServer:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        wait_until(self._has_hung_up, "the end of the server's threads")
        self._listener.close()

    def drop_connections(self) -> None:
        """Closes every open connection, and returns when that is done."""
        for _ in range(self._hang_up()):
            assert self.closed.acquire(timeout=60)

    def _has_hung_up(self) -> bool:
        self._hang_up()  # on a connection, too, that was accepted a moment ago
        return not any(thread.is_alive() for thread in list(self._threads))

    def _hang_up(self) -> int:
        """Ends the open connections, which their threads then close; how many."""
        with self._lock:
            lines = list(self._lines)
        for line in lines:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        return len(lines)

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                number, self.connections = self.connections, self.connections + 1
                self._lines.add(line)
            thread = threading.Thread(target=self._serve, args=(line, number), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, raw: socket.socket, number: int) -> None:
        line = raw
        try:
            if self._tls is not None:
                line = self._tls.wrap_socket(raw, server_side=True, do_handshake_on_connect=False)
                with self._lock:
                    self._lines.discard(raw)
                    self._lines.add(line)
                line.do_handshake()
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while (request := read_request(line, number)) is not None:
                with self._lock:
                    self.received.append(request)
                    reaction = self.script.pop(0) if len(self.script) > 1 else self.script[0]
                reaction(line)
        except (OSError, HangUp):
            pass
        finally:
            with self._lock:
                self._lines.discard(raw)
                self._lines.discard(line)
            line.close()
            raw.close()
            self.closed.release()
