"""Progress where nobody watches: a line every few seconds, nothing at all when asked to be quiet."""

from __future__ import annotations

import io

import pytest

from migration.progress import LINE_SECONDS, ProgressDisplay
from reporting.numbers import duration


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(("rows_a_second", "rows"), [(2, 120), (10_000, 600_000)])
def test_without_a_terminal_a_line_comes_every_few_seconds_however_slow_rows_are(
    rows_a_second: int, rows: int
) -> None:
    clock, stream = Clock(), io.StringIO()
    progress = ProgressDisplay("history", rows, stream=stream, clock=clock)
    for _ in range(rows):
        clock.now += 1 / rows_a_second
        progress(1)
    progress.close()
    lines = stream.getvalue().splitlines()
    assert len(lines) in (round(60 / LINE_SECONDS) - 1, round(60 / LINE_SECONDS))
    assert all(line.startswith("history: ") for line in lines)
    assert f"{rows_a_second:,} rows/s" in lines[0]
    assert "55 s left" in lines[0]


def test_a_run_that_goes_on_does_not_count_earlier_rows_into_its_rate() -> None:
    clock, stream = Clock(), io.StringIO()
    progress = ProgressDisplay("users", 1_000, initial=900, stream=stream, clock=clock)
    clock.now = LINE_SECONDS
    progress(50)
    assert stream.getvalue() == "users: 950 of 1,000 rows (95%), 10 rows/s, 5 s left\n"


def test_a_quiet_run_says_nothing() -> None:
    clock, stream = Clock(), io.StringIO()
    progress = ProgressDisplay("users", 10, quiet=True, stream=stream, clock=clock)
    clock.now = 1_000
    progress(10)
    progress.close()
    assert stream.getvalue() == ""


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_bar_with_the_rate_and_what_is_left() -> None:
    stream = Terminal()
    progress = ProgressDisplay("users", 10, stream=stream)
    progress(5)
    progress.close()
    assert "users" in stream.getvalue()
    assert "5.00/10.0" in stream.getvalue()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (0.25, "0.2 s"), (12, "12 s"), (245, "4 min 05 s"), (4_980, "1 h 23 min")],
)
def test_time_spans_are_written_for_people(seconds: float, text: str) -> None:
    assert duration(seconds) == text
