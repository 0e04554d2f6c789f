"""The invariants of following, one by one: in every state that is reached, and broken when its rule is taken away."""

from __future__ import annotations

import pytest

from tests.support.torture import is_full
from tests.unit.live.following import Rules, Violation, explore


def test_i1_to_i7_hold_in_every_state_that_a_crash_or_a_pause_can_leave(
    request: pytest.FixtureRequest,
) -> None:
    """Three transactions and one run after another; two, and a run that sleeps while another takes over."""
    assert explore(writes=3, runs=1) > 10_000
    assert explore(writes=2, runs=2) > 20_000
    if is_full(request.config):
        explore(writes=3, runs=2)


@pytest.mark.parametrize(
    ("invariant", "rule", "runs"),
    [
        ("I1: .*in the ledger", "ledger_first", 1),
        ("I2: ", "barrier", 1),
        ("I2: ", "acknowledged", 1),
        ("I3: ", "asks_holder", 1),
        ("I4: ", "both_images", 1),
        ("I5: .*XA", "waits_for_xa", 1),
        ("I7: ", "refuses_unknown", 1),
        # Two runs at once (I6) leave items that no ledger knows.
        ("I1: ", "fence", 2),
        ("I1: ", "ledger_of_run", 2),
    ],
)
def test_each_rule_is_needed_for_its_invariant(invariant: str, rule: str, runs: int) -> None:
    with pytest.raises(Violation, match=invariant):
        explore(writes=2, runs=runs, rules=Rules()._replace(**{rule: False}))
