"""Generations of test cases that an interrupted replacement left behind, and whose note is gone.

The transaction that puts a generation in force takes its note away, and notes the one that was in force. So a
generation that is neither in force nor noted while its problem has one version will never be in force: its writer's
transaction fails without the note. One that is being written, or removed, is always noted.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.schema import entities as e
from api.dynamodb.schema import keys
from api.dynamodb.table.case_generations import (
    NO_GENERATION,
    generation_in_key,
    generation_of,
    read_generation,
    state_in_force,
)
from api.dynamodb.table.pending_parts import PendingParts
from api.dynamodb.table.store import Store
from repair.findings import Finding
from repair.notebook import Notebook

_ATTEMPTS = 20


class Generation(NamedTuple):
    """A generation of a problem's cases: the problem's partition key, and the number or `NO_GENERATION`."""

    pk: str
    number: int


def generation_named_by(kind: str, item: WireItem) -> tuple[str, int, bool] | None:
    """What a problem or a test case says of a generation, as a notebook notes it; None for other items."""
    pk = item["PK"]["S"]
    if kind == e.PROBLEM.name:
        return pk, generation_of(item) or NO_GENERATION, True
    return (pk, generation_in_key(item["SK"]["S"]), False) if kind == e.TEST_CASE.name else None


def is_in_force(store: Store, case: WireItem) -> bool:
    """Whether a stored case is of its problem's generation in force. One GetItem, 1 RCU per 4 KB."""
    state = state_in_force(store, case["PK"]["S"])
    return state is not None and (state[0] or NO_GENERATION) == generation_in_key(case["SK"]["S"])


class GenerationChecks:
    """Looks at the generations that a scan read, and that no problem named."""

    def __init__(self, store: Store, notebook: Notebook, notes: PendingParts) -> None:
        self._store, self._notebook, self._notes = store, notebook, notes

    def findings(self) -> Iterator[tuple[Generation, Finding]]:
        """The generations that are left behind, and what is said of each; `remove_generation` mends it.

        For each that the scan did not find in force: two GetItems, four Queries of notes and two of its cases.
        """
        for generation in map(Generation._make, self._notebook.idle_generations()):
            if self._is_abandoned(generation):
                number = None if generation.number == NO_GENERATION else generation.number
                cases = read_generation(self._store, generation.pk, number)
                if cases:
                    key = generation.pk, keys.test_case_prefix(True, number)
                    yield generation, Finding("case.abandoned", key, f"{len(cases)} cases")

    def _is_abandoned(self, generation: Generation) -> bool:
        """Whether it is neither in force nor noted, as of one moment. False if the problem changes each time."""
        for _ in range(_ATTEMPTS):
            state = state_in_force(self._store, generation.pk)
            if state is None or (state[0] or NO_GENERATION) == generation.number:
                return False
            noted = self._notes.generations_of(generation.pk)
            if state == state_in_force(self._store, generation.pk):
                return generation.number not in noted
        return False
