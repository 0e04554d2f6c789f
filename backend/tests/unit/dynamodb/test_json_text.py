"""JSON as text: every digit and character survives, and what is not JSON is refused."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.dynamodb.codec.json_text import MAX_LEVELS, JsonText, checked, dumps, encode, levels, loads
from api.dynamodb.errors import InvalidInput
from api.http.json_responses import to_json
from tests.unit.dynamodb.json_strategies import json_texts
from tests.unit.dynamodb.test_codec import json_values


@given(json_values)
def test_a_value_comes_back_as_it_went_in(value: Any) -> None:
    assert loads(dumps(value)) == value


@given(st.decimals(-Decimal("1e900"), Decimal("1e900")))
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


@pytest.mark.parametrize(
    "value",
    [
        float("nan"), float("inf"), Decimal("NaN"), {1, 2}, b"x", {"a": object()},
        {"a": Decimal("0.1"), "b": float("nan")},
    ],
)  # fmt: skip
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


def nested(depth: int, value: Any = 1) -> Any:
    for _ in range(depth):
        value = [value]
    return value


# A text, and a part of the reason why it may not be stored.
REFUSED = {
    '{"x": 1e9999999999999999999}': "the number 1e9999999999999999999 is not between 1e-999 and 1e999",
    "[1e-1000]": "is not between",
    "10e999": "is not between",
    "[0e99999]": "is not between",
    "1" * 1_001: "has more than 1,000 digits",
    "1" * 50_000: "has more than 1,000 digits",
    f'{{"a": [0.{"3" * 1_001}]}}': "has more than 1,000 digits",
    f"[1.{'0' * 1_000}]": "has more than 1,000 digits",
    "[" * 300 + "]" * 300: "nested more than 100 levels",
    '{"a":' * 101 + "1" + "}" * 101: "nested more than 100 levels",
    r'["\ud800"]': "lone surrogate",
    r'{"\uDFFF": 1}': "lone surrogate",
    r'["\ud83d\\\ude00"]': "lone surrogate",
    '["\ud800"]': "lone surrogate",
    "[NaN]": "NaN is not JSON",
    "[1": "invalid JSON",
    '"' + "x" * (32 << 20) + '"': "33,554,434 bytes",
}


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: ascii(text)[:30])
def test_what_readers_could_not_show_is_refused_with_the_reason(text: str) -> None:
    with pytest.raises(InvalidInput, match=REFUSED[text]):
        checked(text)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100 + '"[[["' + "]" * 100, "1" * 1_000, "[1e999, -1E-999, 0.1e+05, 1e400, 0e-999]",
        f"[0.{'0' * 998}{'3' * 1_000}]", r'"\\ud800"', r'["\ud83d\ude00"]', '"' + "1" * 5_000 + 'e99999"',
        r'["\"[[", "\\"]', '{"a": 1, "a": 2}', " null ",
    ],
    ids=lambda text: ascii(text)[:30],
)  # fmt: skip
def test_what_readers_can_show_is_kept_to_the_letter(text: str) -> None:
    assert checked(text) == text
    to_json({"document": [loads(text)]})


@pytest.mark.parametrize(
    "value",
    [
        nested(101), {"a": nested(100)}, nested(5_000), nested(101, Decimal("0.1")), nested(5_000, Decimal("0.1")),
        ["\ud800"], {"\udfff": 1}, 10**1_000, -(10**1_000), 10**5_000, Decimal("1e1000"), Decimal("1e-1000"),
        {"a": Decimal("0." + "3" * 1_001)}, "x" * (32 << 20),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_values_of_the_service_have_the_same_limits_as_texts(value: Any) -> None:
    with pytest.raises(InvalidInput):
        dumps(value)


@pytest.mark.parametrize(
    "value",
    [nested(100), nested(100, Decimal("0." + "3" * 40)), 10**999, Decimal("1e999"), "9" * 5_000],
    ids=lambda value: type(value).__name__,
)
def test_values_at_the_limits_are_stored(value: Any) -> None:
    assert loads(checked(dumps(value))) == value


@given(json_texts)
def test_a_text_that_is_accepted_can_be_read_and_shown(text: str) -> None:
    try:
        text = checked(text)
    except InvalidInput:
        return
    value = loads(text)
    assert loads(to_json({"document": [value]}).decode()) == {"document": [value]}
    assert loads(encode({"type": "run", "document": value})) == {"type": "run", "document": value}
    assert levels(text.encode()) <= MAX_LEVELS


@given(json_texts)
def test_a_text_is_accepted_exactly_if_its_value_is(text: str) -> None:
    try:
        value = loads(text)
        json.loads(text, parse_int=float, parse_constant=str)
    except (InvalidInput, RecursionError):
        with pytest.raises(InvalidInput):
            checked(text)
        return
    try:
        checked(text)
    except InvalidInput as refused:
        is_escaped_half = "lone surrogate" in str(refused)
        # A number may have more digits in the text than in the shortest one.
        assert is_escaped_half or "the number" in str(refused) or _is_refused(value)
    else:
        assert not _is_refused(value)


def _is_refused(value: Any) -> bool:
    try:
        dumps(value)
    except InvalidInput:
        return True
    return False


def test_texts_from_before_there_were_limits_are_read_where_that_is_possible() -> None:
    assert loads(r'["a\ud800b", "\\ud800", "\ud83d\ude00"]') == ["a\ufffdb", r"\ud800", "\U0001f600"]
    assert loads("[" * 120 + "]" * 120) == nested(119, [])
    with pytest.raises(InvalidInput, match="invalid JSON"):
        loads('{"x": 1e9999999999999999999}')
