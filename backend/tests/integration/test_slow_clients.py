"""Clients that drip a request, stop reading a response or send nothing more: gunicorn's threads are free again."""

from __future__ import annotations

import http.client
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from config.environment import BACKEND_DIR
from engines.processes import LOOPBACK, free_port, is_listening, start, terminate, wait_until
from tests.support.scripts import script_environment

THREADS = 2
HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A gunicorn with the service's settings, one worker of two threads, and two seconds of patience."""
    port, log = free_port(), tmp_path_factory.mktemp("gunicorn") / "log"
    command = [
        sys.executable, "-m", "gunicorn", "tests.support.impatient_worker",
        "--config", "python:config.gunicorn_settings", "--bind", f"{LOOPBACK}:{port}", "--workers", "1",
        "--threads", str(THREADS), "--worker-class", "tests.support.impatient_worker.BoundedWorker",
    ]  # fmt: skip
    process = start(command, log=log, env=script_environment({}), cwd=BACKEND_DIR)
    try:
        wait_until(lambda: is_listening(port), process, name="gunicorn", log=log, seconds=60)
        yield port
    finally:
        terminate(process, seconds=20)
    assert "Traceback" not in Path(log).read_text()


class Dripping:
    """A client that sends the start of a request, and then a byte now and again until it is hung up on."""

    def __init__(self, port: int, request: bytes) -> None:
        self._line = socket.create_connection((LOOPBACK, port))
        self._line.sendall(request)
        self._thread = threading.Thread(target=self._drip, daemon=True)
        self._thread.start()

    def _drip(self) -> None:
        try:
            while True:
                time.sleep(0.02)
                self._line.sendall(b"x")
        except OSError:
            pass

    def close(self) -> None:
        """Waits until the server has hung up."""
        self._thread.join(30)
        assert not self._thread.is_alive()
        self._line.close()


def answer(port: int, body: bytes = b"12345") -> bytes:
    """What an ordinary client gets."""
    with closing(http.client.HTTPConnection(LOOPBACK, port, timeout=30)) as connection:
        connection.request("POST", "/", body)
        return connection.getresponse().read()


@pytest.mark.parametrize("request_start", [b"POST / HTTP/1.1\r\nX-Slow: ", HEAD], ids=["head", "body"])
def test_clients_that_drip_do_not_keep_the_threads(port: int, request_start: bytes) -> None:
    with ExitStack() as stack:
        for _ in range(2 * THREADS):
            stack.enter_context(closing(Dripping(port, request_start)))
        assert answer(port) == b"5"


def test_clients_that_stop_reading_do_not_keep_the_threads(port: int) -> None:
    with ExitStack() as stack:
        for _ in range(2 * THREADS):
            line = stack.enter_context(socket.create_connection((LOOPBACK, port)))
            line.sendall(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
        assert answer(port) == b"5"


def test_a_client_that_reads_on_is_served_for_longer_than_the_patience(port: int) -> None:
    with socket.create_connection((LOOPBACK, port)) as line:
        line.settimeout(30)
        line.sendall(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
        until = time.monotonic() + 4
        while time.monotonic() < until:
            assert line.recv(1 << 20)


def test_a_kept_connection_gets_new_patience_with_each_request(port: int) -> None:
    with closing(http.client.HTTPConnection(LOOPBACK, port, timeout=30)) as connection:
        for _ in range(6):
            connection.request("POST", "/", b"123")
            assert connection.getresponse().read() == b"3"
            time.sleep(0.1)


def test_a_large_body_sent_at_once_is_read_whole(port: int) -> None:
    assert answer(port, b"x" * 5_000_000) == b"5000000"


def thread_of(connection: http.client.HTTPConnection) -> bytes:
    """The thread that answers the next request of a connection."""
    connection.request("GET", "/thread")
    return connection.getresponse().read()


def test_a_thread_stays_with_the_connection_that_it_serves(port: int) -> None:
    with closing(http.client.HTTPConnection(LOOPBACK, port, timeout=30)) as connection:
        assert len({thread_of(connection) for _ in range(20)}) == 1


def test_connections_without_a_request_keep_no_other_waiting(port: int) -> None:
    with ExitStack() as stack:
        idle = [
            stack.enter_context(closing(http.client.HTTPConnection(LOOPBACK, port, timeout=30)))
            for _ in range(2 * THREADS)
        ]
        first = [thread_of(connection) for connection in idle]
        assert answer(port) == b"5"
        assert len(set(first)) == THREADS
        assert all(thread_of(connection) for connection in idle)


def test_requests_that_arrive_together_are_all_answered(port: int) -> None:
    request = b"GET /thread HTTP/1.1\r\nHost: x\r\n\r\n"
    with socket.create_connection((LOOPBACK, port)) as line:
        line.settimeout(30)
        line.sendall(3 * request)
        received = b""
        while received.count(b"HTTP/1.1 200 OK") < 3:
            data = line.recv(1 << 16)
            assert data
            received += data
