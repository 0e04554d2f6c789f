"""The error that a call raises after several attempts, which is the same on both transports."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.retries.standard import ExponentialBackoff

from api.dynamodb.client import DynamoDBClient
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
from api.dynamodb.transport import access
from api.dynamodb.transport.access import ClientBounds
from api.dynamodb.transport.boto3_transport import Boto3Transport
from api.dynamodb.transport.connection import Connection, RequestNotSent, Response
from api.dynamodb.transport.factory import DynamoDBTransport
from api.dynamodb.transport.http import Transport
from api.dynamodb.transport.retry import RetryPolicy
from api.dynamodb.transport.signing import StaticCredentials
from tests.support.scripted_server import Reaction, ScriptedServer, answer, hang_up, refusal, silence

ITEM = {"PK": {"S": "a"}, "SK": {"S": "b"}, "data": {"B": "AAECAw=="}, "all": {"BS": ["/w==", "AA=="]}}
STORED = '"Item":{"PK":{"S":"a"},"data":{"B":"AAECAw=="},"all":{"BS":["/w=="]}}'
REASONS = f',"CancellationReasons":[{{"Code":"None"}},{{"Code":"ConditionalCheckFailed",{STORED}}}]'
UNSENT = "unsent"
OUTCOMES: dict[str, Reaction] = {
    "done": hang_up(answer(b"{}", 200, "Connection: close")),
    "cut": hang_up(),
    "half": hang_up(answer()[:-1]),
    "damaged": hang_up(answer(b"{}", 200, "Connection: close", crc32=1)),
    "silent": silence,
    **{
        name: hang_up(refusal(code, status, more=more).replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
        for name, code, status, more in [
            ("500", "InternalServerError", 500, ""),
            ("503", "ServiceUnavailable", 503, ""),
            ("throttled", "ThrottlingException", 400, ""),
            ("refused", "ConditionalCheckFailedException", 400, f",{STORED}"),
            ("cancelled", "TransactionCanceledException", 400, REASONS),
            ("invalid", "ValidationException", 400, ""),
            ("denied", "AccessDeniedException", 400, ""),
            ("missing", "ResourceNotFoundException", 400, ""),
        ]
    },
}
REQUESTS: dict[str, dict[str, Any]] = {
    "GetItem": {"TableName": "abc", "Key": {"PK": {"S": "a"}, "SK": {"S": "b"}}},
    "PutItem": {"TableName": "abc", "Item": ITEM},
    "TransactWriteItems": {
        "TransactItems": [{"Put": {"TableName": "abc", "Item": ITEM}}],
        "ClientRequestToken": "token",
    },
}
GET, PUT, TRANSACT = REQUESTS
# operation, what its attempts come to (the last one is the last), what is raised, `in_doubt`
TABLE: list[tuple[str, str, type[DataLayerError] | None, bool]] = [
    (PUT, "done", None, False),
    (PUT, "cut done", None, False),
    (PUT, "unsent 500 done", None, False),
    (PUT, "throttled damaged done", None, False),
    (PUT, "cut cut cut", OutcomeUnknown, False),
    (PUT, "silent cut cut", OutcomeUnknown, False),
    (PUT, "unsent unsent unsent", Unavailable, False),
    (PUT, "cut unsent unsent", OutcomeUnknown, False),
    (PUT, "unsent cut unsent", OutcomeUnknown, False),
    (PUT, "unsent unsent cut", OutcomeUnknown, False),
    (PUT, "500 unsent unsent", OutcomeUnknown, False),
    (PUT, "throttled unsent unsent", Unavailable, False),
    (PUT, "500 500 500", OutcomeUnknown, False),
    (PUT, "503 throttled throttled", OutcomeUnknown, False),
    (PUT, "throttled throttled throttled", Throttled, False),
    (PUT, "throttled throttled 503", OutcomeUnknown, False),
    (PUT, "unsent throttled throttled", Throttled, False),
    (PUT, "cut throttled throttled", OutcomeUnknown, False),
    (PUT, "refused", ConditionFailed, False),
    (PUT, "unsent refused", ConditionFailed, False),
    (PUT, "throttled refused", ConditionFailed, False),
    (PUT, "cut refused", ConditionFailed, True),
    (PUT, "half refused", ConditionFailed, True),
    (PUT, "silent refused", ConditionFailed, True),
    (PUT, "damaged refused", ConditionFailed, True),
    (PUT, "500 refused", ConditionFailed, True),
    (PUT, "503 unsent refused", ConditionFailed, True),
    (PUT, "cut throttled refused", ConditionFailed, True),
    (PUT, "invalid", InvalidInput, False),
    (PUT, "throttled invalid", InvalidInput, False),
    (PUT, "cut invalid", OutcomeUnknown, False),
    (PUT, "denied", AccessDenied, False),
    (PUT, "500 denied", OutcomeUnknown, False),
    (PUT, "missing", TableMissing, False),
    (TRANSACT, "cancelled", TransactionCancelled, False),
    (TRANSACT, "throttled cancelled", TransactionCancelled, False),
    (TRANSACT, "cut cancelled", TransactionCancelled, True),
    (TRANSACT, "500 500 500", OutcomeUnknown, False),
    (GET, "half done", None, False),
    (GET, "damaged 500 done", None, False),
    (GET, "cut cut cut", Unavailable, False),
    (GET, "cut silent cut", Unavailable, False),
    (GET, "unsent unsent unsent", Unavailable, False),
    (GET, "500 500 500", Unavailable, False),
    (GET, "cut throttled throttled", Throttled, False),
    (GET, "500 invalid", InvalidInput, False),
    (GET, "cut missing", TableMissing, False),
    (GET, "cut denied", AccessDenied, False),
]


@contextmanager
def lean(url: str, plan: list[str], seconds: float, patch: pytest.MonkeyPatch) -> Iterator[DynamoDBTransport]:
    exchange = Connection.exchange

    def planned(self: Connection, request: bytes, deadline: float) -> Response:
        if plan.pop(0) == UNSENT:
            raise RequestNotSent("planned")
        return exchange(self, request, deadline)

    patch.setattr(Connection, "exchange", planned)
    transport = Transport(
        url, "us-east-1", StaticCredentials("k", "s"), RetryPolicy(10.0, seconds, 3, 0.0, 0.0)
    )
    yield transport
    transport.close()


@contextmanager
def boto3(
    url: str, plan: list[str], seconds: float, patch: pytest.MonkeyPatch
) -> Iterator[DynamoDBTransport]:
    def planned(**_: object) -> None:
        if plan.pop(0) == UNSENT:
            raise EndpointConnectionError(endpoint_url=url)

    patch.setattr(ExponentialBackoff, "delay_amount", lambda *_: 0.0)
    patch.setattr(access, "SERVICE_BOUNDS", ClientBounds(10, seconds, 3))
    client = DynamoDBClient.get_client()
    client.meta.events.register("before-send.dynamodb", planned)
    yield Boto3Transport(client)
    client.close()
    access.clear_cache()


@pytest.mark.parametrize("way", [lean, boto3], ids=["lean", "boto3"])
@pytest.mark.parametrize(
    ("operation", "attempts", "expected", "in_doubt"), TABLE, ids=[f"{row[0]}: {row[1]}" for row in TABLE]
)
def test_a_caller_is_told(
    way: Any,
    operation: str,
    attempts: str,
    expected: type[DataLayerError] | None,
    in_doubt: bool,
    use_settings: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = attempts.split()
    script = [OUTCOMES[name] for name in plan if name != UNSENT]
    seconds = 0.5 if "silent" in plan else 10.0
    with ScriptedServer(*script) as server:
        use_settings(LOCALSTACK_URL=server.url, AWS_ACCESS_KEY_ID="k", AWS_SECRET_ACCESS_KEY="s")
        failure: DataLayerError | None = None
        answered: tuple[Any, int] | None = None
        with way(server.url, list(plan), seconds, monkeypatch) as calls:
            try:
                answered = calls.send(operation, REQUESTS[operation])
            except DataLayerError as error:
                failure = error
        assert len(server.received) == len(script)
    if expected is None:
        assert answered == ({}, len(plan) - 1)
        return
    assert type(failure) is expected
    assert failure.in_doubt is in_doubt
    assert failure.retries == len(plan) - 1
    assert failure.__cause__ is not None or len(plan) == 1 or plan[-1] not in {"cut", "unsent"}
    stored = {"PK": {"S": "a"}, "data": {"B": "AAECAw=="}, "all": {"BS": ["/w=="]}}
    if isinstance(failure, ConditionFailed):
        assert failure.item == stored
    if isinstance(failure, TransactionCancelled):
        assert failure.reasons == [("None", None), ("ConditionalCheckFailed", stored)]


@pytest.mark.parametrize("way", [lean, boto3], ids=["lean", "boto3"])
def test_binaries_travel_as_they_are(
    way: Any, use_settings: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    body = b'{"Item":{"data":{"B":"AAECAw=="},"all":{"BS":["/w==","AA=="]},"in":{"L":[{"M":{"B":{"B":"AQ=="}}}]}}}'
    with ScriptedServer(hang_up(answer(body, 200, "Connection: close"))) as server:
        use_settings(LOCALSTACK_URL=server.url, AWS_ACCESS_KEY_ID="k", AWS_SECRET_ACCESS_KEY="s")
        with way(server.url, ["done"] * 2, 10.0, monkeypatch) as calls:
            answered, _ = calls.send(GET, REQUESTS[GET])
            calls.send(PUT, {"TableName": "abc", "Item": answered["Item"]})
        assert answered["Item"] == json.loads(body)["Item"]
        assert json.loads(server.received[1].body)["Item"] == answered["Item"]
