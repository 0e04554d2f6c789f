"""Names with dead addresses, and a resolver that does not answer: shared time, few threads, typed errors."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from api.dynamodb.errors import Unavailable
from api.dynamodb.transport import name_resolution
from api.dynamodb.transport.http import Transport
from api.dynamodb.transport.name_resolution import addresses_of, mark_failed
from api.dynamodb.transport.retry import RetryPolicy
from api.dynamodb.transport.signing import StaticCredentials
from tests.support.certificates import Authority
from tests.support.scripted_server import ScriptedServer

SOON = 0.05


@pytest.fixture(autouse=True)
def no_failures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(name_resolution, "_failures", {})


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


@pytest.fixture
def dead_port() -> Iterator[int]:
    """A port of the loopback that takes no connection and refuses none: its queue is full."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port: int = listener.getsockname()[1]
        while True:
            client = stack.enter_context(socket.socket())
            client.settimeout(0.2)
            try:
                client.connect(("127.0.0.1", port))
            except TimeoutError:
                break
        yield port


@pytest.fixture
def mute_port() -> Iterator[int]:
    """A port that accepts connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def resolve_to(monkeypatch: pytest.MonkeyPatch, *ports: int) -> None:
    """Every name has an address for each port."""
    results = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)) for port in ports]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: results)


def transport_to(url: str, connect_timeout: float, attempts: int = 1, **more: Any) -> Transport:
    policy = RetryPolicy(connect_timeout, 10.0, attempts, 0.0, 0.0)
    return Transport(url, "us-east-1", StaticCredentials("k", "s"), policy, **more)


def test_a_dead_address_leaves_time_for_the_others(
    server: ScriptedServer, dead_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve_to(monkeypatch, dead_port, dead_port, server.port)
    assert transport_to("http://db.invalid", 3.0).send("GetItem", {}) == ({}, 0)


def test_an_address_that_failed_comes_last_in_every_thread(
    server: ScriptedServer, dead_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve_to(monkeypatch, dead_port, server.port)
    assert transport_to("http://db.invalid", 1.0).call("GetItem", {}) == {}
    first = addresses_of("db.invalid", 80, 10)[0]
    assert first == (socket.AF_INET, ("127.0.0.1", server.port))
    mark_failed(first)
    assert addresses_of("db.invalid", 80, 10)[1] == first


def test_an_address_without_tls_is_not_tried_first_again(
    mute_port: int, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority(tmp_path_factory.mktemp("certificates"))
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    with ScriptedServer(tls=authority.server("db.invalid")) as server:
        resolve_to(monkeypatch, mute_port, server.port)
        assert transport_to("https://db.invalid", 1.0, attempts=2).send("GetItem", {}) == ({}, 1)


def test_the_failure_of_an_address_is_forgotten_after_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to(monkeypatch, 1, 2)
    first, second = addresses_of("db.invalid", 80, 10)
    mark_failed(first)
    assert addresses_of("db.invalid", 80, 10) == [second, first]
    later = time.monotonic() + 61
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert addresses_of("db.invalid", 80, 10) == [first, second]
    mark_failed(second)
    assert list(name_resolution._failures) == [second]


@pytest.fixture
def outage(monkeypatch: pytest.MonkeyPatch, server: ScriptedServer) -> Iterator[threading.Event]:
    """A resolver that answers only once the event is set."""
    over = threading.Event()
    results = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.port))]

    def resolve(*_: object, **__: object) -> object:
        over.wait(120)
        return results

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    yield over
    over.set()


def test_a_resolver_that_does_not_answer_costs_one_thread(
    outage: threading.Event, server: ScriptedServer
) -> None:
    before = set(threading.enumerate())
    for _ in range(4):
        with pytest.raises(Unavailable, match="the name cannot be resolved"):
            transport_to("http://db.invalid", SOON, attempts=3).call("GetItem", {})
    assert len(set(threading.enumerate()) - before) == 1
    outage.set()
    assert transport_to("http://db.invalid", 10.0).call("GetItem", {}) == {}
    assert len(server.received) == 1


def test_a_child_process_resolves_by_itself(outage: threading.Event) -> None:
    assert addresses_of("db.invalid", 80, SOON) == []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns of a fork beside threads
        child = os.fork()
    if child == 0:  # no pytest in here: the child says by its exit status how it went
        status = 1
        try:
            outage.set()
            status = 0 if addresses_of("db.invalid", 80, 10) else 1
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0


def test_a_thread_that_cannot_start_is_an_outage_and_the_next_call_tries_again(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    transport = transport_to(f"http://localhost:{server.port}", 10.0)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        with pytest.raises(Unavailable, match="can't start new thread"):
            transport.call("GetItem", {})
    assert transport.call("GetItem", {}) == {}
