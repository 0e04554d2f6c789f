"""The drill's arithmetic: writes that are lost, doubled or made though refused, and the longest pause of a phase."""

from __future__ import annotations

from collections import Counter

import pytest

from benchmarks.drill_report import (
    OK,
    REFUSED,
    UNKNOWN,
    Account,
    Attempt,
    Phase,
    report_text,
    settle,
    targets,
    token,
)

PHASES = [Phase("copy", 0, 10), Phase("cutover", 10, 5, "shut", 5), Phase("finish", 20, 1)]
APPLICATION = [
    *(Attempt(number, number - 0.5, float(number), OK) for number in range(1, 11)),
    Attempt(11, 10.5, 11.0, REFUSED),
]
SERVICE = [
    Attempt(1, 9.0, 9.1, REFUSED),
    Attempt(2, 12.0, 12.2, UNKNOWN),
    *(Attempt(n, n - 0.5, float(n), OK) for n in range(14, 22)),
]
MADE = [("application", n) for n in range(1, 11)] + [("service", n) for n in range(14, 22)]


def account(*, without: tuple[str, int] = ("", 0), more: tuple[str, int] = ("", 0)) -> Account:
    """The account when the table lacks a write, or has one once more; MySQL has all but the one after the end."""
    stored = Counter(token(who, number) for who, number in MADE if (who, number) != without)
    stored.update([token(*more)] if more[0] else [])
    mysql = Counter(token(who, number) for who, number in MADE if number < 20)
    return settle({"application": APPLICATION, "service": SERVICE}, PHASES, stored, mysql)


def test_nothing_is_lost_or_doubled() -> None:
    result = account()
    assert result.outcomes == {
        "application": Counter({OK: 10, REFUSED: 1}), "service": Counter({OK: 8, REFUSED: 1, UNKNOWN: 1}),
    }  # fmt: skip
    assert (result.lost, result.lost_in_mysql, result.doubled, result.made_all_the_same) == (0, 0, 0, 0)
    assert result.pauses == {"copy": 1.0, "cutover": 4.0, "finish": 1.0}
    assert all(target.met for target in targets(result, PHASES))


def test_a_write_that_is_not_in_the_table_is_lost() -> None:
    result = account(without=("application", 3))
    assert result.lost == 1
    assert [target.value for target in targets(result, PHASES) if not target.met] == ["lost"]


def test_a_write_that_is_there_twice_is_doubled() -> None:
    assert account(more=("service", 14)).doubled == 1


def test_a_refused_write_that_was_made_is_counted_and_an_unknown_one_is_not() -> None:
    assert account(more=("application", 11)).made_all_the_same == 1
    assert account(more=("service", 2)) == account()


def test_mysql_has_to_have_what_was_written_before_the_end() -> None:
    phases = [*PHASES[:-1], Phase("finish", 20.5, 1)]
    stored = Counter(token(*write) for write in MADE)
    result = settle({"application": APPLICATION, "service": SERVICE}, phases, stored, Counter())
    assert result.lost_in_mysql == 17
    assert result.lost == 0


def test_writes_that_never_come_back_are_a_pause() -> None:
    attempts = [*APPLICATION, Attempt(12, 29.0, 30.0, REFUSED)]
    result = settle({"application": attempts}, PHASES, Counter(), Counter())
    assert result.pauses["cutover"] == 20.0
    assert [target.value for target in targets(result, PHASES) if not target.met][-1] == "cutover"


@pytest.mark.parametrize("pause", [5.0, 5.1])
def test_the_report_says_what_is_missed(pause: float) -> None:
    result = account()
    result.pauses["cutover"] = pause
    text = report_text(result, PHASES, targets(result, PHASES))
    assert ("MISSED" in text) == (pause > 5)
    assert "application  10    1        0" in text
