"""The compiled codec against a plain walk over the declaration, which shares no code with it."""

from __future__ import annotations

import base64
import math
import traceback
import zlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from enum import IntEnum
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from api.dynamodb.codec import json_text
from api.dynamodb.codec.codec import Codec
from api.dynamodb.codec.compiler import EXACT_MICROSECONDS, compile_entity
from api.dynamodb.codec.items import CODECS
from api.dynamodb.codec.large_text import is_external, pack, unpack_inline
from api.dynamodb.errors import Corrupt, DataLayerError, InvalidInput, ItemTooLarge
from api.dynamodb.schema.entities import ENTITIES
from api.dynamodb.schema.entity import Entity, Field, Kind
from tests.unit.dynamodb.test_codec import VALUES, records

LARGE = {Kind.LARGE_TEXT, Kind.JSON}
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
# For each of the entities: some 260 in all, and with --torture 1,300.
fewer = settings(max_examples=settings().max_examples // 3)
each_entity = pytest.mark.parametrize("entity", ENTITIES, ids=lambda entity: str(entity.name))


def ordered(entity: Entity) -> list[Field]:
    """Small fields first: the order in which records and items have them."""
    return sorted(entity.fields, key=lambda field: field.kind in LARGE)


def read(field: Field, value: Any) -> Any:
    match field.kind:
        case Kind.INT | Kind.EPOCH:
            return int(value["N"])
        case Kind.FLOAT:
            return float(value["N"])
        case Kind.BOOL:
            return bool(value["BOOL"])
        case Kind.TEXT:
            return str(value["S"])
        case Kind.TIME:
            return BEGINNING + timedelta(microseconds=int(value["N"]))
        case Kind.TEXT_SET:
            return set(value["SS"])
        case Kind.ID_SET:
            return ids_in(base64.b64decode(value["B"], validate=True))
        case Kind.JSON:
            return json_text.loads(unpack_inline(value))
        case Kind.LARGE_TEXT:
            return unpack_inline(value)


def walked_decode(entity: Entity, item: Mapping[str, Any]) -> dict[str, Any]:
    record = {}
    try:
        for field in ordered(entity):
            value = item.get(field.short)
            if value is not None and field.kind in LARGE and is_external(value):
                continue
            record[field.name] = None if value is None else read(field, value)
    except Exception as error:
        raise Corrupt(f"a {entity.name} item cannot be read: {error}") from error
    return record


def number(value: Any) -> str:
    """The text of a whole number."""
    if type(value) is not int:
        raise InvalidInput(f"must be a whole number, not {type(value).__name__}")
    if len(str(abs(value))) > 38:
        raise InvalidInput("has more than the 38 digits that a DynamoDB number holds")
    return str(value)


def fraction(value: Any) -> str:
    if {type(value)} - {int, float}:
        raise InvalidInput(f"must be a number, not {type(value).__name__}")
    value = float(value)
    if math.isnan(value) or math.isinf(value):
        raise InvalidInput(f"{value} cannot be stored as a DynamoDB number")
    if value and (abs(value) < 1e-130 or abs(value) >= 1e126):
        raise InvalidInput(f"{value!r} is outside the range of a DynamoDB number (1e-130 to 1e126)")
    return repr(value) if value else "0"


def text(value: Any) -> str:
    if not isinstance(value, str):
        raise InvalidInput(f"must be text, not {type(value).__name__}")
    if len(value) > 16_000:
        raise ItemTooLarge(f"has {len(value):,} characters, at most 16,000 fit its item")
    return whole(value)


def whole(value: str) -> str:
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise InvalidInput("holds a lone surrogate, which UTF-8 cannot hold")
    return value


def packed(value: Any) -> bytes:
    """Eight bytes for each difference, the lowest first, compressed."""
    if not isinstance(value, set | frozenset):
        raise InvalidInput(f"must be a set of ids, not {type(value).__name__}")
    for member in value:
        if type(member) is not int or member < 0 or member >= 2**53:
            raise InvalidInput(f"has a member {member!r}: give whole numbers from 0 to {2**53 - 1}")
    found, before = b"", 0
    for member in sorted(value):
        found += (member - before).to_bytes(8, "little")
        before = member
    return zlib.compress(found, 6)


def ids_in(value: bytes) -> frozenset[int]:
    data = zlib.decompress(value)
    if len(data) % 8:
        raise ValueError("not a set of ids")
    found, last = set(), 0
    for start in range(0, len(data), 8):
        last += int.from_bytes(data[start : start + 8], "little")
        found.add(last)
    return frozenset(found)


def moment(value: Any) -> str:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise InvalidInput("must be a datetime with a time zone")
    distance = value - BEGINNING
    return str((distance.days * 86_400 + distance.seconds) * 10**6 + distance.microseconds)


def written(kind: Kind, value: Any) -> dict[str, Any]:
    match kind:
        case Kind.INT | Kind.EPOCH:
            return {"N": number(value)}
        case Kind.FLOAT:
            return {"N": fraction(value)}
        case Kind.BOOL:
            if not isinstance(value, bool):
                raise InvalidInput(f"must be true or false, not {value!r}")
            return {"BOOL": value}
        case Kind.TEXT:
            return {"S": text(value)}
        case Kind.TIME:
            return {"N": moment(value)}
        case Kind.TEXT_SET:
            if type(value) is not set or not value or {type(member) for member in value} != {str}:
                raise InvalidInput("must be a set of texts that is not empty")
            return {"SS": sorted(map(whole, value))}
        case Kind.ID_SET:
            return {"B": base64.b64encode(packed(value)).decode()}
        case _:
            raise AssertionError(kind)


def walked_encode(entity: Entity, record: Mapping[str, Any]) -> dict[str, Any]:
    item = {}
    for field in ordered(entity):
        value = record.get(field.name)
        if value is None:
            continue
        try:
            if field.kind in LARGE:
                large = json_text.dumps(value) if field.kind is Kind.JSON else value
                if not isinstance(large, str):
                    raise InvalidInput(f"must be text, not {type(large).__name__}")
                item[field.short] = pack("X", field.short, large, [])
            else:
                item[field.short] = written(field.kind, value)
        except InvalidInput as error:
            kind = InvalidInput if field.kind in LARGE else type(error)
            raise kind(f"{field.name} {error}") from None
    for field in entity.fields:
        if field.required and record.get(field.name) is None:
            raise InvalidInput(f"{field.name} is missing")
    return item


def outcome(call: Callable[[], Mapping[str, Any]]) -> tuple[str, ...]:
    """What a call gives, with the order and the exact types of everything, or what it raises."""
    try:
        found = call()
    except DataLayerError as error:
        return type(error).__name__, str(error)
    shown = {
        name: sorted(value) if isinstance(value, set | frozenset) else value for name, value in found.items()
    }
    return "found", repr(shown)


class Level(IntEnum):
    ONE = 1


class Name(str):
    __slots__ = ()


wire_values: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.builds(dict),
    st.text(max_size=3),
    st.integers(),
    st.fixed_dictionaries(
        {},
        optional={
            "N": st.integers().map(str)
            | st.floats().map(str)
            | st.text(max_size=3)
            | st.none()
            | st.integers(),
            "S": st.text(max_size=9) | st.integers() | st.none(),
            "BOOL": st.booleans() | st.none() | st.text(max_size=2),
            "SS": st.lists(st.text(max_size=3)) | st.none(),
            "B": st.binary(max_size=9) | st.text(alphabet="AZaz09+/=", max_size=9),
            "M": st.just({"d": {"S": "0"}, "n": {"N": "1"}}),
        },
    ),
)
python_values: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([10**38, 10**38 - 1, -(10**38), 1 - 10**38, 0, 1, Level.ONE]),
    st.floats(),
    st.text(alphabet=st.characters(), max_size=9),
    st.sampled_from(["\ud800", "정답", "x" * 16_000, "x" * 16_001, Name("name"), b"bytes"]),
    st.datetimes(),
    st.datetimes(
        timezones=st.sampled_from([UTC, timezone(timedelta(hours=9)), timezone(timedelta(hours=-5))])
    ),
    st.sets(st.text(max_size=3), max_size=3),
    st.sets(st.integers(-1, 2**53), max_size=3),
    st.frozensets(st.sampled_from([0, 1, 2**53 - 1, Level.ONE, True]), max_size=3),
    st.lists(st.integers() | st.text(max_size=3), max_size=3),
)


