"""Capacity by rule against what DynamoDB Local counts: every recorded case again, and random changes."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from api.dynamodb.codec.item_size import WireItem, item_size, to_wire_binary
from api.dynamodb.metering.capacity import Units
from api.dynamodb.schema.entities import TIMELINE_ATTRIBUTES
from api.dynamodb.schema.indexes import GSI1, INDEXES, Index
from tests.support.capacity_cases import LOCAL, Case, cases
from tests.support.capacity_replay import capacity_table, replay
from tests.support.engines import Engine

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


@dataclass(frozen=True)
class Local:
    """A table on DynamoDB Local that requests may be sent to."""

    client: DynamoDBClient
    table: str

    def replay(self, case: Case) -> Units | None:
        """The units that DynamoDB Local answers to a case."""
        return replay(self.client, self.table, case)


@pytest.fixture(scope="module")
def local(dynamodb_local: Engine) -> Iterator[Local]:
    client = dynamodb_local.client()
    with capacity_table(client, f"algoitny_test_{secrets.token_hex(6)}") as table:
        yield Local(client, table)
    client.close()


@pytest.mark.parametrize(
    "case", [case for case in cases() if case.source.startswith(LOCAL)], ids=lambda case: case.name
)
def test_the_engine_counts_what_the_rule_says(local: Local, case: Case) -> None:
    assert local.replay(case) == case.estimate() == case.units


@pytest.mark.parametrize(
    "case", [case for case in cases() if not case.source.startswith(LOCAL)], ids=lambda case: case.name
)
def test_what_dynamodb_local_counts_otherwise_than_aws_is_known(local: Local, case: Case) -> None:
    """Fails when a new release counts it right: record the cases again then, without their own source."""
    assert local.replay(case) == case.local


_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
_NUMBERS = st.one_of(
    st.integers(-(10**38) + 1, 10**38 - 1).map(str),
    st.decimals(-(10**12), 10**12, places=6).map(lambda number: f"{number:f}"),
    st.builds("{}E{}".format, st.integers(-99, 99), st.integers(-120, 110)),
)
_BINARIES = st.binary(max_size=20).map(to_wire_binary)
_SCALARS = st.one_of(
    _TEXTS.map(lambda text: {"S": text}),
    _NUMBERS.map(lambda number: {"N": number}),
    _BINARIES.map(lambda data: {"B": data}),
    st.booleans().map(lambda truth: {"BOOL": truth}),
    st.just({"NULL": True}),
    st.lists(_TEXTS, min_size=1, max_size=4, unique=True).map(lambda texts: {"SS": texts}),
    st.lists(st.integers(-(10**9), 10**9).map(str), min_size=1, max_size=4, unique=True).map(
        lambda numbers: {"NS": numbers}
    ),
    st.lists(_BINARIES, min_size=1, max_size=4, unique=True).map(lambda binaries: {"BS": binaries}),
)


def _nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    lists = st.lists(inner, max_size=4).map(lambda values: {"L": values})
    maps = st.dictionaries(_TEXTS.filter(bool), inner, max_size=4).map(lambda values: {"M": values})
    return lists | maps


_VALUES = st.recursive(_SCALARS, _nested, max_leaves=8)
# Attributes that GSI2 carries, and some that it does not.
_NAMES = st.sampled_from([*TIMELINE_ATTRIBUTES, "cod", "res", "이름", "a long name of an attribute"])
_KEYS = {name: st.sampled_from("ab") for index in INDEXES for name in (index.pk, index.sk)}
_INDEX_KEYS = st.fixed_dictionaries(
    {}, optional={name: key.map(lambda text: {"S": text}) for name, key in _KEYS.items()}
)


@st.composite
def _items(draw: st.DrawFn) -> WireItem:
    """An item whose size is often just at the border of a unit."""
    item: WireItem = {"PK": {"S": "c"}, "SK": {"S": "1"}}
    item |= draw(_INDEX_KEYS) | draw(st.dictionaries(_NAMES, _VALUES, max_size=5))
    filling = draw(st.sampled_from(["tit", "cod"]))  # GSI2 carries the one and not the other
    item[filling] = {"S": ""}
    wanted = 1024 * draw(st.integers(1, 5)) + draw(st.sampled_from([0, 1, 200]))
    item[filling] = {"S": "x" * max(0, wanted - item_size(item))}
    return item


@st.composite
def _changes(draw: st.DrawFn) -> tuple[WireItem | None, WireItem | None]:
    """An item before and after: unrelated, changed in a few attributes, new, gone, or never there."""
    before = draw(st.none() | _items())
    if before is None or draw(st.booleans()):
        return before, draw(st.none() | _items())
    after = {**before, **draw(_INDEX_KEYS), **draw(st.dictionaries(_NAMES, _VALUES, max_size=2))}
    for name in draw(st.sets(st.sampled_from(sorted(after.keys() - {"PK", "SK"})), max_size=2)):
        del after[name]
    return before, after


def _swaps_halves(index: Index, before: WireItem, after: WireItem) -> bool:
    """Whether one half of a key comes as the other goes: DynamoDB Local charges the index, though no entry is there."""
    halves = [{name for name in (index.pk, index.sk) if name in item} for item in (before, after)]
    return {len(half) for half in halves} == {1} and halves[0] != halves[1]


def _case(operation: str, **fields: Any) -> Case:
    known = {"before": None, "after": None, "read": (), "units": None, "local": None, "source": LOCAL}
    return Case(name=operation, operation=operation, **{**known, **fields})


_USER: WireItem = {name: {"S": "k"} for name in ("PK", "SK", GSI1.pk, GSI1.sk)}


@settings(max_examples=60, deadline=None)
@given(change=_changes(), as_update=st.booleans(), consistent=st.booleans())
@example(change=({**_USER, "n": {"N": "1"}}, {**_USER, "n": {"N": "1.0"}}), as_update=True, consistent=True)
@example(change=(None, None), as_update=False, consistent=False)
def test_any_change_costs_what_the_engine_counts(
    local: Local, change: tuple[WireItem | None, WireItem | None], as_update: bool, consistent: bool
) -> None:
    before, after = change
    assume(not any(_swaps_halves(index, before or {}, after or {}) for index in INDEXES))
    operation = "DeleteItem" if after is None else "UpdateItem" if as_update else "PutItem"
    write = _case(operation, before=before, after=after)
    assert local.replay(write) == write.estimate()
    get = _case("GetItem", read=(after,), consistent=consistent)
    assert local.replay(get) == get.estimate()
    for index in INDEXES:
        if after is not None and index.pk in after and index.sk in after:
            query = _case("Query", read=(after,), index=index.name)
            assert local.replay(query) == query.estimate()
