"""Throttling, unprocessed and refused items, and the capacity limit: every item is accounted for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from migration import loader
from migration.errors import MigrationError
from tests.integration.migration.migration_harness import Move, only_letter
from tests.integration.migration.test_usage_policy import counters_of, midnight_today, text
from tests.support.fault_proxy import Call, Fault, FaultProxy

# The engine only keeps what is written.
pytestmark = pytest.mark.any_engine


def plans(move: Move, number: int) -> None:
    """Rows of one item each."""
    move.legacy.add("subscription_plans", *[{"id": n} for n in range(1, number + 1)])


def sizes(proxy: FaultProxy) -> list[int]:
    return [len(call.keys) for call in proxy.calls if call.operation == "BatchWriteItem"]


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loader, "backoff_seconds", lambda attempt, policy: 0.0)


def test_throttling_halves_the_batch_until_it_passes(move: Move) -> None:
    plans(move, 25)

    def throttle(call: Call) -> Fault | None:
        return Fault.THROTTLE if len(call.keys) > 4 else None

    with FaultProxy(move.engine.endpoint_url, throttle) as proxy:
        move.endpoint_url = proxy.url
        report = move.run(workers=1)
        batch_sizes = sizes(proxy)
    assert batch_sizes[0] == 25
    assert set(batch_sizes) == {25, 13, 12, 7, 6, 5, 4, 3, 2, 1} & set(batch_sizes)
    assert {13, 7} <= set(batch_sizes)
    assert report.throttled == sum(number > 4 for number in batch_sizes)
    assert len(move.dump()) == 25


def test_every_unprocessed_item_is_sent_again_until_it_arrives(move: Move) -> None:
    plans(move, 60)

    def hold_back(call: Call) -> Fault | None:
        return Fault.UNPROCESSED if len(call.keys) > 1 else None

    with FaultProxy(move.engine.endpoint_url, hold_back) as proxy:
        move.endpoint_url = proxy.url
        report = move.run()
        arrived = [
            key
            for call in proxy.calls
            for key in (call.keys[: len(call.keys) // 2] if call.fault else call.keys)
        ]
    assert len(arrived) == len(set(arrived)) == 60
    assert set(move.dump()) == set(arrived)
    assert report.steps["plans"].counts.written == 60


@pytest.mark.parametrize("position", [0, 1, 12, 24])
def test_a_refused_item_is_a_dead_letter_and_its_neighbours_arrive(quick_move: Move, position: int) -> None:
    plans(quick_move, 25)
    bad = ("PLAN", f"{position + 1:016d}")

    def refuse(call: Call) -> Fault | None:
        return Fault.REFUSE if bad in call.keys else None

    with FaultProxy(quick_move.engine.endpoint_url, refuse) as proxy:
        quick_move.endpoint_url = proxy.url
        report = quick_move.run()
    letter = only_letter(quick_move, "plans", position + 1)
    assert letter["reason"] == (
        f"the engine refused the item PLAN / {bad[1]}: One or more parameter values are not valid (injected)"
    )
    assert letter["row"]["name"] == f"Plan {position + 1}"
    counts = report.steps["plans"].counts
    assert (counts.read, counts.written, counts.dead) == (25, 24, 1)
    assert set(quick_move.dump()) == {("PLAN", f"{n:016d}") for n in range(1, 26)} - {bad}


def test_a_refused_day_counter_names_a_log_of_that_day(quick_move: Move) -> None:
    today, yesterday = midnight_today(), midnight_today() - timedelta(days=1)
    moments = {11: yesterday, 12: yesterday, 13: today, 14: today - timedelta(days=5)}
    quick_move.legacy.drop_checks("usage_logs", "metadata")
    quick_move.legacy.add("usage_logs", *[{"id": n, "created_at": text(at)} for n, at in moments.items()])
    quick_move.legacy.sql("UPDATE usage_logs SET metadata = 'NaN' WHERE id = 13")
    days = sorted(local_days(moments.values()))
    refused = {("USR#1#USE#hint", f"DAY#{days[-2]}"), ("USR#1#USE#hint", f"DAY#{days[-1]}")}

    def refuse(call: Call) -> Fault | None:
        return Fault.REFUSE if refused & set(call.keys) else None

    with FaultProxy(quick_move.engine.endpoint_url, refuse) as proxy:
        quick_move.endpoint_url = proxy.url
        report = quick_move.run()
    letters = {letter["key"]: letter["reason"] for letter in quick_move.letters()}
    assert set(letters) == {"12", "13"}
    assert f"the engine refused the item USR#1#USE#hint / DAY#{days[-2]}" in letters["12"]
    assert "metadata" in letters["13"]
    counts = report.steps["usage"].counts
    assert (counts.read, counts.written, counts.dead) == (4, 2, 2)
    quick_move.endpoint_url = ""
    quick_move.legacy.sql("UPDATE usage_logs SET metadata = NULL")
    assert quick_move.replay().left == 0
    assert counters_of(quick_move) == dict(zip(
        [("USR#1#USE#hint", day) for day in days], [1, 2, 1], strict=True
    ))  # fmt: skip


def local_days(moments: Iterable[datetime]) -> set[str]:
    """The local days of moments."""
    zone = ZoneInfo("Asia/Seoul")
    return {moment.astimezone(zone).date().isoformat() for moment in moments}


def test_no_request_spends_more_than_the_limit(metered_move: Move) -> None:
    metered_move.legacy.add(
        "test_cases", *[{"id": n, "input": "i" * (n % 4 * 1_000), "output": ""} for n in range(1, 60)]
    )
    spent: list[float] = []

    def note(call: Call) -> None:
        if call.operation == "BatchWriteItem":
            spent.append(sum(entry["CapacityUnits"] for entry in call.answer["ConsumedCapacity"]))

    with FaultProxy(metered_move.engine.endpoint_url, answered=note) as proxy:
        metered_move.endpoint_url = proxy.url
        report = metered_move.run(max_wcu=40)
    assert max(spent) <= 40
    assert sum(spent) == report.steps["test_cases"].counts.wcu
    assert len(spent) >= sum(spent) / 40


def test_an_engine_that_throttles_for_ever_ends_the_run_with_one_line(
    quick_move: Move, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loader, "GIVE_UP_SECONDS", 0.0)
    plans(quick_move, 30)

    def throttle(call: Call) -> Fault | None:
        return Fault.THROTTLE if call.operation == "BatchWriteItem" else None

    with FaultProxy(quick_move.engine.endpoint_url, throttle) as proxy:
        quick_move.endpoint_url = proxy.url
        with pytest.raises(MigrationError, match="run the command again"):
            quick_move.run()
        proxy.decide = lambda call: None
        assert quick_move.run().steps["plans"].counts.written == 30
    assert len(quick_move.dump()) == 30