@each_entity
@pytest.mark.sampled
@fewer
@given(data=st.data())
def test_a_well_formed_item_is_read_as_a_walk_reads_it(entity: Entity, data: st.DataObject) -> None:
    codec = CODECS[entity.name]
    item = codec.encode(data.draw(records(entity)), owner="X")
    assert outcome(lambda: codec.decode(item)) == outcome(lambda: walked_decode(entity, item))


@each_entity
@pytest.mark.sampled
@fewer
@given(data=st.data())
def test_any_item_is_read_or_refused_as_a_walk_does(entity: Entity, data: st.DataObject) -> None:
    codec = CODECS[entity.name]
    item = codec.encode(data.draw(records(entity)), owner="X")
    damage = data.draw(
        st.dictionaries(st.sampled_from([f.short for f in entity.fields] or ["x"]), wire_values)
    )
    gone = data.draw(st.sets(st.sampled_from([f.short for f in entity.fields] or ["x"])))
    item = {name: value for name, value in {**item, **damage, "PK": {"S": "p"}}.items() if name not in gone}
    assert outcome(lambda: codec.decode(item)) == outcome(lambda: walked_decode(entity, item))


@each_entity
@pytest.mark.sampled
@fewer
@given(data=st.data())
def test_a_record_is_written_as_a_walk_writes_it(entity: Entity, data: st.DataObject) -> None:
    codec, record = CODECS[entity.name], data.draw(records(entity))
    assert outcome(lambda: codec.encode(record, owner="X")) == outcome(lambda: walked_encode(entity, record))


