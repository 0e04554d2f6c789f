"""The token bucket that keeps `--max-wcu`, on a clock that the test moves."""

from __future__ import annotations

import random

import pytest

from api.dynamodb.metering.token_bucket import TokenBucket


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("rate", [1, 10, 333])
def test_over_any_span_no_more_is_spent_than_the_rate_and_one_request(rate: int) -> None:
    clock, rng = Clock(), random.Random(rate)
    pace = TokenBucket(rate, clock)
    spent: list[tuple[float, int]] = []
    for _ in range(500):
        clock.now += rng.choice([0, 0, 0.001, 0.5])
        units = rng.randrange(1, rate + 1)
        spent.append((clock.now + pace.wait_for(units), units))
    for first in range(0, 500, 7):
        total = 0
        for moment, units in spent[first:]:
            total += units
            assert total - units <= rate * (moment - spent[first][0]) + 1e-6


def test_nothing_is_saved_up_while_nobody_spends() -> None:
    clock = Clock()
    pace = TokenBucket(10, clock)
    assert pace.wait_for(10) == 0
    clock.now += 3_600
    assert pace.wait_for(10) == 0
    assert pace.wait_for(10) == pytest.approx(1.0)
    assert pace.wait_for(5) == pytest.approx(2.0)


def test_an_item_that_costs_more_than_a_second_may_pass_and_is_waited_for_afterwards() -> None:
    pace = TokenBucket(10, Clock())
    assert pace.wait_for(400) == 0
    assert pace.wait_for(1) == pytest.approx(40.0)
