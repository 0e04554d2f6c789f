"""Throttling, unprocessed and refused items, and the capacity limit: every item is accounted for."""

from __future__ import annotations

import pytest

from migration import loader
from migration.errors import MigrationError
from tests.integration.migration.world import Move, only_letter
from tests.support.fault_proxy import Call, Fault, FaultProxy


def plans(move: Move, number: int) -> None:
    """Rows of one item each."""
    move.legacy.add("subscription_plans", *[{"id": n} for n in range(1, number + 1)])


def sizes(proxy: FaultProxy) -> list[int]:
    return [len(call.keys) for call in proxy.calls if call.operation == "BatchWriteItem"]


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loader, "pause_before", lambda attempt: 0.0)


def test_throttling_halves_the_batch_until_it_passes(move: Move) -> None:
    plans(move, 25)

    def throttle(call: Call) -> Fault | None:
        return Fault.THROTTLE if len(call.keys) > 4 else None

    with FaultProxy(move.engine.endpoint_url, throttle) as proxy:
        move.endpoint_url = proxy.url
        report = move.run(workers=1)
        seen = sizes(proxy)
    assert seen[0] == 25
    assert set(seen) == {25, 13, 12, 7, 6, 5, 4, 3, 2, 1} & set(seen)
    assert {13, 7} <= set(seen)
    assert report.throttled == sum(number > 4 for number in seen)
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


@pytest.mark.parametrize("which", [0, 1, 12, 24])
def test_a_refused_item_is_a_dead_letter_and_its_neighbours_arrive(quick_move: Move, which: int) -> None:
    plans(quick_move, 25)
    bad = ("PLAN", f"{which + 1:016d}")

    def refuse(call: Call) -> Fault | None:
        return Fault.REFUSE if bad in call.keys else None

    with FaultProxy(quick_move.engine.endpoint_url, refuse) as proxy:
        quick_move.endpoint_url = proxy.url
        report = quick_move.run()
    letter = only_letter(quick_move, "plans", which + 1)
    assert letter["reason"] == (
        "the engine refused an item: One or more parameter values are not valid (injected)"
    )
    assert letter["row"]["name"] == f"Plan {which + 1}"
    counts = report.steps["plans"].counts
    assert (counts.read, counts.written, counts.dead) == (25, 24, 1)
    assert set(quick_move.dump()) == {("PLAN", f"{n:016d}") for n in range(1, 26)} - {bad}


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
