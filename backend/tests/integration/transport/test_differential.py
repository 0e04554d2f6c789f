"""Our HTTP transport and boto3 give equal results: generated requests go through both, to two equal tables."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from api.dynamodb.errors import ConditionFailed, DataLayerError, Throttled, TransactionCancelled
from api.dynamodb.table_schema import create_table, delete_table
from api.dynamodb.transport.boto3_transport import Boto3Transport, from_boto3
from api.dynamodb.transport.factory import DynamoDBTransport
from api.dynamodb.transport.http import Transport
from api.dynamodb.transport.retry import RetryPolicy
from config.environment import BACKEND_DIR
from tests.integration.transport.request_strategies import MISSING, OPERATIONS, TABLE, Request, requests
from tests.support.engines import Engine
from tests.support.torture import is_full

PATIENT = RetryPolicy(5.0, 60.0, 1, 0.0, 0.0)
SEQUENCE = 20  # requests that follow each other on the same tables


def renamed(value: Any, old: str, new: str) -> Any:
    """The same request or response with another table name, in values, keys and messages."""
    if isinstance(value, dict):
        return {renamed(name, old, new): renamed(inner, old, new) for name, inner in value.items()}
    if isinstance(value, list):
        return [renamed(inner, old, new) for inner in value]
    return value.replace(old, new) if isinstance(value, str) else value


def comparable(value: Any) -> Any:
    """A response with its sets and the items of a batch sorted."""
    if isinstance(value, dict):
        if len(value) == 1:
            ((name, inner),) = value.items()
            if name in ("SS", "NS", "BS") and isinstance(inner, list):
                return {name: sorted(inner)}
        ordered = {name: comparable(inner) for name, inner in value.items()}
        for table, batch in ordered.get("Responses", {}).items():
            ordered["Responses"][table] = sorted(batch, key=lambda item: json.dumps(item, sort_keys=True))
        return ordered
    return [comparable(inner) for inner in value] if isinstance(value, list) else value


def outcome(calls: DynamoDBTransport, table: str, request: Request) -> Any:
    """What came of a request: the answer, or everything that a caller can see of the failure."""
    operation, body = request
    try:
        own = {**renamed(body, TABLE, table), "ReturnConsumedCapacity": "TOTAL"}
        answer, retries = calls.send(operation, own)
    except DataLayerError as failure:
        error: dict[str, Any] = {
            "type": type(failure).__name__, "in_doubt": failure.in_doubt, "retries": failure.retries,
            "code": failure.code, "message": failure.aws_message, "hint": failure.hint,
        }  # fmt: skip
        if isinstance(failure, ConditionFailed):
            error["item"] = failure.item
        if isinstance(failure, TransactionCancelled | Throttled):
            error["reasons"] = [list(r) if isinstance(r, tuple) else r for r in failure.reasons]
        return comparable(renamed(error, table, TABLE))
    return comparable(renamed({"answer": answer, "retries": retries}, table, TABLE))


@contextmanager
def table_pair(
    engine: Engine, use_settings: Callable[..., None]
) -> Iterator[dict[str, tuple[DynamoDBTransport, str]]]:
    """Two empty tables of one engine, one for each transport."""
    token = secrets.token_hex(4)
    with ExitStack() as stack:
        tables = [f"twin_{way}_{token}" for way in ("lean", "boto")]
        admin = engine.client()
        stack.callback(admin.close)
        for table in tables:
            create_table(admin, table)
            stack.callback(delete_table, admin, table)
        use_settings(**engine.settings("not_named"))
        http = Transport.of_environment(PATIENT)
        stack.callback(http.close)
        client = engine.client()
        stack.callback(client.close)
        yield {"lean": (http, tables[0]), "boto3": (Boto3Transport(client), tables[1])}


def compare(engine: Engine, use_settings: Callable[..., None], examples: int) -> Counter[str]:
    """Sends sequences of requests both ways; returns how many of which operation came to what.

    What a request meets depends on those before it, so a failing sequence is shown and not shrunk.
    """
    counts: Counter[str] = Counter()
    with table_pair(engine, use_settings) as tables:

        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(st.lists(requests, min_size=SEQUENCE, max_size=SEQUENCE))
        def results_are_equal(sequence: list[Request]) -> None:
            for request in sequence:
                http, boto3 = (outcome(calls, table, request) for calls, table in tables.values())
                counts["requests"] += 1
                counts[f"{request[0]} {boto3.get('type', 'answer')}"] += 1
                if boto3.get("type") == "InvalidInput" and not boto3["code"]:  # boto3 sent nothing
                    # An engine may look for the table before it looks at the request.
                    no_table = ("ResourceNotFoundException",) if MISSING in repr(request) else ()
                    codes = ("ValidationException", "SerializationException", *no_table)
                    assert http["code"] in codes, request
                    continue
                assert http == boto3, request

        results_are_equal()
        contents = [stored_items(engine, table) for _, table in tables.values()]
        assert contents[0] == contents[1]
    return counts


def stored_items(engine: Engine, table: str) -> list[str]:
    """What the requests left behind."""
    client = engine.client()
    pages = client.get_paginator("scan").paginate(TableName=table)
    items = [repr(comparable(from_boto3(item))) for page in pages for item in page["Items"]]
    client.close()
    return sorted(items)


def compare_on_ministack(ministack: Engine, use_settings: Callable[..., None]) -> None:
    """The comparison on MiniStack; pytest runs it in the process that the next test starts."""
    counts = compare(ministack, use_settings, 150)
    assert counts["requests"] >= 3_000
    for operation in OPERATIONS:
        assert counts[f"{operation} answer"] >= 10, counts
        assert sum(count for name, count in counts.items() if name.startswith(f"{operation} ")) >= 50, counts
    for refused in (
        "PutItem ConditionFailed",
        "TransactWriteItems TransactionCancelled",
        "GetItem TableMissing",
    ):
        assert counts[refused] >= 1, counts


@pytest.mark.long
def test_both_transports_give_equal_results_on_ministack(pytestconfig: pytest.Config) -> None:
    """In a process and on an engine of its own, so that nothing that ran before can take part.

    Now and then, on a busy machine, one of the two tables has lost a write that MiniStack acknowledged.
    """
    if not is_full(pytestconfig):
        pytest.skip(
            "transports on MiniStack: compared with --torture; make test compares them on DynamoDB Local"
        )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    function = compare_on_ministack.__name__
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "0", "-o", f"python_functions={function}",
         f"{__file__}::{function}"],
        cwd=BACKEND_DIR, env=environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0 and "1 passed" in done.stdout, done.stdout + done.stderr


def test_both_transports_give_equal_results_on_dynamodb_local(
    dynamodb_local: Engine, use_settings: Callable[..., None]
) -> None:
    counts = compare(dynamodb_local, use_settings, 20)
    assert counts["requests"] >= 400