@each_entity
@pytest.mark.sampled
@fewer
@given(data=st.data())
def test_any_record_is_written_or_refused_as_a_walk_does(entity: Entity, data: st.DataObject) -> None:
    codec = CODECS[entity.name]
    names = [field.name for field in entity.fields] or ["x"]
    odd = data.draw(st.dictionaries(st.sampled_from(names), python_values))
    gone = data.draw(st.sets(st.sampled_from(names), max_size=2))
    record = {name: v for name, v in {**data.draw(records(entity)), **odd}.items() if name not in gone}
    assert outcome(lambda: codec.encode(record, owner="X")) == outcome(lambda: walked_encode(entity, record))


OPTIONAL = {kind: Entity("one", "", "", "", (Field("b", "y", kind),)) for kind in Kind}


@pytest.mark.parametrize(
    "kind", [kind for kind in Kind if kind not in LARGE], ids=lambda kind: str(kind.name)
)
@given(data=st.data())
def test_each_kind_of_field_is_written_and_read_as_a_walk_does(kind: Kind, data: st.DataObject) -> None:
    """Also a kind that few entities have, as required and as optional field."""
    entity = Entity("sample", "", "", "", (Field("a", "x", kind, required=True), Field("b", "y", kind)))
    codec = Codec(entity)
    values = python_values | VALUES[kind]
    record = {"a": data.draw(values), "b": data.draw(values)}
    assert outcome(lambda: codec.encode(record)) == outcome(lambda: walked_encode(entity, record))
    item = {"x": data.draw(wire_values), "y": data.draw(wire_values)}
    assert outcome(lambda: codec.decode(item)) == outcome(lambda: walked_decode(entity, item))
    value = record["b"]
    if value is not None:
        alone = outcome(lambda: dict([codec.encode_field("b", value)]))
        assert alone == outcome(lambda: walked_encode(OPTIONAL[kind], {"b": value}))


@given(st.integers(-62_135_596_800_000_000, 253_402_300_799_999_999) | st.integers(0, EXACT_MICROSECONDS + 9))
@example(EXACT_MICROSECONDS - 1)
@example(EXACT_MICROSECONDS)
@example(0)
@example(-1)
@example(999_999)
def test_a_moment_is_exact_to_the_microsecond(microseconds: int) -> None:
    record = CODECS["user"].decode({"crt": {"N": str(microseconds)}})
    assert record["created_at"] == BEGINNING + timedelta(microseconds=microseconds)
    assert record["created_at"].tzinfo is UTC


@given(st.text(alphabet="0123456789-+._ eE", max_size=6))
def test_a_number_that_python_reads_differently_is_read_as_before(digits: str) -> None:
    entity = CODECS["user"].entity
    item = {"id": {"N": digits}, "crt": {"N": digits}}
    assert outcome(lambda: CODECS["user"].decode(item)) == outcome(lambda: walked_decode(entity, item))


def test_the_first_of_several_faults_is_the_one_that_is_named() -> None:
    """A value that cannot be stored before a field that is missing, in the order of the declaration."""
    with pytest.raises(InvalidInput, match=r"^name must be text"):
        CODECS["user"].encode({"name": 7, "is_staff": 1})
    with pytest.raises(InvalidInput, match=r"^code must be text"):
        CODECS["run"].encode({"code": 7})
    with pytest.raises(InvalidInput, match=r"^history_id is missing"):
        CODECS["run"].encode({"user_id": 7})


def test_a_field_that_the_entity_lacks_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="mail"):
        CODECS["user"].encode_field("mail", "a@x.org")


def test_a_compressed_text_that_is_damaged_is_corrupt() -> None:
    with pytest.raises(Corrupt, match="a run item cannot be read"):
        CODECS["run"].decode({"cod": {"B": "AAAA"}})


def test_no_declared_name_reaches_the_source_unquoted() -> None:
    """What a declaration calls a field is a text in the generated source, never code."""
    evil = "'] = 1; raise SystemExit #"
    entity = Entity(
        "evil", "", "", "", (Field(evil, evil, Kind.INT, required=True), Field("b", "y", Kind.BOOL))
    )
    codec = Codec(entity)
    assert codec.decode(codec.encode({evil: 7})) == {evil: 7, "b": None}


def test_a_traceback_shows_the_generated_line() -> None:
    with pytest.raises(Corrupt) as caught:
        CODECS["user_run"].decode({"id": {"N": "seven"}})
    assert caught.value.__cause__ is not None
    lines = "".join(traceback.format_exception(caught.value.__cause__))
    assert "<codec of user_run>" in lines
    assert "'history_id': None if (v := get('id')) is None else int(v[\"N\"])" in lines


def test_the_source_has_one_line_for_each_small_field() -> None:
    compiled = compile_entity(CODECS["user_run"].entity, lambda name, value: {})
    reading = compiled.source.split("def decode(item)")[0]
    assert reading.count("\n        '") == len(CODECS["user_run"].entity.fields)
    assert "for " not in compiled.source
