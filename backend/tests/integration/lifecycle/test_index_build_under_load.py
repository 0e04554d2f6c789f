"""An index is built and dropped while the table is written and read: nothing is lost, no reader fails."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from api.dynamodb.control_plane.description import describe_table
from api.dynamodb.table.index_state import IndexState
from api.dynamodb.transport.boto3_transport import translate
from examples.decision_log.table_configs.dora_decision_log import BY_MARKET, TABLE
from lifecycle.online import build_index, drop_index
from tests.integration.lifecycle.decision_log_tables import INDEX, Item, Log, decision
from tests.support.aws_rules import AwsRules
from tests.support.engines import Engine
from tests.support.waiting import wait_until

MARKET = "market-1"
FALLBACK, BACK = "reading without it", "it is used again"


class Load:
    """A writer and readers that go on until they are stopped; what was acknowledged is remembered.

    pause: how long each of them waits between two calls, in seconds.
    """

    def __init__(self, log: Log, *, seconds: float, pause: float) -> None:
        self._pause = pause
        self.log = log
        self.written: dict[str, Item] = {item["timestamp"]["S"]: item for item in log.dump()}
        self.failures: list[BaseException] = []
        self.reads = 0
        self._stop = threading.Event()
        self._client: Any = log.client
        self._states = IndexState(log.name, self._index_states, seconds=seconds)
        self._threads = [
            threading.Thread(target=self._go_on, args=(what,), daemon=True)
            for what in (self.write, self.read)
        ]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def _index_states(self) -> dict[str, str]:
        table = describe_table(self._client, self.log.name, throttling_seconds=0)
        return {name: index.status for name, index in table.indexes.items()}

    def _go_on(self, what: Any) -> None:
        number = 1000
        while not self._stop.is_set():
            number += 1
            try:
                what(number)
            except BaseException as failure:
                self.failures.append(failure)
                return
            time.sleep(self._pause)

    def write(self, number: int) -> None:
        """Writes a decision until it is acknowledged.

        DynamoDB Local, unlike AWS, answers 500 to some writes while it allocates an index.
        """
        item = decision(number)
        for _ in range(2000):
            try:
                self._client.put_item(TableName=self.log.name, Item=item)
            except ClientError as error:
                if error.response["ResponseMetadata"]["HTTPStatusCode"] < 500:
                    raise
                time.sleep(0.05)
            else:
                self.written[item["timestamp"]["S"]] = item
                return
        raise AssertionError("the engine did not take a write")

    def read(self, number: int) -> None:
        """Every decision on a market that was acknowledged a while ago is found, whichever way it goes."""
        known = {time for time, item in list(self.written.items()) if item["market_id"]["S"] == MARKET}
        for attempt in range(40):
            found = {item["timestamp"]["S"] for item in self.decisions()}
            if known <= found:
                self.reads += 1
                return
            time.sleep(0.05 if attempt else 0)  # an index follows its table a moment later
        raise AssertionError(f"{sorted(known - found)} are not found")

    def decisions(self) -> list[Item]:
        return self._states.choose(INDEX, by_index=self._by_index, otherwise=self._by_day)

    def _query(self, **request: Any) -> list[Item]:
        try:
            found: list[Item] = self._client.query(
                TableName=self.log.name,
                ExpressionAttributeValues={":k": {"S": request.pop("key")}},
                **request,
            )["Items"]
        except ClientError as error:
            raise translate(error, operation="Query", is_write=False) from error
        return found

    def _by_index(self) -> list[Item]:
        return self._query(key=MARKET, IndexName=INDEX, KeyConditionExpression="market_id = :k")

    def _by_day(self) -> list[Item]:
        days = [f"2026-01-0{day}" for day in range(1, 6)]
        names = {"#date": "date"}
        read = [
            self._query(
                key=day,
                KeyConditionExpression="#date = :k",
                ExpressionAttributeNames=names,
                ConsistentRead=True,
            )
            for day in days
        ]
        return [item for items in read for item in items if item["market_id"]["S"] == MARKET]


def through_it_all(log: Log, caplog: pytest.LogCaptureFixture, *, seconds: float, pause: float) -> None:
    """Builds and drops the index under load, and looks at what is there afterwards."""
    caplog.set_level(logging.WARNING, logger="api.dynamodb.table.index_state")

    def until_it_read_more(load: Load) -> None:
        enough = load.reads + 3
        wait_until(lambda: load.reads >= enough or bool(load.failures), "three more reads")

    with Load(log, seconds=seconds, pause=pause / 5) as load:
        until_it_read_more(load)
        build_index(
            log.client, log.name, TABLE, BY_MARKET, progress=lambda line: None,
            sleep=lambda _: time.sleep(pause),
        )  # fmt: skip
        time.sleep(2 * seconds)
        until_it_read_more(load)
        built = len(load.written)
    assert load.failures == []
    assert built > 15
    assert {item["timestamp"]["S"]: item for item in log.dump()} == load.written
    assert log.entries() == log.dump()
    lines = [record.message for record in caplog.records]
    assert [FALLBACK in lines[0], BACK in lines[1], len(lines)] == [True, True, 2]

    with Load(log, seconds=seconds, pause=pause / 5) as load:
        until_it_read_more(load)
        drop_index(log.client, log.name, INDEX, progress=lambda line: None, sleep=lambda _: time.sleep(pause))
        until_it_read_more(load)
    assert load.failures == []
    assert {item["timestamp"]["S"]: item for item in log.dump()} == load.written
    assert [FALLBACK in record.message for record in caplog.records[2:]] == [True]


@pytest.fixture
def ruled(engine: Engine) -> Iterator[Log]:
    with AwsRules(engine.endpoint_url, allocating=8, backfilling=8, deleting=8) as rules:
        made = Log(rules.url, engine.client())
        yield made
        made.delete()


def test_under_the_rules_of_aws(ruled: Log, caplog: pytest.LogCaptureFixture) -> None:
    ruled.create()
    through_it_all(ruled, caplog, seconds=0.02, pause=0.05)


@pytest.mark.long
def test_on_an_engine_that_takes_its_time(
    dynamodb_local_slow_indexes: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    """DynamoDB Local allocates for 15 s, backfills for 15 s and deletes for 15 s."""
    log = Log(dynamodb_local_slow_indexes.endpoint_url, dynamodb_local_slow_indexes.client())
    log.create()
    through_it_all(log, caplog, seconds=0.5, pause=0.5)
    log.delete()
