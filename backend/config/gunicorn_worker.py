"""gunicorn's threaded worker with a time limit for each client, so that slow ones give their threads back.

gunicorn waits without end for a request that drips in, and for a client that stops reading its response. A proxy that
buffers both keeps such clients away; this bounds what they cost where none does (docs/operations.md, "Serve").
"""

from __future__ import annotations

import errno
import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]

# How long a thread waits for a client that sends or takes nothing, in seconds ...
PATIENCE_SECONDS = 10.0
# ... and how fast a client must be, to be waited for any longer.
BYTES_PER_SECOND = 50_000
# How long a thread waits for the next request of the connection that it has served.
LINGER_SECONDS = 0.005
# Larger buffers would hide for half a minute that a client has stopped reading.
_SEND_BUFFER_BYTES = 262_144


class _Patience:
    """The seconds that are left to wait for a client in one direction: used up by waits, restored by bytes."""

    def __init__(self) -> None:
        self._seconds = PATIENCE_SECONDS

    def remaining(self, upcoming_bytes: int = 0) -> float:
        """The seconds left, with those that the bytes of the next call add."""
        return self._seconds + upcoming_bytes / BYTES_PER_SECOND

    def add(self, waited: float, number_of_bytes: int) -> None:
        """Records a wait, and the bytes that passed."""
        self._seconds = min(PATIENCE_SECONDS, self._seconds - waited + number_of_bytes / BYTES_PER_SECOND)


class ClientSocket(socket.socket):
    """A client's connection whose waits are limited for each request.

    A client that takes too long looks like one that went away: ConnectionResetError, which gunicorn expects.
    """

    _reading: _Patience
    _writing: _Patience

    @classmethod
    def of(cls, sock: socket.socket) -> Self:
        """Takes over a socket's descriptor."""
        timeout = sock.gettimeout()
        client = cls(fileno=sock.detach())
        client.settimeout(timeout)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
        client.begin_request()
        return client

    def begin_request(self) -> None:
        """Starts counting the waits of the next request."""
        self._reading, self._writing = _Patience(), _Patience()

    def recv(self, size: int, flags: int = 0) -> bytes:
        """As `socket.recv`."""
        data = b""
        if self.gettimeout() is None:  # what is there already needs no wait, and no limit
            try:
                data = super().recv(size, flags | socket.MSG_DONTWAIT)
            except BlockingIOError:
                pass
            else:
                self._reading.add(0, len(data))
                return data
        with self._bounded(self._reading, 0) as passed:
            data = super().recv(size, flags)
            passed.append(len(data))
        return data

    def sendall(self, data: Any, flags: int = 0) -> None:
        """As `socket.sendall`."""
        if self.gettimeout() is None:
            try:
                sent = super().send(data, flags | socket.MSG_DONTWAIT)
            except BlockingIOError:
                pass
            else:
                self._writing.add(0, sent)
                if sent == len(data):
                    return
                data = memoryview(data)[sent:]
        with self._bounded(self._writing, len(data)) as passed:
            super().sendall(data, flags)
            passed.append(len(data))

    @contextmanager
    def _bounded(self, patience: _Patience, upcoming_bytes: int) -> Iterator[list[int]]:
        """Limits the block by what is left of the patience, and by the caller's time-out if that is shorter."""
        callers_timeout, limit = self.gettimeout(), patience.remaining(upcoming_bytes)
        is_limit_ours = callers_timeout is None or limit < callers_timeout
        if limit <= 0:
            raise _too_slow()
        if is_limit_ours:
            self.settimeout(limit)
        began, passed = time.monotonic(), [0]
        try:
            yield passed
        except TimeoutError:
            if is_limit_ours:
                raise _too_slow() from None
            raise
        finally:
            patience.add(time.monotonic() - began, sum(passed))
            if is_limit_ours:
                self.settimeout(callers_timeout)


def _too_slow() -> ConnectionResetError:
    return ConnectionResetError(errno.ECONNRESET, "the client is too slow")


class BoundedWorker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's `gthread` over `ClientSocket`. TLS of gunicorn's own is not bounded: it ends at the proxy.

    A thread that has answered a request waits a moment for the next one of the same connection. gunicorn would hand the
    connection to its main thread and back, which is about half of the server's CPU. One thread never waits, nor does
    any while requests wait for a thread: an idle connection keeps another waiting for 5 milliseconds at most.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._may_linger = threading.BoundedSemaphore(self.cfg.threads - 1)

    def handle(self, conn: Any) -> Any:
        """Handles the requests of a connection that follow each other closely, in a thread of the pool."""
        while True:
            if not self.cfg.is_ssl:
                if isinstance(conn.sock, ClientSocket):
                    conn.sock.begin_request()
                else:
                    conn.sock = ClientSocket.of(conn.sock)
            outcome = super().handle(conn)
            # False: the connection ends. gunicorn has a third value, for one that has sent nothing yet.
            if outcome is not True or not self._has_next_request(conn):
                return outcome

    def _has_next_request(self, conn: Any) -> bool:
        """Whether the client has sent another request, or does so at once."""
        if conn.parser.unreader.buf.getvalue():
            return True
        if not (self.tpool._work_queue.empty() and self._may_linger.acquire(blocking=False)):
            return False
        try:
            poll = select.poll()
            poll.register(conn.sock, select.POLLIN)
            return bool(poll.poll(LINGER_SECONDS * 1000)) and self.alive
        finally:
            self._may_linger.release()
