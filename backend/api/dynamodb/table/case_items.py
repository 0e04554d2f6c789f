"""Stored test cases: how one is built, changed and moved among the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from api.dynamodb.codec.compared_output import with_output_digest
from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.codec.items import CODECS, ItemSet, test_case_items
from api.dynamodb.errors import InvalidInput
from api.dynamodb.schema import ids, keys
from api.dynamodb.schema.entities import SK, TEST_CASE
from api.dynamodb.table.aggregate import Aggregate, stamp_parts
from api.dynamodb.table.case_generations import owner_of
from api.dynamodb.table.expressions import Changes, Condition, all_of, equals
from api.dynamodb.table.write_actions import Delete, Put, Update, WriteAction, key_of

CODEC = CODECS[TEST_CASE.name]
_ID, _IS_SAMPLE, _POSITION = (TEST_CASE.short(name) for name in ("test_case_id", "is_sample", "position"))
_TEXTS = tuple(field.short for field in CODEC.large)
_NEW_CASE_FIELDS = frozenset({"input", "output", "is_sample", "position"})


def case_aggregate(item: WireItem, generation: int | None) -> Aggregate:
    """The aggregate of a stored case of a generation."""
    return Aggregate(CODEC, partial(test_case_items, generation=generation), key_of(item), owner_of(item), {})


def new_case_items(
    problem_id: int, case: Mapping[str, Any], position: int, generation: int | None
) -> ItemSet:
    """The items of a new case with a new id. Raises `InvalidInput`."""
    CODEC.check_names(case)
    if type(position) is not int:
        raise InvalidInput(f"position must be a whole number, not {type(position).__name__}")
    record = {
        "input": case.get("input"), "output": case.get("output"), "is_sample": case.get("is_sample") or False,
        "problem_id": problem_id, "test_case_id": ids.new_id(), "position": position,
    }  # fmt: skip
    return stamp_parts(test_case_items(with_output_digest(record), generation))


def check_new_case(case: Mapping[str, Any]) -> None:
    """Raises `InvalidInput` for a field that a new case does not have."""
    for name in case:
        if name not in _NEW_CASE_FIELDS:
            allowed = ", ".join(sorted(_NEW_CASE_FIELDS))
            raise InvalidInput(f"a new test case has {allowed}, not {name!r}")


def in_generation(item: WireItem, generation: int | None) -> WireItem:
    """The case as an item of another generation; its texts stay the same, with their parts."""
    sk = keys.test_case_sk(bool(item[_IS_SAMPLE]["BOOL"]), position_of(item), int(item[_ID]["N"]), generation)
    return {**item, SK: {"S": sk}}


def position_of(item: WireItem) -> int:
    """The position of a stored case."""
    return int(item[_POSITION]["N"])


def in_order(items: Sequence[WireItem]) -> list[WireItem]:
    """Stored cases by position, then id."""
    return sorted(items, key=lambda item: (position_of(item), int(item[_ID]["N"])))


def place_of(items: Sequence[WireItem], test_case_id: int) -> int | None:
    """The place of a case among all cases of a problem, from 1; None if it is not among them."""
    case_ids = [int(item[_ID]["N"]) for item in in_order(items)]
    return case_ids.index(test_case_id) + 1 if test_case_id in case_ids else None


def moved_cases(
    items: Sequence[WireItem], old_place: int, place: int, generation: int | None
) -> list[tuple[WireItem, WireItem]]:
    """The cases whose position changes when one moves to another place (from 1), before and after the move.

    The cases between the two places move by one. If a position occurs twice, all are numbered anew. Raises
    `InvalidInput` for a place that there is not.
    """
    if type(place) is not int or not 1 <= place <= len(items):
        raise InvalidInput(f"place {place}: give a number from 1 to {len(items)}")
    ordered = in_order(items)
    positions = [position_of(item) for item in ordered]
    if len(set(positions)) < len(positions):
        positions = list(range(len(positions)))
    ordered.insert(place - 1, ordered.pop(old_place - 1))
    pairs = [
        (item, in_generation({**item, _POSITION: {"N": str(position)}}, generation))
        for item, position in zip(ordered, positions, strict=True)
    ]
    return [(old, new) for old, new in pairs if old != new]


def change_actions(old: WireItem, new: WireItem) -> list[WriteAction]:
    """The writes that turn a stored case into the new one; none if they are equal."""
    if old == new:
        return []
    if old[SK] == new[SK]:
        return [Update(key_of(old), Changes.between(old, new), has_texts_of(old))]
    return [Delete(key_of(old), has_texts_of(old)), Put(new)]


def has_texts_of(item: WireItem) -> Condition:
    """The stored case has the input and output of the item that was read."""
    return all_of(*(equals(short, item[short]) for short in _TEXTS))
