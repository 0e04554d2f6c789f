"""Kept connections: replaced once when they were dropped, one for each thread, none shared with a child process."""

from __future__ import annotations

import gc
import os
import threading
import warnings
from collections.abc import Iterator

import pytest

from api.dynamodb.errors import OutcomeUnknown, TransactionCancelled, Unavailable
from api.dynamodb.transport.http import Transport
from api.dynamodb.transport.retry import BULK_POLICY, RetryPolicy
from api.dynamodb.transport.signing import StaticCredentials
from tests.support.scripted_server import ScriptedServer, answer, hang_up, refusal, say, silence

ONCE = RetryPolicy(10.0, 10.0, 1, 0.0, 0.0)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as made:
        yield made


def transport_to(server: ScriptedServer, policy: RetryPolicy = ONCE) -> Transport:
    return Transport(server.url, "us-east-1", StaticCredentials("k", "s"), policy)


@pytest.fixture
def transport(server: ScriptedServer) -> Iterator[Transport]:
    made = transport_to(server)
    yield made
    made.close()


def test_one_connection_carries_all_calls_of_a_thread(server: ScriptedServer, transport: Transport) -> None:
    for _ in range(5):
        assert transport.send("GetItem", {}) == ({}, 0)
    assert server.connections == 1


def test_a_connection_that_the_server_closed_while_it_was_idle_costs_nothing(
    server: ScriptedServer, transport: Transport
) -> None:
    transport.call("GetItem", {})
    server.drop_connections()
    assert transport.send("PutItem", {}) == ({}, 0)
    assert (server.connections, len(server.received)) == (2, 2)


def test_one_that_is_dropped_under_the_request_is_replaced_exactly_once(
    server: ScriptedServer, transport: Transport
) -> None:
    transport.call("GetItem", {})
    server.script = [hang_up(), say(answer(b'{"Item":{}}'))]
    assert transport.send("GetItem", {}) == ({"Item": {}}, 0)
    assert [request.connection for request in server.received] == [0, 0, 1]
    server.script = [hang_up()]
    with pytest.raises(Unavailable):
        transport.call("GetItem", {})
    assert len(server.received) == 5


def test_a_kept_connection_that_stays_silent_is_not_asked_twice(server: ScriptedServer) -> None:
    transport = transport_to(server, RetryPolicy(10.0, 0.1, 1, 0.0, 0.0))
    transport.call("GetItem", {})
    server.script = [silence]
    with pytest.raises(OutcomeUnknown, match="was lost"):
        transport.call("PutItem", {})
    assert len(server.received) == 2
    transport.close()


def test_a_write_sent_twice_is_in_doubt_only_if_it_failed(
    server: ScriptedServer, transport: Transport
) -> None:
    transport.call("GetItem", {})
    server.script = [hang_up(), say(answer()), say(answer())]
    assert transport.call("PutItem", {}) == {}
    cancelled = refusal(
        "TransactionCanceledException", more=',"CancellationReasons":[{"Code":"ConditionalCheckFailed"}]'
    )
    server.script = [hang_up(), say(cancelled), say(answer())]
    with pytest.raises(TransactionCancelled) as caught:
        transport.call("TransactWriteItems", {})
    assert caught.value.in_doubt
    server.script = [say(cancelled)]
    with pytest.raises(TransactionCancelled) as caught:
        transport.call("TransactWriteItems", {})
    assert not caught.value.in_doubt


def test_a_write_that_was_dropped_and_cannot_be_sent_again_is_of_unknown_outcome(
    server: ScriptedServer, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    transport.call("GetItem", {})
    server.script = [hang_up()]
    monkeypatch.setattr("api.dynamodb.transport.connection.addresses_of", lambda *_: [])
    with pytest.raises(OutcomeUnknown):
        transport.call("PutItem", {})


def test_an_answer_that_ends_its_connection_is_followed_by_a_new_one(
    server: ScriptedServer, transport: Transport
) -> None:
    server.script = [hang_up(answer(b"{}", 200, "Connection: close"))]
    for _ in range(3):
        assert transport.send("PutItem", {}) == ({}, 0)
    assert (server.connections, len(server.received)) == (3, 3)


def test_each_thread_has_a_connection_that_ends_with_it(server: ScriptedServer, transport: Transport) -> None:
    together = threading.Barrier(4, timeout=120)

    def work() -> None:
        together.wait()
        for _ in range(3):
            transport.call("GetItem", {})
        together.wait()

    threads = [threading.Thread(target=work, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert (server.connections, len(server.received)) == (4, 12)
    gc.collect()
    for _ in threads:
        assert server.closed.acquire(timeout=10)


def test_a_closed_transport_opens_a_connection_again(server: ScriptedServer, transport: Transport) -> None:
    transport.close()
    transport.call("GetItem", {})
    transport.close()
    assert server.closed.acquire(timeout=10)
    transport.call("GetItem", {})
    assert server.connections == 2


def test_a_child_process_uses_a_connection_of_its_own(server: ScriptedServer, transport: Transport) -> None:
    transport.call("GetItem", {})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns of a fork beside threads
        child = os.fork()
    if child == 0:  # no pytest in here: the child says by its exit status how it went
        status = 1
        try:
            status = 0 if transport.call("GetItem", {}) == {} else 1
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    transport.call("GetItem", {})
    assert [request.connection for request in server.received] == [0, 1, 0]


def test_the_moves_policy_keeps_the_refusal_after_a_lost_answer(server: ScriptedServer) -> None:
    transport = transport_to(server, RetryPolicy(10.0, 10.0, 2, 0.0, 0.0, idempotent=BULK_POLICY.idempotent))
    server.script = [hang_up(), say(refusal("ConditionalCheckFailedException"))]
    with pytest.raises(Exception, match="m") as caught:
        transport.call("PutItem", {})
    assert type(caught.value).__name__ == "ConditionFailed"
    assert not getattr(caught.value, "in_doubt", True)
    transport.close()
