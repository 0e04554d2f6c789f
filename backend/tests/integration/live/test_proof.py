"""The proof while following: it finds what was damaged on purpose, and calls nothing else a difference."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator

import pytest

from live.verification.proof import prove
from migration.errors import MigrationError
from tests.integration.live.live_harness import Live, fill, random_change
from tests.integration.live.processes import FollowerProcess, follower_process

pytestmark = pytest.mark.any_engine


@pytest.fixture
def follower(live: Live) -> Iterator[FollowerProcess]:
    """A followed source of some rows."""
    fill(live.legacy)
    live.begin()
    with follower_process(live) as process:
        process.wait_until_following()
        yield process


def test_a_table_that_is_written_to_agrees(live: Live, follower: FollowerProcess) -> None:
    stopped = threading.Event()

    def write() -> None:
        rng, number = random.Random(2), 0
        while not stopped.wait(0.02):
            random_change(live.legacy, rng, number)
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    checked = 0
    try:
        while not checked:  # until something has changed during a proof
            report = prove(live.live_move())
            assert report.outcome.persistent == []
            checked = report.outcome.checked
    finally:
        stopped.set()
        writer.join()
    assert checked == report.suspects + report.changed_meanwhile
    last = live.status()["last_proof"]
    assert (last["agrees"], last["persistent"]) == (True, 0)


def test_what_was_damaged_differs_persistently(live: Live, follower: FollowerProcess) -> None:
    client, table = live.move.engine.client(), live.move.table
    client.update_item(
        TableName=table, Key={"PK": {"S": "USR#3"}, "SK": {"S": "META"}}, UpdateExpression="SET em = :e",
        ExpressionAttributeValues={":e": {"S": "nobody@example.org"}},
    )  # fmt: skip
    client.delete_item(TableName=table, Key={"PK": {"S": "EML#user5@example.org"}, "SK": {"S": "GUARD"}})
    client.put_item(
        TableName=table, Item={"PK": {"S": "GID#nobody"}, "SK": {"S": "GUARD"}, "uid": {"N": "6"}}
    )
    day = next(
        key for key in live.move.items() if key[0].startswith("USR#4#USE#") and key[1].startswith("DAY#")
    )
    client.delete_item(TableName=table, Key={"PK": {"S": day[0]}, "SK": {"S": day[1]}})
    report = prove(live.live_move())
    seen = {(difference.problem, difference.pk) for difference in report.outcome.persistent}
    assert {("changed", "USR#3"), ("missing", "EML#user5@example.org"), ("extra", "GID#nobody")} <= seen
    assert any(problem == "missing" and pk == day[0] for problem, pk in seen)
    assert {pk for _, pk in seen} == {"USR#3", "EML#user5@example.org", "GID#nobody", day[0]}
    assert not report.agrees and live.status()["last_proof"]["persistent"] == len(report.outcome.persistent)


def test_without_a_follower_it_says_so(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    live.begin()
    monkeypatch.setattr("live.verification.recheck.wait_for_mark.__defaults__", (0.1,))
    with pytest.raises(MigrationError, match="is make dynamodb-live-start running"):
        prove(live.live_move())
