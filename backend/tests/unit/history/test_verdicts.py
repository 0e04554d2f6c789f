"""Verdicts have one table; what was stored with older names is still read."""

from __future__ import annotations

from typing import get_args

import pytest

from api.history.verdicts import NAMES, Status, code_of, summary_of


def test_every_status_has_a_name() -> None:
    assert tuple(NAMES) == get_args(Status)


@pytest.mark.parametrize(
    ("recorded", "code"),
    [
        ("AC", "AC"),
        ("ac", "AC"),
        ("Accepted", "AC"),
        ("Passed", "AC"),
        ("Wrong answer", "WA"),
        ("odd", "odd"),
    ],
)
def test_a_recorded_name_stands_for_its_code(recorded: str, code: str) -> None:
    assert code_of(recorded) == code


def test_a_summary_names_the_first_failure_and_counts_what_passed() -> None:
    assert summary_of([], 3) is None
    assert summary_of(["AC", "AC"], 2) == "Accepted (2/2)"
    assert summary_of(["AC", "TLE", "WA"], 3) == "Time limit exceeded (1/3)"


def test_a_summary_without_a_failure_is_incomplete_until_every_case_passed() -> None:
    assert summary_of(["AC", "AC"], 3) == "Incomplete (2/3)"
