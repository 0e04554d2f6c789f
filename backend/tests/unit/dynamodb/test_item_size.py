"""Item sizes and capacity, computed by hand from AWS's rules."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.dynamodb.codec.item_size import (
    WireItem,
    item_size,
    number_size,
    projected_size,
    read_units,
    to_wire_binary,
    value_size,
    write_units,
)


@pytest.mark.parametrize(
    ("number", "size"),
    [
        ("0", 1),  # no significant digit
        ("-0", 2),
        ("1", 2),  # 1 + ceil(1/2)
        ("12", 2),
        ("123", 3),
        ("1234", 3),
        ("-1", 3),  # and 1 for the sign
        ("-1234", 4),
        ("10", 2),  # the zero at the end is not significant
        ("100000", 2),
        ("101", 3),
        ("0.5", 2),
        ("0.05", 2),  # the zeros at the front are not significant
        ("1.5", 3),  # 1 + 1 + 1
        ("1.50", 3),
        ("1.0", 2),
        ("100.5", 4),  # 1 + ceil(3/2) + 1
        ("-12.34", 4),
        ("3.14159", 5),  # 1 + 1 + ceil(5/2)
        ("1E3", 2),
        ("1.5E1", 2),  # 15
        ("1E-3", 2),
        ("12E-1", 3),  # 1.2
        ("9" * 38, 20),
        ("-" + "9" * 38, 21),
        ("1782470400000000", 5),  # 17824704 and zeros that do not count: 1 + 8/2
    ],
)
def test_a_number_has_a_byte_for_two_significant_digits(number: str, size: int) -> None:
    assert number_size(number) == size


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": ""}, 0),
        ({"S": "abc"}, 3),
        ({"S": "é"}, 2),
        ({"S": "정답"}, 6),
        ({"S": "🙂"}, 4),
        ({"B": b""}, 0),
        ({"B": b"\x00\x01\x02"}, 3),
        ({"B": "AAEC"}, 3),  # the same, as it travels
        ({"B": "AAE="}, 2),
        ({"B": "AA=="}, 1),
        ({"BOOL": False}, 1),
        ({"NULL": True}, 1),
        ({"SS": ["a", "정"]}, 4),
        ({"NS": ["1", "-12.5"]}, 2 + 4),
        ({"BS": [b"ab", b"c"]}, 3),
        ({"L": []}, 3),
        ({"L": [{"S": "a"}, {"N": "1"}]}, 3 + (1 + 1) + (1 + 2)),
        ({"M": {}}, 3),
        ({"M": {"d": {"S": "0123456789abcdef"}, "n": {"N": "8"}}}, 3 + (1 + 1 + 16) + (1 + 1 + 2)),
        ({"M": {"키": {"L": [{"BOOL": True}]}}}, 3 + 3 + 1 + (3 + 1 + 1)),
    ],
)
def test_a_value_has_the_size_of_its_kind(value: dict[str, Any], size: int) -> None:
    assert value_size(value) == size


def test_an_item_is_its_names_and_values() -> None:
    item: WireItem = {"PK": {"S": "USR#7"}, "SK": {"S": "META"}, "act": {"BOOL": True}, "id": {"N": "7"}}
    assert item_size(item) == (2 + 5) + (2 + 4) + (3 + 1) + (2 + 2)


def test_an_index_carries_the_attributes_it_projects() -> None:
    item = {"PK": {"S": "RUN#7"}, "cod": {"S": "print()"}, "lng": {"S": "go"}}
    assert projected_size(item, ("PK", "lng", "absent")) == (2 + 5) + (3 + 2)
    assert projected_size(item, None) == item_size(item)


@pytest.mark.parametrize(("size", "units"), [(0, 1), (1, 1), (1024, 1), (1025, 2), (409_600, 400)])
def test_a_write_costs_a_unit_per_started_kilobyte(size: int, units: int) -> None:
    assert write_units(size) == units
    assert write_units(size, transaction=True) == 2 * units


@pytest.mark.parametrize(("size", "units"), [(0, 0.5), (4096, 0.5), (4097, 1.0), (409_600, 50.0)])
def test_a_read_costs_half_a_unit_per_started_four_kilobytes(size: int, units: float) -> None:
    assert read_units(size) == units
    assert read_units(size, consistent=True) == 2 * units


@given(st.binary(max_size=100))
def test_a_binary_has_one_size_as_bytes_and_as_it_travels(data: bytes) -> None:
    assert value_size({"B": data}) == value_size({"B": to_wire_binary(data)}) == len(data)
