"""make bench-gsi says which target is missed; the figures here are made up."""

from __future__ import annotations

from typing import Any
from unittest.mock import MagicMock

import pytest

from examples.decision_log.measure import LOOKUPS, Bench, Figure

NAME = next(iter(LOOKUPS))
GOOD = {
    "before": Figure(1.0, 100.0, 8, ["a"], "none"),
    "during": Figure(1.0, 100.0, 8, ["a"], "CREATING"),
    "after": Figure(0.05, 2.0, 1, ["a"], "ACTIVE"),
}


def bench(**others: Any) -> Bench:
    made = Bench(MagicMock(), "http://nowhere", "log")
    made.figures = {(name, phase): one for name in LOOKUPS for phase, one in GOOD.items()}
    for phase, figure in others.items():
        made.figures[NAME, phase] = figure
    return made


def test_at_the_targets_nothing_is_missed() -> None:
    assert bench().missed() == []


@pytest.mark.parametrize(
    ("phase", "figure", "line"),
    [
        ("after", Figure(0.05, 2.5, 1, ["a"], "ACTIVE"), "40 times fewer read units, not 50"),
        ("after", Figure(0.1, 2.0, 1, ["a"], "ACTIVE"), "10 times faster, not 20"),
        ("after", Figure(0.05, 2.0, 1, ["b"], "ACTIVE"), "not the same results"),
        ("during", Figure(1.0, 100.0, 8, [], "CREATING"), "not the same results"),
        ("during", Figure(1.0, 100.0, 8, ["a"], "ACTIVE"), "was built before it could be looked up"),
    ],
)
def test_what_is_missed_is_told(phase: str, figure: Figure, line: str) -> None:
    (told,) = bench(**{phase: figure}).missed()
    assert told.startswith(f"{NAME}: ") and line in told


def test_the_table_has_a_line_for_each_lookup_and_phase_in_order() -> None:
    lines = bench().lines()
    assert len(lines) == 2 + 3 * len(LOOKUPS)
    assert [line.split(" | ")[1] for line in lines[2:5]] == ["before", "during", "after"]
    assert "50 x | 20 x" in lines[4] and " x " not in lines[2]
