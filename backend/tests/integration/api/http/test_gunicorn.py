"""What only the real web server shows: bodies without a length, and HEAD on a connection that is kept."""

from __future__ import annotations

import http.client
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.environment import BACKEND_DIR
from engines.processes import LOOPBACK, free_port, is_listening, start, terminate, wait_until
from scripts.run_demo import service_command
from tests.support.scripts import script_environment

JSON = {"Content-Type": "application/json"}
SIGN_IN = "/api/auth/google/"
BODY = b'{"id_token": "x", "nonce": "y"}'


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of the service; its table cannot be reached, and none of these requests asks for it."""
    log, port = tmp_path_factory.mktemp("gunicorn") / "log", free_port()
    environment = script_environment({"LOCALSTACK_URL": f"http://{LOOPBACK}:{free_port()}"})
    process = start([sys.executable, *service_command(port)], log=Path(log), env=environment, cwd=BACKEND_DIR)
    try:
        wait_until(lambda: is_listening(port), process, name="the service", log=log, seconds=60)
        yield port
    finally:
        terminate(process, seconds=20)


@pytest.fixture
def connection(port: int) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=60)
    yield connection
    connection.close()


def ask(connection: http.client.HTTPConnection, *request: object, **how: object) -> tuple[int, bytes]:
    connection.request(*request, **how)  # type: ignore[arg-type]
    response = connection.getresponse()
    return response.status, response.read()


def test_a_body_that_is_sent_in_chunks_arrives(connection: http.client.HTTPConnection) -> None:
    status, answer = ask(connection, "POST", SIGN_IN, iter([BODY[:9], BODY[9:]]), JSON, encode_chunked=True)
    assert status == 404, answer
    assert b"google_not_configured" in answer
    status, answer = ask(connection, "POST", SIGN_IN, iter([b"{"]), JSON, encode_chunked=True)
    assert (status, b"body_not_json" in answer) == (400, True)


def test_a_form_that_is_sent_in_chunks_arrives(connection: http.client.HTTPConnection) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": "csrftoken=" + "a" * 32}
    body = iter([b"csrfmiddlewaretoken=", b"a" * 32])
    status, _ = ask(connection, "POST", "/sign-out/", body, form, encode_chunked=True)
    assert status == 303


def test_malformed_chunks_are_a_bad_request_and_end_the_connection(port: int) -> None:
    with socket.create_connection((LOOPBACK, port), timeout=60) as client:
        client.sendall(
            f"POST {SIGN_IN} HTTP/1.1\r\nHost: {LOOPBACK}\r\nContent-Type: application/json\r\n"
            "Transfer-Encoding: chunked\r\n\r\nxyz\r\n{}\r\n0\r\n\r\n".encode()
        )
        answer = b"".join(iter(lambda: client.recv(65_536), b""))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"/api/faults/bad-request/" in answer
    assert answer.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize("path", [SIGN_IN, "/api/staff/problems/", "/staff/problems/new/"])
def test_chunks_have_the_limit_that_everybody_has(connection: http.client.HTTPConnection, path: str) -> None:
    chunks = (b"x" * 100_000 for _ in range(11))
    try:
        status, _ = ask(connection, "POST", path, chunks, JSON, encode_chunked=True)
    except BrokenPipeError:  # it did not wait for the rest
        status = connection.getresponse().status
    assert status == 413


def test_head_leaves_the_connection_as_it_should_be(connection: http.client.HTTPConnection) -> None:
    for path in ("/api/faults/", "/api/me/", "/robots.txt", "/api/auth/nonce/"):
        assert ask(connection, "HEAD", path)[1] == b""
        assert ask(connection, "GET", "/api/health/") == (200, b'{"status":"ok"}')
