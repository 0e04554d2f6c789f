"""Several calls share one deadline: when it is over, nothing more is asked."""

from __future__ import annotations

import socket
import time

import pytest

from api.dynamodb.errors import Unavailable
from api.dynamodb.transport.deadlines import deadline, within
from api.dynamodb.transport.http import Transport
from api.dynamodb.transport.retry import SERVICE_POLICY
from api.dynamodb.transport.signing import StaticCredentials


def test_blocks_nest_and_the_earliest_deadline_holds() -> None:
    assert deadline() == float("inf")
    with within(100):
        outer = deadline()
        with within(1_000):
            assert deadline() == outer
        with within(1):
            assert deadline() < outer
        assert deadline() == outer
    assert deadline() == float("inf")


def test_a_block_that_raises_ends_too() -> None:
    with pytest.raises(ZeroDivisionError), within(1):
        _ = 1 / 0
    assert deadline() == float("inf")


def test_no_attempt_is_begun_when_time_is_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        transport = Transport(
            f"http://127.0.0.1:{server.getsockname()[1]}",
            "us-east-1",
            StaticCredentials("k", "s"),
            SERVICE_POLICY,
        )
        with within(0), pytest.raises(Unavailable, match="no time was left"):
            transport.call("GetItem", {})
        with pytest.raises(BlockingIOError):
            server.accept()


def test_a_silent_server_is_given_up_by_the_blocks_deadline() -> None:
    """Bounds are counted in attempts: a deadline shorter than one answer's time leaves room for one."""
    with socket.create_server(("127.0.0.1", 0), backlog=16) as server:
        transport = Transport(
            f"http://127.0.0.1:{server.getsockname()[1]}",
            "us-east-1",
            StaticCredentials("k", "s"),
            SERVICE_POLICY,
        )
        began = time.monotonic()
        with within(0.1), pytest.raises(Unavailable) as caught:
            transport.call("GetItem", {})
        assert caught.value.retries == 0
        assert time.monotonic() > began
        transport.close()
