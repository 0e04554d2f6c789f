"""Histogram, series and their items: exact when merged, small, and readable by a version that does not know all."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.histogram import Histogram
from metrics.items import MAX_PROBLEMS, OTHERS, Figures, figures_item, minute_key, read_figures
from metrics.series import MalformedSeries, Series

NOW = datetime(2026, 11, 30, 9, 5, tzinfo=UTC)
SECONDS = st.floats(0, 120)


def series(*seconds: float) -> Series:
    made = Series()
    for each in seconds:
        made.add(each)
    return made


def test_a_quantile_is_within_five_percent_of_the_sample() -> None:
    samples = sorted(random.Random(1).lognormvariate(9, 1.5) for _ in range(5_000))
    histogram = Histogram()
    for sample in samples:
        histogram.add(sample)
    for share in (0.5, 0.95, 0.99):
        exact = samples[int(share * len(samples))]
        assert histogram.quantile(share) == pytest.approx(exact, rel=0.06)
    assert Histogram().quantile(0.5) == 0


@given(st.lists(SECONDS, max_size=30), st.lists(SECONDS, max_size=30))
def test_merging_is_exact_whatever_the_order(left: list[float], right: list[float]) -> None:
    forward, backward = series(*left), series(*right)
    forward.merge(series(*right))
    backward.merge(series(*left))
    assert forward.encode() == backward.encode() == series(*left, *right).encode()


def test_twenty_five_samples_take_34_bytes_at_most_and_come_back() -> None:
    made = series(*(random.Random(2).lognormvariate(-5, 0.5) for _ in range(25)))
    made.add_units(12.5, 3, 2)
    data = made.encode()
    assert len(data) <= 34
    read = Series.decode(data)
    assert (read.n, read.read_units, read.write_units, read.retries) == (25, 1250, 300, 2)
    assert (read.histogram, read.longest, read.total) == (made.histogram, made.longest, made.total)


def test_an_item_of_an_earlier_version_is_unreadable_as_a_whole() -> None:
    figures = Figures()
    figures.add_run("baekjoon 1000", solved=True, failed=False)
    item = figures_item(minute_key(NOW, "p"), figures, NOW)
    assert read_figures(item)[1] == 0
    read, unreadable = read_figures(item | {"v": {"N": "1"}})
    assert (bool(read), unreadable) == (False, 1)


@pytest.mark.parametrize("data", [b"", b"\x01", b"\x80", series(0.1).encode()[:-1]])
def test_a_series_that_is_cut_off_is_malformed(data: bytes) -> None:
    with pytest.raises(MalformedSeries):
        Series.decode(data)


def test_an_item_has_the_busiest_problems_and_the_sum_of_the_others() -> None:
    figures = Figures()
    for number in range(MAX_PROBLEMS + 5):
        for _ in range(2 if number else 1):
            figures.add_run(f"baekjoon {1000 + number}", solved=True, failed=False)
    figures.dropped = 3
    read, unreadable = read_figures(figures_item(minute_key(NOW, "a"), figures, NOW))
    assert (len(read.problems), unreadable, read.dropped) == (MAX_PROBLEMS + 1, 0, 3)
    assert "baekjoon 1000" not in read.problems and read.problems[OTHERS] == [9, 9, 0]


def test_a_reader_skips_what_is_damaged_or_of_a_later_version() -> None:
    figures = Figures()
    figures.series("route api problems").add(0.01)
    item = figures_item(minute_key(NOW, "a"), figures, NOW)
    item["g"]["M"] |= {"route new": {"B": "!!"}, "route odd": {"S": "x"}, "route short": {"B": "AQ=="}}
    item |= {"v": {"N": "9"}, "p": {"S": "later"}, "x": {"S": "?"}}
    read, unreadable = read_figures(item)
    assert (list(read.groups), unreadable) == (["route api problems"], 4)
