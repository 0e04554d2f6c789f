"""Which errors the HTTP transport retries, how often and after which pauses."""

from __future__ import annotations

import gzip
import random
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.retries import standard
from hypothesis import given
from hypothesis import strategies as st

from api.dynamodb.errors import (
    AccessDenied,
    ConditionFailed,
    DataLayerError,
    InvalidInput,
    OutcomeUnknown,
    TableMissing,
    Throttled,
    TransactionCancelled,
    Unavailable,
)
from api.dynamodb.transport.connection import ResponseLost
from api.dynamodb.transport.http import Transport
from api.dynamodb.transport.retry import BULK_POLICY, SERVICE_POLICY, RetryPolicy, backoff_seconds
from api.dynamodb.transport.signing import StaticCredentials
from tests.support.scripted_server import (
    Reaction,
    ScriptedServer,
    answer,
    drip,
    hang_up,
    refusal,
    say,
    silence,
)

_BOTOCORE: Any = standard
QUICK = RetryPolicy(10.0, 10.0, 3, 0.0, 0.0)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as made:
        yield made


def send(
    server: ScriptedServer, operation: str = "GetItem", policy: RetryPolicy = QUICK
) -> tuple[object, int]:
    transport = Transport(server.url, "us-east-1", StaticCredentials("k", "s"), policy)
    try:
        return transport.send(operation, {})
    finally:
        transport.close()


TRIED_AGAIN: dict[str, Reaction] = {
    "no answer": hang_up(),
    "half an answer": hang_up(answer()[:-1]),
    "half a head": hang_up(answer()[:20]),
    "a bad checksum": say(answer(b"{}", crc32=1)),
    "a good status without JSON": say(answer(b"<html>")),
    "a good status, compressed without being asked": say(
        answer(gzip.compress(b"{}"), 200, "Content-Encoding: gzip")
    ),
    "a good status without a body": say(answer(b"")),
    "a good status with a list": say(answer(b"[]")),
    "a refusal with a bad checksum": say(answer(b'{"__type":"x#ValidationException"}', 400, crc32=1)),
    "500": say(refusal("InternalServerError", 500)),
    "500 without JSON": say(answer(b"<html>", 500)),
    "502": say(refusal("BadGateway", 502)),
    "503": say(refusal("ServiceUnavailable", 503)),
    "504": say(answer(b"", 504)),
    "429": say(refusal("Unheard", 429)),
    "RequestTimeout": say(refusal("RequestTimeout")),
    "a replica's conflict": say(refusal("ReplicatedWriteConflictException")),
    **{code: say(refusal(code)) for code in _BOTOCORE.TransientRetryableChecker._TRANSIENT_ERROR_CODES},
    **{
        code: say(refusal(code))
        for code in _BOTOCORE.ThrottledRetryableChecker._THROTTLED_ERROR_CODES
        if code not in {"LimitExceededException", "EC2ThrottledException"}  # of other services and calls
    },
}
REFUSED: dict[str, tuple[Reaction, type[DataLayerError]]] = {
    "ValidationException": (say(refusal("ValidationException")), InvalidInput),
    "SerializationException": (say(refusal("SerializationException")), InvalidInput),
    "ResourceNotFoundException": (say(refusal("ResourceNotFoundException")), TableMissing),
    "ConditionalCheckFailedException": (say(refusal("ConditionalCheckFailedException")), ConditionFailed),
    "AccessDeniedException": (say(refusal("AccessDeniedException")), AccessDenied),
    "ExpiredTokenException": (say(refusal("ExpiredTokenException")), AccessDenied),
    "TransactionConflictException": (say(refusal("TransactionConflictException")), DataLayerError),
    "a cancelled transaction": (say(refusal("TransactionCanceledException")), TransactionCancelled),
    "a throttled transaction": (
        say(
            refusal(
                "TransactionCanceledException", more=',"CancellationReasons":[{"Code":"ThrottlingError"}]'
            )
        ),
        Throttled,
    ),
    "something unheard of": (say(refusal("TeapotException", 418)), DataLayerError),
    "a redirection": (say(answer(b"", 301, "Location: http://elsewhere.example/")), DataLayerError),
    "403 without JSON": (say(answer(b"<html>", 403)), DataLayerError),
}


@pytest.mark.parametrize("name", TRIED_AGAIN)
def test_it_is_tried_again_and_the_repeats_are_counted(server: ScriptedServer, name: str) -> None:
    server.script = [TRIED_AGAIN[name], TRIED_AGAIN[name], say(answer(b'{"Item":{}}'))]
    assert send(server) == ({"Item": {}}, 2)
    server.script = [TRIED_AGAIN[name]]
    with pytest.raises(DataLayerError) as caught:
        send(server)
    assert caught.value.retries == 2
    assert len(server.received) == 6


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_not_tried_again(server: ScriptedServer, name: str) -> None:
    reaction, expected = REFUSED[name]
    server.script = [reaction]
    with pytest.raises(DataLayerError) as caught:
        send(server)
    assert type(caught.value) is expected
    assert caught.value.retries == 0
    assert len(server.received) == 1


