"""Generations of a problem's test cases: the sets of which one at a time is in force.

The problem's main item names the generation in force, and the cases' sort keys have it, so that one conditional
update of the main item exchanges all cases. A generation that is not in force is being written or removed, or its
writer died. Its items are found by its number, which a note names meanwhile (see `pending_parts`), and its text parts
by its items, which are therefore written before the parts and removed after them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from api.dynamodb.codec.item_size import WireItem, WireValue
from api.dynamodb.codec.large_text import external_part_keys
from api.dynamodb.errors import ConditionFailed, Throttled
from api.dynamodb.schema import keys
from api.dynamodb.schema.entities import PROBLEM, TEST_CASE
from api.dynamodb.table.store import Store
from api.dynamodb.table.write_actions import Key, key_of

_ID = TEST_CASE.short("test_case_id")
_GENERATION = PROBLEM.short("case_generation")
_VERSION = PROBLEM.short("version")
_ATTEMPTS = 20
# In notes, the generation of cases without a generation in their keys.
NO_GENERATION = 0


def generation_of(problem: WireItem | None) -> int | None:
    """The generation in force, from a problem's main item; None for cases without a generation in their keys."""
    value = None if problem is None else problem.get(_GENERATION)
    return None if value is None else int(value["N"])


def generation_in_key(sk: str) -> int:
    """The generation in a case's sort key; `NO_GENERATION` for one without."""
    number, separator, _ = sk.removeprefix(keys.SAMPLE_PREFIX).removeprefix(keys.HIDDEN_PREFIX).partition("#")
    return int(number[1:]) if separator and number.startswith("G") else NO_GENERATION


def state_in_force(store: Store, pk: str) -> tuple[int | None, WireValue | None] | None:
    """The generation in force and the problem's version, which each change of its cases changes; None if it is missing.

    One consistent GetItem, 1 RCU per 4 KB.
    """
    problem = store.get((pk, keys.META), entity=PROBLEM.name, consistent=True)
    return None if problem is None else (generation_of(problem), problem.get(_VERSION))


def owner_of(case: WireItem) -> str:
    """What the parts of a stored case's texts are stored under."""
    return keys.test_case_owner(case[_ID]["N"])


def part_keys_of(cases: Iterable[WireItem]) -> list[Key]:
    """The keys of all text parts of stored cases."""
    return [key for case in cases for key in external_part_keys(owner_of(case), case)]


def read_generation(store: Store, pk: str, generation: int | None) -> list[WireItem]:
    """The main items of a generation's cases: samples, then hidden ones. Two Queries: 1 RCU per 4 KB."""
    return [
        item
        for is_sample in (True, False)
        for item in store.query_all(
            pk, sort=keys.test_case_range(is_sample, generation), entity=TEST_CASE.name, consistent=True
        )
    ]


def remove_cases(store: Store, cases: Sequence[WireItem], parts_in_use: Collection[Key] = ()) -> int:
    """Removes cases that are not in force with their text parts, and returns the number of items.

    1 WCU per KB, in batches. Raises `Throttled` if some are left.
    """
    parts = [key for key in part_keys_of(cases) if key not in parts_in_use]
    for item_keys, entity in ((parts, "text_part"), ([key_of(case) for case in cases], TEST_CASE.name)):
        if store.batch_write(deletes=item_keys, entity=entity):
            raise Throttled("not all test cases could be removed")
    return len(parts) + len(cases)


def remove_generation(store: Store, pk: str, number: int) -> int:
    """Removes a generation of a problem's cases, unless it is in force, and returns the number of items.

    number: the generation, or `NO_GENERATION`. It must be known that it will not come into force.

    Two GetItems, Queries of that generation and of the one in force (1 RCU per 4 KB), and 1 WCU per KB removed. Raises
    `Throttled`, and `ConditionFailed` for a problem that changes each time; what is left is found by another call.
    """
    generation = None if number == NO_GENERATION else number
    for _ in range(_ATTEMPTS):
        state = state_in_force(store, pk)
        in_force = None if state is None else state[0]
        if generation == in_force:
            return 0
        # A generation that took over cases refers to their text parts too.
        parts_in_use = set(part_keys_of(read_generation(store, pk, in_force)))
        if state == state_in_force(store, pk):
            return remove_cases(store, read_generation(store, pk, generation), parts_in_use)
    raise ConditionFailed(f"{pk} changes so often that its test cases cannot be looked at")
