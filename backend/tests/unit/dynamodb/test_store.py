"""The store's bounds: what engines leave undone, refuse for a moment, or never answer.

The engines of the tests never leave anything undone, so a scripted client stands in for them.
"""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.errors import (
    AccessDenied,
    ConditionFailed,
    DataLayerError,
    InvalidInput,
    OutcomeUnknown,
    Throttled,
    TransactionCancelled,
    Unavailable,
)
from api.dynamodb.metering import meter
from api.dynamodb.table.expressions import Changes, absent
from api.dynamodb.table.store import RETRIES, Store
from api.dynamodb.table.write_actions import ConditionCheck, Delete, Put, Update
from api.dynamodb.transport.boto3_transport import Boto3Transport

ITEM: WireItem = {"PK": {"S": "a"}, "SK": {"S": "b"}}


class Scripted:
    """Answers calls from a list, the last one again and again; keeps the requests."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.requests: list[dict[str, Any]] = []

    def __getattr__(self, name: str) -> Any:
        def call(**request: Any) -> Any:
            self.requests.append(request)
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            if isinstance(answer, Exception):
                raise answer
            return answer(request) if callable(answer) else answer

        return call


def store_of(*answers: Any) -> tuple[Store, Scripted, list[float]]:
    client, pauses = Scripted(*answers), list[float]()
    return Store(Boto3Transport(client), "t", sleep=pauses.append), client, pauses  # type: ignore[arg-type]


def refusal(code: str, **more: Any) -> ClientError:
    answer: Any = {"Error": {"Code": code, "Message": "m"}, **more}
    return ClientError(answer, "X")


def cancelled(*codes: str) -> ClientError:
    return refusal("TransactionCanceledException", CancellationReasons=[{"Code": code} for code in codes])


def items(count: int) -> list[WireItem]:
    return [{"PK": {"S": "a"}, "SK": {"S": str(number)}} for number in range(count)]


def test_a_batch_read_asks_again_for_what_was_left_out() -> None:
    left = {
        "Responses": {"t": [ITEM]},
        "UnprocessedKeys": {"t": {"Keys": [{"PK": {"S": "a"}, "SK": {"S": "c"}}]}},
    }
    store, client, pauses = store_of(left, {"Responses": {"t": [{"PK": {"S": "a"}, "SK": {"S": "c"}}]}})
    assert set(store.batch_get([("a", "b"), ("a", "c")], entity="user")) == {("a", "b"), ("a", "c")}
    assert len(client.requests) == 2
    assert len(pauses) == 1


def test_a_batch_read_that_makes_no_progress_ends_throttled() -> None:
    store, client, pauses = store_of({"UnprocessedKeys": {"t": {"Keys": [ITEM]}}})
    with pytest.raises(Throttled, match="1 keys"):
        store.batch_get([("a", "b")], entity="user")
    assert len(client.requests) == RETRIES.attempts
    assert all(0 <= pause <= 0.4 for pause in pauses)


def test_a_batch_read_asks_for_100_keys_at_a_time_and_once_for_each() -> None:
    store, client, _ = store_of({"Responses": {}})
    store.batch_get([("a", str(number % 150)) for number in range(300)], entity="user")
    assert [len(r["RequestItems"]["t"]["Keys"]) for r in client.requests] == [100, 50]


def test_a_batch_write_sends_again_what_was_left_undone() -> None:
    def half(request: dict[str, Any]) -> dict[str, Any]:
        entries = request["RequestItems"]["t"]
        return {"UnprocessedItems": {"t": entries[len(entries) // 2 :]} if len(entries) > 1 else {}}

    store, client, _ = store_of(half)
    assert store.batch_write(puts=items(30), deletes=[("d", "1")], entity="user") == []
    sent = [entry for r in client.requests for entry in r["RequestItems"]["t"]]
    assert {entry["PutRequest"]["Item"]["SK"]["S"] for entry in sent if "PutRequest" in entry} == {
        str(n) for n in range(30)
    }
    assert any("DeleteRequest" in entry for entry in sent)


def test_a_batch_write_that_makes_no_progress_says_what_is_undone() -> None:
    store, client, _ = store_of(lambda request: {"UnprocessedItems": request["RequestItems"]})
    undone = store.batch_write(puts=items(30), entity="user")
    assert sorted(undone) == sorted(("a", str(number)) for number in range(30))
    assert len(client.requests) == RETRIES.attempts


def test_a_batch_write_has_at_most_25_items_and_a_megabyte_and_a_half() -> None:
    store, client, _ = store_of({})
    store.batch_write(puts=items(60), entity="user")
    assert [len(r["RequestItems"]["t"]) for r in client.requests] == [25, 25, 10]
    client.requests.clear()
    store.batch_write(puts=[{**item, "b": {"B": b"x" * 400_000}} for item in items(8)], entity="text_part")
    assert [len(r["RequestItems"]["t"]) for r in client.requests] == [3, 3, 2]


def test_a_batch_write_of_nothing_makes_no_call() -> None:
    store, client, _ = store_of({})
    assert store.batch_write(entity="user") == []
    assert client.requests == []


def test_a_whole_range_is_read_over_all_its_pages() -> None:
    page = {"Items": [ITEM], "LastEvaluatedKey": ITEM}
    store, client, _ = store_of(page, {**page, "Items": []}, {"Items": [ITEM]})
    assert store.query_all("a", entity="user") == [ITEM, ITEM]
    assert ["ExclusiveStartKey" in request for request in client.requests] == [False, True, True]


def test_a_transaction_that_meets_another_is_sent_again_under_a_new_token() -> None:
    store, client, _ = store_of(
        cancelled("TransactionConflict", "None"), cancelled("TransactionConflict"), {}
    )
    store.transact_write([Put(ITEM)], entity="user")
    assert len({request["ClientRequestToken"] for request in client.requests}) == 3


def test_a_transaction_in_progress_is_asked_again_under_its_token() -> None:
    store, client, _ = store_of(refusal("TransactionInProgressException"), {})
    store.transact_write([Put(ITEM)], entity="user")
    assert len({request["ClientRequestToken"] for request in client.requests}) == 1


def test_a_transaction_that_keeps_meeting_others_ends_throttled() -> None:
    store, client, _ = store_of(cancelled("TransactionConflict"))
    with pytest.raises(Throttled) as caught:
        store.transact_write([Put(ITEM)], entity="user")
    assert caught.value.reasons == ("TransactionConflict",)
    assert len(client.requests) == RETRIES.attempts


def test_a_refused_transaction_gives_its_reasons_in_order() -> None:
    store, client, _ = store_of(cancelled("None", "ConditionalCheckFailed", "TransactionConflict"))
    with pytest.raises(TransactionCancelled) as caught:
        store.transact_write(
            [Put(ITEM), ConditionCheck(("a", "b"), absent()), Delete(("a", "c"))], entity="user"
        )
    assert [code for code, _ in caught.value.reasons] == [
        "None",
        "ConditionalCheckFailed",
        "TransactionConflict",
    ]
    assert len(client.requests) == 1


def test_a_transaction_has_at_most_100_actions_and_4_mb() -> None:
    store, client, _ = store_of({})
    with pytest.raises(InvalidInput, match="101 writes"):
        store.transact_write([Delete(("a", str(n))) for n in range(101)], entity="user")
    large: WireItem = {**ITEM, "b": {"B": b"x" * 400_000}}
    with pytest.raises(InvalidInput, match="4 MB"):
        store.transact_write([Put(large)] * 11, entity="user")
    assert client.requests == []


def test_a_single_write_waits_for_a_transaction_that_holds_its_item() -> None:
    busy = refusal("TransactionConflictException")
    store, client, pauses = store_of(busy, busy, {"Attributes": ITEM})
    assert store.update(("a", "b"), Changes(add={"v": {"N": "1"}}), entity="user") == ITEM
    assert (len(client.requests), len(pauses)) == (3, 2)
    store, client, _ = store_of(busy)
    with pytest.raises(DataLayerError):
        store.delete(("a", "b"), entity="user")
    assert len(client.requests) == RETRIES.attempts


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (refusal("ProvisionedThroughputExceededException"), Throttled),
        (refusal("AccessDeniedException"), AccessDenied),
        (refusal("ConditionalCheckFailedException", Item=ITEM), ConditionFailed),
        (refusal("InternalServerError", ResponseMetadata={"HTTPStatusCode": 500}), OutcomeUnknown),
        (ReadTimeoutError(endpoint_url="http://x"), OutcomeUnknown),
    ],
)
def test_every_failure_of_a_write_is_typed_and_keeps_its_cause(
    raised: Exception, expected: type[DataLayerError]
) -> None:
    store, _, _ = store_of(raised)
    with pytest.raises(expected) as caught:
        store.put(ITEM, entity="user")
    assert caught.value.__cause__ is raised
    if isinstance(raised, ClientError):
        assert caught.value.code == raised.response["Error"]["Code"]
        assert caught.value.aws_message == "m"


def test_a_read_without_an_answer_is_unavailable_and_never_of_unknown_outcome() -> None:
    store, _, _ = store_of(ReadTimeoutError(endpoint_url="http://x"))
    with pytest.raises(Unavailable):
        store.get(("a", "b"), entity="user")


def test_every_call_is_counted_failed_ones_too() -> None:
    store, _, _ = store_of(
        {"Item": ITEM, "ConsumedCapacity": {"CapacityUnits": 0.5}},
        refusal("AccessDeniedException"),
        {"ConsumedCapacity": [{"CapacityUnits": 2.0}, {"CapacityUnits": 4.0}]},
    )
    with meter.recording() as recording:
        store.get(("a", "b"), entity="user")
        with pytest.raises(AccessDenied):
            store.get(("a", "b"), entity="plan")
        store.transact_write([Update(("a", "b"), Changes(add={"v": {"N": "1"}}))], entity="run")
    seen = [(c.operation, c.entity, c.read_units, c.write_units, c.error) for c in recording.calls]
    assert seen == [
        ("GetItem", "user", 0.5, 0.0, None),
        ("GetItem", "plan", 0.0, 0.0, "AccessDeniedException"),
        ("TransactWriteItems", "run", 0.0, 6.0, None),
    ]
    assert (recording.read_units, recording.write_units) == (0.5, 6.0)
