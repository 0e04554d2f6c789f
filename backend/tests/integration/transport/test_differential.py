"""The lean transport and boto3 say the same: thousands of generated requests go through both, to twin tables."""

from __future__ import annotations

import json
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from api.dynamodb.boto3_transport import Boto3Transport, from_boto3
from api.dynamodb.errors import ConditionFailed, DataLayerError, Throttled, TransactionCancelled
from api.dynamodb.table_schema import create_table, delete_table
from api.dynamodb.transport import Patience, Transport
from api.dynamodb.transports import Calls
from tests.integration.transport.requests import OPERATIONS, TABLE, Request, requests
from tests.support.engines import Engine

PATIENT = Patience(5.0, 60.0, 1, 0.0, 0.0)
SEQUENCE = 20  # requests that follow each other on the same tables


def renamed(value: Any, old: str, new: str) -> Any:
    """The same with another table's name, wherever it stands: as a value, as a key, within a message."""
    if isinstance(value, dict):
        return {renamed(name, old, new): renamed(inner, old, new) for name, inner in value.items()}
    if isinstance(value, list):
        return [renamed(inner, old, new) for inner in value]
    return value.replace(old, new) if isinstance(value, str) else value


def comparable(value: Any) -> Any:
    """An answer with its sets, and the items of a batch, in one order."""
    if isinstance(value, dict):
        if len(value) == 1:
            ((name, inner),) = value.items()
            if name in ("SS", "NS", "BS") and isinstance(inner, list):
                return {name: sorted(inner)}
        found = {name: comparable(inner) for name, inner in value.items()}
        for table, batch in found.get("Responses", {}).items():
            found["Responses"][table] = sorted(batch, key=lambda item: json.dumps(item, sort_keys=True))
        return found
    return [comparable(inner) for inner in value] if isinstance(value, list) else value


def outcome(calls: Calls, table: str, request: Request) -> Any:
    """What came of a request: the answer, or everything that a caller can see of the failure."""
    operation, body = request
    try:
        own = {**renamed(body, TABLE, table), "ReturnConsumedCapacity": "TOTAL"}
        answer, retries = calls.send(operation, own)
    except DataLayerError as failure:
        told: dict[str, Any] = {
            "type": type(failure).__name__, "in_doubt": failure.in_doubt, "retries": failure.retries,
            "code": failure.code, "message": failure.aws_message, "hint": failure.hint,
        }  # fmt: skip
        if isinstance(failure, ConditionFailed):
            told["item"] = failure.item
        if isinstance(failure, TransactionCancelled | Throttled):
            told["reasons"] = [list(r) if isinstance(r, tuple) else r for r in failure.reasons]
        return comparable(renamed(told, table, TABLE))
    return comparable(renamed({"answer": answer, "retries": retries}, table, TABLE))


@contextmanager
def twins(engine: Engine, use_settings: Callable[..., None]) -> Iterator[dict[str, tuple[Calls, str]]]:
    """Two empty tables of one engine, each reached in its own way."""
    token = secrets.token_hex(4)
    with ExitStack() as stack:
        tables = [f"twin_{way}_{token}" for way in ("lean", "boto")]
        admin = engine.client()
        stack.callback(admin.close)
        for table in tables:
            create_table(admin, table)
            stack.callback(delete_table, admin, table)
        use_settings(**engine.settings("not_named"))
        lean = Transport.of_environment(PATIENT)
        stack.callback(lean.close)
        client = engine.client()
        stack.callback(client.close)
        yield {"lean": (lean, tables[0]), "boto3": (Boto3Transport(client), tables[1])}


def compare(engine: Engine, use_settings: Callable[..., None], examples: int) -> Counter[str]:
    """Sends sequences of requests both ways; returns how many of which operation came to what.

    What a request meets depends on those before it, so a failing sequence is shown and not shrunk.
    """
    seen: Counter[str] = Counter()
    with twins(engine, use_settings) as ways:

        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(st.lists(requests, min_size=SEQUENCE, max_size=SEQUENCE))
        def both_say_the_same(sequence: list[Request]) -> None:
            for request in sequence:
                lean, boto3 = (outcome(calls, table, request) for calls, table in ways.values())
                seen["requests"] += 1
                seen[f"{request[0]} {boto3.get('type', 'answer')}"] += 1
                if boto3.get("type") == "InvalidInput" and not boto3["code"]:  # boto3 sent nothing
                    assert lean["code"] in ("ValidationException", "SerializationException"), request
                    continue
                assert lean == boto3, request

        both_say_the_same()
        everything = [whole_table(engine, table) for _, table in ways.values()]
        assert everything[0] == everything[1]
    return seen


def whole_table(engine: Engine, table: str) -> list[str]:
    """What the requests left behind."""
    client = engine.client()
    pages = client.get_paginator("scan").paginate(TableName=table)
    found = [repr(comparable(from_boto3(item))) for page in pages for item in page["Items"]]
    client.close()
    return sorted(found)


def test_both_ways_say_the_same_on_ministack(ministack: Engine, use_settings: Callable[..., None]) -> None:
    seen = compare(ministack, use_settings, 150)
    assert seen["requests"] >= 3_000
    for operation in OPERATIONS:
        assert seen[f"{operation} answer"] >= 10, seen
        assert sum(count for name, count in seen.items() if name.startswith(f"{operation} ")) >= 50, seen
    for refused in (
        "PutItem ConditionFailed",
        "TransactWriteItems TransactionCancelled",
        "GetItem TableMissing",
    ):
        assert seen[refused] >= 1, seen


def test_both_ways_say_the_same_on_dynamodb_local(
    dynamodb_local: Engine, use_settings: Callable[..., None]
) -> None:
    seen = compare(dynamodb_local, use_settings, 20)
    assert seen["requests"] >= 400
