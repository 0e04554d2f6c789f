"""The rules behind the report: duration, cost, what a key may be, what a command line means."""

from __future__ import annotations

from typing import Any

import pytest

from api.dynamodb.control_plane.declaration import IndexConfig, Key
from config.prices import Prices
from lifecycle.online.index_estimate import IndexEstimate, seconds_to_build
from lifecycle.online.table_sample import index_faults, key_fault
from lifecycle.online.targets import parse_key, parse_projection
from reporting.numbers import duration

MARKET = Key("market_id")


def test_ten_million_items_of_two_kb_take_83_minutes() -> None:
    seconds = seconds_to_build(10_000_000, 2 * 1024, 4_000)
    assert seconds == 5_000
    assert duration(seconds) == "1 h 23 min"


def test_an_item_below_a_kb_takes_as_long_as_one_of_a_kb() -> None:
    assert seconds_to_build(4_000, 100) == seconds_to_build(4_000, 1_024) == 1


def test_the_heaviest_partition_can_be_what_takes_longest() -> None:
    even = IndexEstimate(entries=1_000_000, entry_bytes=500, entry_units=1, heaviest=0.01)
    skewed = IndexEstimate(entries=1_000_000, entry_bytes=500, entry_units=1, heaviest=0.5)
    assert (even.seconds, even.throttles, even.throttled_above) == (250, False, 100_000)
    assert (skewed.seconds, skewed.throttles, skewed.throttled_above) == (500, True, 2_000)


def test_cost_is_every_entry_once_and_then_the_storage_and_the_writes() -> None:
    about = IndexEstimate(entries=1_000_000, entry_bytes=1_900, entry_units=2, heaviest=0.01)
    prices = Prices(per_million_wru=0.625, per_million_rru=0.125, per_gb_month=0.25)
    assert about.build_dollars(prices) == pytest.approx(1.25)
    assert about.month_dollars(prices) == pytest.approx(0.50)
    assert about.write_dollars(prices) == pytest.approx(1.25)


def test_an_empty_table_has_an_estimate() -> None:
    about = IndexEstimate(entries=0, entry_bytes=0, entry_units=0, heaviest=0)
    assert (about.seconds, about.throttled_above, about.throttles) == (0, None, False)


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        (None, "missing"),
        ({"S": "m"}, None),
        ({"S": ""}, "empty"),
        ({"S": "x" * 2048}, None),
        ({"S": "x" * 2049}, "over 2,048 bytes long"),
        ({"S": "가" * 683}, "over 2,048 bytes long"),
        ({"N": "1"}, "of type N, not S"),
        ({"NULL": True}, "of type NULL, not S"),
        ({"B": b""}, "of type B, not S"),
    ],
)
def test_what_a_key_may_be(value: Any, fault: str | None) -> None:
    assert key_fault(value, MARKET, 2_048) == fault


def test_a_sort_key_is_shorter_and_a_binary_is_counted_by_its_bytes() -> None:
    index = IndexConfig("by-market", MARKET, Key("digest", "B"))
    item: Any = {"market_id": {"S": "m"}, "digest": {"B": b"x" * 1025}}
    assert index_faults(item, index) == [("digest", "over 1,024 bytes long")]
    assert index_faults({**item, "digest": {"B": b"x" * 1024}}, index) == []


def test_a_number_is_neither_empty_nor_too_long() -> None:
    assert key_fault({"N": "0"}, Key("at", "N"), 1_024) is None


@pytest.mark.parametrize(
    ("text", "key"), [("market_id:S", MARKET), ("a:b:N", Key("a:b", "N")), ("d:B", Key("d", "B"))]
)
def test_a_key_is_read(text: str, key: Key) -> None:
    assert parse_key(text) == key


@pytest.mark.parametrize(
    "text", ["market_id", "market_id:", ":S", "market_id:s", "market_id:SS", "", f"{'x' * 256}:S"]
)
def test_a_key_that_cannot_be_read_says_how_it_should_be(text: str) -> None:
    with pytest.raises(ValueError, match=r"like market_id:S|longer than the 255 bytes"):
        parse_key(text)


def test_a_projection_is_read() -> None:
    assert parse_projection("KEYS_ONLY") == "KEYS_ONLY"
    assert parse_projection("INCLUDE:a, b") == ("a", "b")


@pytest.mark.parametrize(
    "text", ["", "all", "INCLUDE", "INCLUDE:", "INCLUDE:a,,b", "INCLUDE:a,a", "EXCLUDE:a"]
)
def test_a_projection_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"none of ALL, KEYS_ONLY and INCLUDE|twice"):
        parse_projection(text)