@pytest.mark.parametrize("code", ["ThrottlingException", "ProvisionedThroughputExceededException"])
def test_who_sends_in_bulk_hears_of_throttling_at_once(server: ScriptedServer, code: str) -> None:
    server.script = [
        say(refusal(code, more=',"ThrottlingReasons":[{"reason":"TableWriteProvisionedThroughputExceeded"}]'))
    ]
    with pytest.raises(Throttled) as caught:
        send(server, "BatchWriteItem", RetryPolicy(10.0, 10.0, 4, 0.0, 0.0, retry_throttles=False))
    assert caught.value.reasons == ("TableWriteProvisionedThroughputExceeded",)
    assert len(server.received) == 1


def test_the_service_and_the_move_try_as_often_as_they_say(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    server.script = [say(refusal("InternalServerError", 500))]
    for policy, attempts in ((SERVICE_POLICY, 3), (BULK_POLICY, 4)):
        before, pauses[:] = len(server.received), []
        with pytest.raises(Unavailable):
            send(server, policy=RetryPolicy(10, 10, policy.attempts, policy.base_pause, policy.max_pause))
        assert len(server.received) - before == attempts
        assert len(pauses) == attempts - 1
        for number, pause in enumerate(pauses):
            assert 0 <= pause <= min(policy.base_pause * 2**number, policy.max_pause)


@given(st.integers(1, 12), st.sampled_from([SERVICE_POLICY, BULK_POLICY]), st.integers(0, 2**32))
def test_a_pause_is_anything_between_nothing_and_its_bound(
    attempt: int, policy: RetryPolicy, seed: int
) -> None:
    random.seed(seed)
    bound = min(policy.base_pause * 2 ** (attempt - 1), policy.max_pause)
    pauses = [backoff_seconds(attempt, policy) for _ in range(200)]
    assert all(0 <= pause <= bound for pause in pauses)
    assert min(pauses) < bound / 4
    assert max(pauses) > bound * 3 / 4


class Time:
    """Time that passes only in pauses and answers, so that deadlines are exact."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.pauses: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.pauses.append(seconds)
        self.now += seconds


def test_no_pause_and_no_attempt_goes_beyond_the_deadline(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped, deadlines = Time(), list[float]()

    def exchange(self: object, request: bytes, deadline: float) -> None:
        assert stopped.now <= deadline
        deadlines.append(deadline)
        raise ResponseLost("no answer")

    monkeypatch.setattr("api.dynamodb.transport.http.time", stopped)
    monkeypatch.setattr("api.dynamodb.transport.http.backoff_seconds", lambda *_: 0.9)
    monkeypatch.setattr("api.dynamodb.transport.connection.Connection.exchange", exchange)
    with pytest.raises(Unavailable):
        send(server, policy=RetryPolicy(10.0, 10.0, 100, 1.0, 1.0, total=2.0))
    # Two pauses of 0.9 s leave 0.2 s: one more after 0.15 s, and no time for another attempt.
    assert stopped.pauses == pytest.approx([0.9, 0.9, 0.15])
    assert deadlines == [1_002.0] * 4


@pytest.mark.parametrize("reaction", [silence, drip(b"HTTP/1.1 200 OK\r\nX: ", b"x")])
def test_a_server_that_never_answers_is_asked_as_often_as_time_allows(
    server: ScriptedServer, reaction: Reaction
) -> None:
    server.script = [reaction]
    for operation, expected in (("GetItem", Unavailable), ("PutItem", OutcomeUnknown)):
        with pytest.raises(expected) as caught:
            send(server, operation, RetryPolicy(10.0, 0.2, 3, 0.0, 0.0))
        assert caught.value.retries == 2
        with pytest.raises(expected) as caught:  # the first attempt may take all the time there is
            send(server, operation, RetryPolicy(10.0, 60.0, 3, 0.0, 0.0, total=0.3))
        assert caught.value.retries == 0
    for _ in range(8):
        assert server.closed.acquire(timeout=10)
    assert len(server.received) == 8


def test_a_request_that_cannot_be_encoded_is_not_sent(server: ScriptedServer) -> None:
    transport = Transport(server.url, "us-east-1", StaticCredentials("k", "s"))
    for value in ({"S": "\ud800"}, {"B": b"bytes"}, object()):
        with pytest.raises(InvalidInput, match="cannot be encoded"):
            transport.call("PutItem", {"Item": {"PK": value}})
    assert server.received == []
