"""The proof in ranges: everything is covered, a pass survives being stopped, and moving rows are no difference."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest

from live.verification.ranges import PARTS, RangePass, prove_ranges
from tests.integration.live.live_harness import Live, fill, random_change
from tests.integration.live.processes import FollowerProcess, follower_process
from tests.support.scripts import run_script

pytestmark = pytest.mark.any_engine


@pytest.fixture
def follower(live: Live) -> Iterator[FollowerProcess]:
    """A followed source of some rows."""
    fill(live.legacy)
    live.begin()
    with follower_process(live) as process:
        process.wait_until_following()
        yield process


class Stopped(Exception):
    """A pass that was stopped."""


def test_a_pass_goes_on_where_it_was_stopped_while_rows_change(live: Live, follower: FollowerProcess) -> None:
    rng, seen = random.Random(3), []
    client, table = live.move.engine.client(), live.move.table
    for number in (1, 900):  # a statement that staff wrote, and one whose problem was removed
        client.update_item(
            TableName=table, Key={"PK": {"S": f"PRB#{number}"}, "SK": {"S": "META"}},
            UpdateExpression="SET sko = :s", ExpressionAttributeValues={":s": {"S": "Add two numbers."}},
        )  # fmt: skip

    def change_and_stop(state: RangePass) -> None:
        seen.append((state.part, state.after))
        for number in range(3):
            random_change(live.legacy, rng, 3 * len(seen) + number)
        if len(seen) % 4 == 0:
            raise Stopped

    report: dict[str, Any] = {}
    stops = 0
    while not report:
        try:
            report = prove_ranges(live.live_move(), rows=7, at_range=change_and_stop)
        except Stopped:
            stops += 1
            progress = live.status()["proof_in_ranges"]
            assert (progress["part"], progress["after"]) == seen[-1]
    assert stops > 3 and len(set(seen)) == len(seen)
    assert {part for part, _ in seen} == {*PARTS[1:], ""}  # all plans are one range
    assert report["differences"] == [] and report["agrees"] and report["pass"] == 1
    assert report["changed_meanwhile"] > 10 and report["rows"] > 150
    assert live.status()["last_proof"]["agrees"] and live.status()["proof_in_ranges"]["number"] == 2
    done = run_script("live_migration", "status", settings=live.move.settings())
    assert "last proof" in done.stdout


def test_what_was_damaged_differs_persistently_and_what_is_behind_it_is_proved(
    live: Live, follower: FollowerProcess
) -> None:
    client, table = live.move.engine.client(), live.move.table
    keys = live.move.items()
    day = next(key for key in keys if key[0].startswith("USR#4#USE#") and key[1].startswith("DAY#"))
    client.update_item(
        TableName=table, Key={"PK": {"S": "USR#3"}, "SK": {"S": "META"}}, UpdateExpression="SET em = :e",
        ExpressionAttributeValues={":e": {"S": "nobody@example.org"}},
    )  # fmt: skip
    for pk, sk in (("EML#user5@example.org", "GUARD"), day):
        client.delete_item(TableName=table, Key={"PK": {"S": pk}, "SK": {"S": sk}})
    strangers = [
        {"PK": {"S": "GID#nobody"}, "SK": {"S": "GUARD"}, "uid": {"N": "6"}},
        {"PK": {"S": "RUN#77777"}, "SK": {"S": "META"}, "id": {"N": "77777"}},
        {"PK": {"S": "SOMETHING"}, "SK": {"S": "ELSE"}},
    ]
    for item in strangers:
        client.put_item(TableName=table, Item=item)
    live.legacy.sql("DELETE FROM search_history WHERE id = 2")
    follower.wait_until(lambda: ("RUN#2", "META") not in live.move.items())
    client.put_item(TableName=table, Item=keys[("RUN#2", "META")])
    report = prove_ranges(live.live_move(), rows=10)
    seen = {(each["what"], each["pk"]) for each in report["differences"]}
    assert seen == {
        ("changed", "USR#3"), ("missing", "EML#user5@example.org"), ("missing", day[0]),
        ("extra", "GID#nobody"), ("extra", "RUN#77777"), ("extra", "SOMETHING"), ("extra", "RUN#2"),
    }  # fmt: skip
    assert not report["agrees"] and not live.status()["last_proof"]["agrees"]
