"""The codec: what goes in comes out, and what cannot be stored is refused by the field's name."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.dynamodb.codec.codec import Codec, epoch_seconds, microseconds
from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.codec.items import CODECS, run_items, user_items
from api.dynamodb.codec.large_text import part_keys
from api.dynamodb.errors import Corrupt, InvalidInput
from api.dynamodb.schema.entities import ENTITIES
from api.dynamodb.schema.entity import Entity, Kind

json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
storable_floats = st.one_of(
    st.just(0.0), st.floats(1e-130, 1e125), st.floats(1e-130, 1e125).map(lambda number: -number)
)
VALUES: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.INT: st.integers(-(10**38) + 1, 10**38 - 1),
    Kind.EPOCH: st.integers(0, 2**40),
    Kind.FLOAT: storable_floats,
    Kind.BOOL: st.booleans(),
    Kind.TEXT: st.text(),
    Kind.LARGE_TEXT: st.text(max_size=6000),
    Kind.JSON: json_values.filter(lambda value: value is not None),
    Kind.TIME: st.datetimes(timezones=st.just(UTC)),
    Kind.TEXT_SET: st.sets(st.text(), min_size=1),
    Kind.ID_SET: st.frozensets(st.integers(0, 2**53 - 1)),
}


def records(entity: Entity) -> st.SearchStrategy[dict[str, Any]]:
    fields = {f.name: VALUES[f.kind] if f.required else st.none() | VALUES[f.kind] for f in entity.fields}
    return st.fixed_dictionaries(fields)


def parts_of(codec: Codec, item: WireItem, owner: str, parts: list[WireItem]) -> dict[str, list[Any]]:
    by_key = {(part["PK"]["S"], part["SK"]["S"]): part for part in parts}
    return {
        field.short: [by_key.get(key) for key in part_keys(owner, field.short, item[field.short])]
        for field in codec.large
        if field.short in item
    }


@pytest.mark.parametrize(
    "entity", [entity for entity in ENTITIES if entity.fields], ids=lambda e: str(e.name)
)
@given(data=st.data())
def test_a_record_comes_back_as_it_went_in(entity: Entity, data: st.DataObject) -> None:
    codec, parts = CODECS[entity.name], list[WireItem]()
    record = data.draw(records(entity))
    item = codec.encode(record, owner="X", parts=parts)
    assert codec.decode(item, parts_of(codec, item, "X", parts)) == record


@given(storable_floats)
def test_a_float_keeps_every_bit(number: float) -> None:
    codec = CODECS["problem"]
    _, value = codec.encode_field("time_limit", number)
    assert float(value["N"]) == number


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("user_id", "7", "whole number"),
        ("user_id", True, "whole number"),
        ("user_id", 10**38, "38 digits"),
        ("email", 7, "must be text"),
        ("email", "\ud800", "lone surrogate"),
        ("is_active", 1, "true or false"),
        ("created_at", datetime(2026, 1, 1), "time zone"),  # noqa: DTZ001
        ("created_at", "2026-01-01", "time zone"),
    ],
)
def test_a_value_of_another_kind_is_refused_by_the_fields_name(field: str, value: Any, words: str) -> None:
    record = {"user_id": 7, "is_active": True, "is_staff": False, "version": 1, field: value}
    with pytest.raises(InvalidInput, match=f"^{field} .*{words}"):
        user_items(record)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), 1e126, 1e-131])
def test_a_float_that_dynamodb_cannot_hold_is_refused(number: float) -> None:
    with pytest.raises(InvalidInput, match=r"^time_limit "):
        CODECS["problem"].encode_field("time_limit", number)


def test_a_missing_field_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"^is_active is missing"):
        user_items({"user_id": 7, "is_staff": False, "version": 1})


def test_an_unknown_field_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidInput, match=r"no field .mail.; it has .*email"):
        CODECS["user"].check_names(["user_id", "mail"])


@pytest.mark.parametrize("text", ["\ud800", "정" + "\ud800", "x" * 5000 + "\ud800"])
def test_a_large_text_with_a_lone_surrogate_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"^code .*surrogate"):
        CODECS["run"].encode_field("code", text)


@pytest.mark.parametrize("value", [{"S": "x"}, {"N": "x"}, {"N": "1" * 30}])
def test_an_item_that_cannot_be_read_is_corrupt(value: dict[str, str]) -> None:
    with pytest.raises(Corrupt, match="a user item cannot be read"):
        CODECS["user"].decode({"crt": value})


def test_an_external_text_is_left_out_until_its_parts_are_given() -> None:
    codec = CODECS["test_case"]
    value = {"M": {"d": {"S": "0" * 16}, "n": {"N": "1"}}}
    assert "input" not in codec.decode({"in": value})
    with pytest.raises(Corrupt, match="a part of a large text is missing"):
        codec.decode({"in": value}, {"in": [None]})


def test_moments_are_counted_exactly_before_1970_and_after_2100() -> None:
    assert microseconds(datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)) == -1
    assert epoch_seconds(datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)) == -1
    assert microseconds(datetime(2200, 1, 1, tzinfo=UTC)) == 7_258_118_400_000_000


def test_a_public_run_stands_on_the_timeline_and_a_private_one_does_not() -> None:
    run = {
        "history_id": 6, "user_id": 1, "problem_id": 2, "platform": "p", "problem_number": "1",
        "problem_title": "t", "language": "go", "passed_count": 0, "failed_count": 0, "total_count": 0,
        "is_code_public": False, "created_at": datetime(2026, 1, 1, tzinfo=UTC), "code": "", "version": 1,
    }  # fmt: skip
    assert "GSI2PK" not in run_items(run).main
    items = run_items({**run, "is_code_public": True})
    assert items.main["GSI2PK"] == {"S": "PUB#0"}
    assert all("GSI2PK" not in entry for entry in items.entries)
