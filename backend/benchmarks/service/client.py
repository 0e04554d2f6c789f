"""A client that keeps its connections alive: sends requests to a service, checks the answers, and times them.

    python -m benchmarks.service.client < PLAN    (JSON, see `Plan`)

It runs in a process of its own and reads the clock of the CPU that the served process used. Prints
one line of JSON.
"""

from __future__ import annotations

import ctypes
import json
import socket
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

_RECEIVE = 65536
_END = b"\r\n\r\n"
_LENGTH = b"\r\ncontent-length:"


@dataclass(frozen=True)
class Plan:
    """What to send where.

    Request n asks for `paths[n % len(paths)]` with `tokens[n // uses % len(tokens)]`, as `body` if there is one.
    `pid` is the process whose CPU counts; `clients` send at the same time, `warmup` requests before `requests`.
    """

    port: int
    pid: int
    paths: list[str]
    tokens: list[str]
    status: int
    requests: int
    warmup: int = 0
    clients: int = 1
    uses: int = 1
    body: str | None = None
    headers: tuple[str, ...] = ()

    def request(self, number: int) -> bytes:
        """A whole request, as bytes."""
        token = self.tokens[number // self.uses % len(self.tokens)]
        body = None if self.body is None else self.body.encode()
        lines = [
            f"{'GET' if body is None else 'POST'} {self.paths[number % len(self.paths)]} HTTP/1.1",
            f"Host: 127.0.0.1:{self.port}",
            "User-Agent: algoitny-bench",
            "Accept: application/json",
            "Accept-Encoding: gzip",
            f"Authorization: Bearer {token}",
            "X-Forwarded-Proto: https",  # as the proxy in front says it
            *self.headers,
        ]
        if body is not None:
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        return "\r\n".join([*lines, "", ""]).encode() + (body or b"")


class Connection:
    """One connection, kept alive; one request at a time."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def exchange(self, request: bytes) -> tuple[int, bytes]:
        """Status and body of the answer. Raises `ConnectionError` when the service closes instead."""
        self._socket.sendall(request)
        data = b""
        while (end := data.find(_END)) < 0:
            data += self._receive()
        head = data[:end].lower()
        at = head.find(_LENGTH)
        if at < 0:
            raise ConnectionError(f"an answer without a length: {data[:200]!r}")
        length = int(head[at + len(_LENGTH) :].split(b"\r\n", 1)[0])
        body = data[end + len(_END) :]
        while len(body) < length:
            body += self._receive()
        return int(head.split(b" ", 2)[1]), body

    def _receive(self) -> bytes:
        data = self._socket.recv(_RECEIVE)
        if not data:
            raise ConnectionError("the service closed the connection")
        return data

    def close(self) -> None:
        self._socket.close()


def cpu_clock(pid: int) -> int:
    """The id of the clock that tells a process's CPU time, user and system, of all its threads (Linux)."""
    clock = ctypes.c_int()
    failure = ctypes.CDLL(None).clock_getcpuclockid(pid, ctypes.byref(clock))
    if failure:
        raise OSError(failure, f"the CPU time of process {pid} cannot be read")
    return clock.value


class Run:
    """All clients of one plan."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._requests = [plan.request(number) for number in range(plan.warmup + plan.requests)]
        # Threads share an iterator: each number is drawn once.
        self._warmup = iter(range(plan.warmup))
        self._measured = iter(range(plan.warmup, plan.warmup + plan.requests))
        self._seen: dict[str, bytes] = {}
        self._latencies: list[float] = []
        self._failures: list[BaseException] = []
        self._clock = cpu_clock(plan.pid)
        self._began: tuple[float, float] = (0.0, 0.0)
        self._ready = threading.Barrier(plan.clients, action=self._begin)

    def _now(self) -> tuple[float, float]:
        return time.perf_counter(), time.clock_gettime(self._clock)

    def _begin(self) -> None:
        self._began = self._now()

    def _check(self, number: int, status: int, body: bytes) -> None:
        if status != self._plan.status:
            raise ConnectionError(f"answered {status}, not {self._plan.status}: {body[:300]!r}")
        path = self._plan.paths[number % len(self._plan.paths)]
        first = self._seen.setdefault(path, body)
        # What is read answers the same each time; what is written has its own id.
        if self._plan.body is None and body != first:
            raise ConnectionError(f"{path} answered something else than before: {body[:300]!r}")

    def _send(self, connection: Connection, numbers: Iterator[int], latencies: list[float]) -> None:
        for number in numbers:
            began = time.perf_counter()
            status, body = connection.exchange(self._requests[number])
            latencies.append(time.perf_counter() - began)
            self._check(number, status, body)

    def _client(self) -> None:
        try:
            latencies: list[float] = []
            with closing(Connection(self._plan.port)) as connection:
                self._send(connection, self._warmup, [])
                self._ready.wait()
                self._send(connection, self._measured, latencies)
            self._latencies += latencies
        except BaseException as error:
            self._failures.append(error)
            self._ready.abort()

    def measure(self) -> dict[str, Any]:
        """Microseconds of CPU a request, requests a second, milliseconds of the median and the 99th percentile."""
        threads = [threading.Thread(target=self._client) for _ in range(self._plan.clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wall, cpu = (now - began for now, began in zip(self._now(), self._began, strict=True))
        if self._failures:
            raise self._failures[0]
        done = len(self._latencies)
        percentiles = statistics.quantiles(self._latencies, n=100, method="inclusive")
        return {
            "requests": done, "cpu": cpu / done * 1e6, "rate": done / wall,
            "p50": percentiles[49] * 1e3, "p99": percentiles[98] * 1e3,
            "answers": {path: body.decode() for path, body in self._seen.items()},
        }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(Run(Plan(**json.load(sys.stdin))).measure()))
