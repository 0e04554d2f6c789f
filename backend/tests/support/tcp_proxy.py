"""A proxy before a server of any protocol, on 127.0.0.1: it cuts idle connections, or is slow in one direction."""

from __future__ import annotations

import select
import socket
import threading
import time
from contextlib import suppress
from types import TracebackType
from typing import Self

BYTES = 65_536


class TcpProxy:
    """Forwards connections to a port of 127.0.0.1; a context manager.

    `idle_seconds` cuts a connection over which nothing has gone for so long. `slow_requests` and `slow_responses` are
    seconds by which each piece of one direction comes later. `cut` counts the connections that it has ended.
    """

    def __init__(
        self,
        port: int,
        *,
        idle_seconds: float = 3600.0,
        slow_requests: float = 0.0,
        slow_responses: float = 0.0,
    ) -> None:
        self._target, self._idle = port, idle_seconds
        self._slow = (slow_requests, slow_responses)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.cut = 0

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._forward, args=(client,), daemon=True).start()

    def _forward(self, client: socket.socket) -> None:
        """Copies both directions until either side ends, or nothing comes for long."""
        with client, suppress(OSError), socket.create_connection(("127.0.0.1", self._target)) as server:
            other = {client: (server, self._slow[0]), server: (client, self._slow[1])}
            while True:
                ready, _, _ = select.select([client, server], [], [], self._idle)
                if not ready:
                    self.cut += 1
                    return
                for side in ready:
                    data = side.recv(BYTES)
                    if not data:
                        return
                    target, seconds = other[side]
                    time.sleep(seconds)
                    target.sendall(data)
