"""JSON as text: every digit and character survives, and what is not JSON is refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.dynamodb.errors import InvalidInput
from api.dynamodb.json_text import JsonText, dumps, loads
from tests.unit.dynamodb.test_codec import json_values


@given(json_values)
def test_a_value_comes_back_as_it_went_in(value: Any) -> None:
    assert loads(dumps(value)) == value


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_a_decimal_keeps_every_digit(number: Decimal) -> None:
    assert Decimal(str(loads(dumps({"n": number}))["n"])) == number


def test_digits_beyond_a_float_come_back_as_decimal() -> None:
    digits = "3." + "1415926535" * 6
    assert loads(digits) == Decimal(digits)
    assert loads("1e400") == Decimal("1e400")
    assert loads("123456789012345678901234567890") == 123456789012345678901234567890


def test_json_text_is_stored_as_it_stands() -> None:
    assert dumps(JsonText('{ "a" : 1 }')) == '{ "a" : 1 }'


def test_text_is_not_escaped() -> None:
    assert dumps({"정": "🙂"}) == '{"정":"🙂"}'


@pytest.mark.parametrize("value", [float("nan"), float("inf"), Decimal("NaN"), {1, 2}, b"x", {"a": object()}])
def test_what_json_cannot_say_is_refused(value: Any) -> None:
    with pytest.raises(InvalidInput):
        dumps(value)


@pytest.mark.parametrize("text", ["", "{", "NaN", "[Infinity]", "{'a': 1}", "[" * 100_000])
def test_what_is_not_json_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        loads(text)


def test_a_value_that_contains_itself_is_refused() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(InvalidInput):
        dumps(value)
