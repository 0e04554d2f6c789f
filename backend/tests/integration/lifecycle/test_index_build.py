"""Building and dropping an index under AWS's rules: one change at a time, phases, refusals, lost answers."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from api.dynamodb.control_plane.calls import call_table
from api.dynamodb.control_plane.declaration import IndexConfig, Key, TableConfig, Throughput
from api.dynamodb.control_plane.description import describe_table
from api.dynamodb.control_plane.errors import ChangeInProgress, LimitReached, TableChangeError
from api.dynamodb.errors import AccessDenied, TableMissing
from examples.decision_log.table_configs.dora_decision_log import BY_MARKET, TABLE
from lifecycle.online import build_index, drop_index
from lifecycle.online.build import wait_for_indexes
from tests.integration.lifecycle.decision_log_tables import INDEX, Log, decision
from tests.support.aws_rules import AwsRules
from tests.support.engines import Engine
from tests.support.fault_proxy import Call, Fault
from tests.support.waiting import wait_until

BUSY = "Only 10 tables can be created, updated, or deleted simultaneously"
OTHER = IndexConfig("reason-index", partition=Key("reason"), projection="KEYS_ONLY")


@pytest.fixture
def rules(engine: Engine) -> Iterator[AwsRules]:
    with AwsRules(engine.endpoint_url) as proxy:
        yield proxy


@pytest.fixture
def log(engine: Engine, rules: AwsRules) -> Iterator[Log]:
    made = Log(rules.url, engine.client())
    yield made
    made.delete()


def short_pause(seconds: float) -> None:
    """Leaves the engine the time to do what is waited for, instead of the seconds that AWS needs."""
    time.sleep(min(seconds, 0.01))


def build(log: Log, index: IndexConfig = BY_MARKET, *, config: TableConfig = TABLE, **how: Any) -> list[str]:
    """Builds with hardly a pause between two looks, and returns what was said."""
    said: list[str] = []
    how = {"time_limit": 300, "sleep": short_pause, **how}
    build_index(log.client, log.name, config, index, progress=said.append, **how)
    return said


def drop(log: Log, index_name: str = INDEX, **how: Any) -> list[str]:
    said: list[str] = []
    how = {"time_limit": 300, "sleep": short_pause, **how}
    drop_index(log.client, log.name, index_name, progress=said.append, **how)
    return said


def updates(rules: AwsRules) -> list[Call]:
    return [call for call in rules.calls if call.operation == "UpdateTable"]


def test_it_waits_through_every_phase_until_table_and_index_are_active(log: Log, rules: AwsRules) -> None:
    log.create()
    said = build(log)
    phases = [line.rpartition(": ")[2].partition(", by")[0] for line in said]
    assert phases[0].startswith("accepted")
    assert "CREATING, being allocated" in phases
    assert any(line.startswith("CREATING, backfilling") for line in phases)
    assert phases[-1] == "ACTIVE"
    assert len(updates(rules)) == 1
    assert log.entries() == log.dump()


def test_building_what_is_there_changes_nothing(log: Log, rules: AwsRules) -> None:
    log.create()
    build(log)
    before = log.described()
    assert build(log) == [f"{log.name} {INDEX}: ACTIVE"]
    assert len(updates(rules)) == 1
    assert log.described() == before


def test_a_second_builder_waits_for_the_first(log: Log, rules: AwsRules) -> None:
    log.create()
    build(log, detach=True)
    assert "ACTIVE" in build(log)[-1]
    assert len(updates(rules)) == 1


def test_another_index_is_built_after_the_one_under_way(log: Log, rules: AwsRules) -> None:
    log.create()
    build(log, detach=True)
    said = build(log, OTHER)
    assert said[0].startswith(f"{log.name}: waiting, {INDEX} is CREATING")
    state = describe_table(log.client, log.name)
    assert {name: index.status for name, index in state.indexes.items()} == {
        INDEX: "ACTIVE",
        OTHER.name: "ACTIVE",
    }


def test_two_builders_of_two_indexes_at_once_both_succeed(log: Log) -> None:
    log.create()
    failures: list[BaseException] = []

    def run(index: IndexConfig) -> None:
        try:
            build(log, index)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(index,), daemon=True) for index in (BY_MARKET, OTHER)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert set(describe_table(log.client, log.name).indexes) == {INDEX, OTHER.name}


def test_it_waits_while_the_table_itself_refuses(log: Log, rules: AwsRules) -> None:
    """Another change came between the look and the call, twice."""
    log.create()
    forward = rules._forward
    refusals = [2]

    def busy(caller: Any, body: bytes) -> tuple[int, bytes]:
        if caller.headers["X-Amz-Target"].endswith("UpdateTable") and refusals[0]:
            refusals[0] -= 1
            code = ("LimitExceededException", "ResourceInUseException")[refusals[0]]
            return (
                400,
                f'{{"__type": "com.amazonaws.dynamodb.v20120810#{code}", "message": "{BUSY}"}}'.encode(),
            )
        return forward(caller, body)

    rules._forward = busy  # type: ignore[method-assign]
    said = build(log)
    assert said[0] == f"{log.name}: waiting, {BUSY}"
    assert len(updates(rules)) == 3
    assert log.entries() == log.dump()


class Clock:
    """Time passes by a minute at each pause."""

    now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += 60


def with_indexes(log: Log, *indexes: IndexConfig) -> None:
    log.direct.create_table(**replace(TABLE, indexes=indexes).definition("demo"))
    log.made.append(log.name)


def test_an_index_too_many_is_refused_before_anything_is_sent(log: Log, rules: AwsRules) -> None:
    with_indexes(log, *(IndexConfig(f"by-{n:02}", Key(f"k{n}")) for n in range(20)))
    with pytest.raises(LimitReached, match=r"has 20 indexes already, .*: drop one before"):
        build(log)
    assert updates(rules) == []


def test_attributes_too_many_are_refused_before_anything_is_sent(log: Log, rules: AwsRules) -> None:
    names = tuple(f"attribute{n}" for n in range(60))
    with_indexes(log, IndexConfig("wide", Key("reason"), None, names))
    with pytest.raises(LimitReached, match="would carry 120 attributes by name, DynamoDB allows 100"):
        build(log, IndexConfig("other", Key("market_id"), None, names))
    assert updates(rules) == []


@pytest.mark.parametrize(
    "message",
    ["Number of global secondary indexes exceeds per-table limit", "Subscriber limit exceeded: 2500 tables"],
)
def test_a_limit_that_stays_is_not_waited_for(log: Log, rules: AwsRules, message: str) -> None:
    """As AWS says it where the quota is another than the one that is known here."""
    log.create()
    forward = rules._forward

    def refuse(caller: Any, body: bytes) -> tuple[int, bytes]:
        if caller.headers["X-Amz-Target"].endswith("UpdateTable"):
            return 400, json.dumps({"__type": "x#LimitExceededException", "message": message}).encode()
        return forward(caller, body)

    rules._forward = refuse  # type: ignore[method-assign]
    with pytest.raises(LimitReached, match=f"{message}: waiting does not help"):
        build(log)


def test_an_index_too_many_is_told_by_the_engine_itself(dynamodb_local: Engine) -> None:
    log = Log(dynamodb_local.endpoint_url, dynamodb_local.client())
    with_indexes(log, *(IndexConfig(f"by-{n:02}", Key(f"k{n}")) for n in range(20)))
    types: Any = [{"AttributeName": "market_id", "AttributeType": "S"}]
    creation: Any = [{"Create": IndexConfig("one-more", Key("market_id")).definition()}]
    request: Any = {"AttributeDefinitions": types, "GlobalSecondaryIndexUpdates": creation}
    try:
        with pytest.raises(LimitReached):
            call_table(log.client, "UpdateTable", log.name, **request)
    finally:
        log.delete()


def test_a_build_that_does_not_move_is_noticed_and_ends(engine: Engine) -> None:
    clock = Clock()
    with AwsRules(engine.endpoint_url, backfilling=10**9) as rules:
        log = Log(rules.url, engine.client())
        log.create()
        lines: list[str] = []
        with pytest.raises(
            ChangeInProgress, match=r"is not ready after 3 h .*: .* is CREATING, backfilling.*drop_gsi"
        ):
            build_index(
                log.client, log.name, TABLE, BY_MARKET,
                progress=lines.append, time_limit=3 * 3600, sleep=clock.sleep, clock=clock,
            )  # fmt: skip
        notices = [line for line in lines if line.startswith("NOTICE")]
        assert len(notices) == 3 * 4 - 1
        assert "without progress for 15 min 00 s: a hot partition key or too little" in notices[0]
    log.delete()


def test_without_a_limit_of_its_own_a_wait_ends_by_the_size_of_the_table(engine: Engine) -> None:
    clock, lines = Clock(), list[str]()
    with AwsRules(engine.endpoint_url, deleting=10**9) as rules:
        log = Log(rules.url, engine.client())
        log.create()
        build(log)
        with pytest.raises(ChangeInProgress, match=r"is not ready after 1 h 0. min: .* is DELETING"):
            drop_index(log.client, log.name, INDEX, progress=lines.append, sleep=clock.sleep, clock=clock)
        with pytest.raises(ChangeInProgress, match="is not ready"):
            wait_for_indexes(
                log.client, log.name, progress=lines.append, time_limit=60, sleep=clock.sleep, clock=clock
            )
    log.delete()


@pytest.mark.parametrize("fault", [Fault.LOSE_REPLY, Fault.CUT, Fault.ERROR_500])
def test_an_answer_that_is_lost_changes_nothing_of_the_result(
    log: Log, rules: AwsRules, fault: Fault
) -> None:
    log.create()
    made: set[str] = set()

    def once_each(call: Call) -> Fault | None:
        if call.operation in made or call.operation not in ("UpdateTable", "DescribeTable"):
            return None
        made.add(call.operation)
        return fault

    rules.decide = once_each
    build(log)
    assert log.entries() == log.dump()
    assert list(describe_table(log.client, log.name).indexes) == [INDEX]


@pytest.mark.parametrize(
    ("other", "difference"),
    [
        (
            IndexConfig(INDEX, Key("reason"), Key("timestamp")),
            "keys: declared reason + timestamp, found market_id",
        ),
        (IndexConfig(INDEX, Key("market_id")), "keys: declared market_id, found market_id + timestamp"),
        (
            IndexConfig(INDEX, Key("market_id"), Key("timestamp"), "KEYS_ONLY"),
            "projection: declared KEYS_ONLY, found ALL",
        ),
        (
            IndexConfig(INDEX, Key("market_id", "N"), Key("timestamp")),
            "types: declared market_id=N, found market_id=S",
        ),
    ],
)
def test_another_index_of_that_name_is_shown_with_its_difference(
    log: Log, rules: AwsRules, other: IndexConfig, difference: str
) -> None:
    log.create()
    build(log)
    before = log.described()
    with pytest.raises(TableChangeError) as caught:
        build(log, other)
    assert difference in str(caught.value)
    assert log.described() == before


@pytest.mark.parametrize(
    ("index", "why"),
    [
        (IndexConfig("ab", Key("market_id")), "cannot be an index's name"),
        (IndexConfig("a b c", Key("market_id")), "cannot be an index's name"),
        (IndexConfig("abc", Key("date", "N")), "contradicts .* declared as S"),
        (IndexConfig("abc", Key("market_id"), Key("market_id")), "partition and sort key at once"),
        (IndexConfig("abc", Key("market_id"), None, ("date", "reason")), "carries date as a key"),
    ],
)
def test_an_index_that_cannot_be_is_refused_before_anything_is_sent(
    log: Log, rules: AwsRules, index: IndexConfig, why: str
) -> None:
    log.create()
    with pytest.raises(TableChangeError, match=why):
        build(log, index)
    assert updates(rules) == []


def test_a_table_with_other_keys_than_declared_is_refused(log: Log, rules: AwsRules) -> None:
    log.create()
    wrong = TableConfig("dora_decision_log", Key("market_id"), real_name="{name}_{env}")
    with pytest.raises(TableChangeError, match="its keys are date:S, timestamp:S, declared market_id:S"):
        build(log, config=wrong)
    assert updates(rules) == []


def test_a_missing_table_is_named_with_region_and_endpoint(log: Log) -> None:
    with pytest.raises(TableMissing, match=f"table {log.name} does not exist in "):
        build(log)


@pytest.mark.parametrize("operation", ["DescribeTable", "UpdateTable"])
def test_a_missing_permission_is_named(log: Log, rules: AwsRules, operation: str) -> None:
    log.create()
    rules.decide = lambda call: Fault.DENY if call.operation == operation else None
    with pytest.raises(AccessDenied, match=f"allow dynamodb:{operation} on table/{log.name}"):
        build(log)


def test_mismatched_items_are_skipped_and_their_writes_refused(log: Log) -> None:
    wrong = (
        decision(100, market_id=None), decision(101, market_id={"N": "1"}),
        decision(102, market_id={"S": ""}), decision(103, market_id={"S": "x" * 2049}),
    )  # fmt: skip
    log.create(items=3, extra=wrong)
    build(log)
    assert len(log.dump()) == 7
    assert [item["reason"]["S"] for item in log.entries()] == ["because 0", "because 1", "because 2"]
    for item in wrong[1:]:
        with pytest.raises(ClientError, match="ValidationException"):
            log.client.put_item(TableName=log.name, Item=item)
    log.client.put_item(TableName=log.name, Item=wrong[0])


def test_a_dropped_index_is_gone_and_can_be_dropped_again_and_built_again(log: Log, rules: AwsRules) -> None:
    log.create()
    build(log)
    before = log.dump()
    assert drop(log)[-1] == f"{log.name} {INDEX}: gone"
    assert describe_table(log.client, log.name).indexes == {}
    assert drop(log) == [f"{log.name} {INDEX}: there is none"]
    assert len(updates(rules)) == 2
    build(log)
    assert log.entries() == log.dump() == before


def test_an_index_that_backfills_can_be_dropped_one_that_is_allocated_is_waited_for(
    log: Log, rules: AwsRules
) -> None:
    log.create()
    build(log, detach=True)
    said = drop(log)
    assert said[0] == f"{log.name}: waiting, {INDEX} is CREATING, being allocated"
    assert said[-1] == f"{log.name} {INDEX}: gone"
    refused = [call.answer.get("message", "") for call in updates(rules)]
    assert not any("Table is being updated" in message for message in refused)


def test_whoever_waits_for_an_index_that_somebody_drops_is_told(log: Log) -> None:
    log.create()
    looks = 0

    def dropped_meanwhile(seconds: float) -> None:
        nonlocal looks
        looks += 1
        if looks == 4:
            drop(log, detach=True)

    with pytest.raises(TableChangeError, match=r"somebody dropped .* while it was being built"):
        build_index(
            log.client, log.name, TABLE, BY_MARKET, progress=lambda line: None, sleep=dropped_meanwhile
        )


def test_a_build_waits_for_the_drop_of_the_same_index(log: Log) -> None:
    log.create()
    build(log)
    drop(log, detach=True)
    said = build(log)
    assert said[0].endswith("DELETING")
    assert said[-1].endswith("ACTIVE")
    assert log.entries() == log.dump()


def test_the_rules_are_those_of_aws(log: Log) -> None:
    """The proxy itself: what AWS refuses while an index is being made, and when it stops to."""
    log.create()
    build(log, detach=True)
    client = log.client
    drop_it: Any = [{"Delete": {"IndexName": INDEX}}]

    def refused(call: Any, **request: Any) -> str:
        with pytest.raises(ClientError) as caught:
            call(TableName=log.name, **request)
        return str(caught.value.response["Error"]["Code"])

    def look() -> tuple[str, bool]:
        now = describe_table(client, log.name)
        return now.status, now.indexes[INDEX].backfilling

    assert refused(client.update_table, GlobalSecondaryIndexUpdates=drop_it) == "ResourceInUseException"
    assert refused(client.delete_table) == "ResourceInUseException"
    assert refused(client.scan, IndexName=INDEX) == "ValidationException"
    assert look() == ("UPDATING", False)
    assert look() == ("ACTIVE", True)
    other: Any = [{"Create": OTHER.definition()}]
    types: Any = [{"AttributeName": "reason", "AttributeType": "S"}]
    assert (
        refused(client.update_table, GlobalSecondaryIndexUpdates=other, AttributeDefinitions=types)
        == "LimitExceededException"
    )
    assert refused(client.scan, IndexName=INDEX) == "ValidationException"

    def is_dropped() -> bool:
        try:
            client.update_table(TableName=log.name, GlobalSecondaryIndexUpdates=drop_it)
        except client.exceptions.ResourceInUseException:  # a busy engine is not done with it yet
            return False
        return True

    def is_gone() -> bool:
        if INDEX not in describe_table(client, log.name).indexes:
            return True
        assert refused(client.scan, IndexName=INDEX) == "ValidationException"
        return False

    wait_until(is_dropped)
    wait_until(is_gone)


def test_a_description_that_lags_behind_does_not_make_it_ask_twice(log: Log, rules: AwsRules) -> None:
    log.create()
    forward = rules._forward
    hidden = [3]

    def late(caller: Any, body: bytes) -> tuple[int, bytes]:
        status, data = forward(caller, body)
        if caller.headers["X-Amz-Target"].endswith("DescribeTable") and updates(rules) and hidden[0]:
            hidden[0] -= 1
            answer = json.loads(data)
            answer["Table"] |= {"GlobalSecondaryIndexes": [], "TableStatus": "ACTIVE"}
            data = json.dumps(answer).encode()
        return status, data

    rules._forward = late  # type: ignore[method-assign]
    build(log)
    assert hidden == [0]
    assert len(updates(rules)) == 1


def test_an_index_of_a_provisioned_table_gets_the_tables_throughput(engine: Engine, rules: AwsRules) -> None:
    log = Log(rules.url, engine.client())
    definition = replace(TABLE, indexes=(), billing=Throughput(7, 9)).definition("demo")
    log.direct.create_table(**definition)
    log.made.append(log.name)
    build(log)
    (index,) = log.described()["GlobalSecondaryIndexes"]
    given = index["ProvisionedThroughput"]
    assert (given["ReadCapacityUnits"], given["WriteCapacityUnits"]) == (7, 9)
    log.delete()
