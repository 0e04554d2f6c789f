"""Reading a problem's test cases in the generation that is in force."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.errors import ConditionFailed, Corrupt, InvalidInput
from api.dynamodb.schema import keys
from api.dynamodb.schema.entities import PROBLEM, TEST_CASE
from api.dynamodb.table.argument_checks import check_id
from api.dynamodb.table.base_repository import BaseRepository
from api.dynamodb.table.case_generations import generation_of
from api.dynamodb.table.expressions import equals

T = TypeVar("T")

NAME = TEST_CASE.name
BOTH_KINDS = (True, False)
ATTEMPTS = 4
_ID, _VERSION = TEST_CASE.short("test_case_id"), PROBLEM.short("version")
# The generations in force of this many problems are remembered; each is a few bytes.
_REMEMBERED = 10_000


def pk_of(problem_id: int) -> str:
    """The partition key of a problem and its cases. Raises `InvalidInput`."""
    return keys.problem_pk(check_id("problem_id", problem_id))


class StoredCases(BaseRepository):
    """The reading part of the repository of test cases, and of the one that changes them."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # By problem, for a problem whose cases have been replaced.
        self._generations: dict[int, int] = {}
        # The version of a problem when its generation in force was read last.
        self._versions: dict[int, int] = {}

    def _in_force(self, problem_id: int, read: Callable[[int | None], T]) -> T:
        """What `read` finds in the generation of cases that is in force, and was in force until it had ended.

        Cases of a generation are removed only after another one is in force. So the generation that was in force
        last is read, and then checked (one GetItem, consistent: 1 RCU per 4 KB of the problem); if it was not the
        right one, the other one is read. Raises `ConditionFailed` if the cases keep being replaced.
        """
        for _ in range(ATTEMPTS):
            generation = self._generations.get(problem_id)
            failure: Exception | None = None
            try:
                result = read(generation)
            except (InvalidInput, Corrupt) as error:  # a cursor, or a text, of another generation
                failure = error
            in_force = self._generation_in_force(problem_id)
            if in_force == generation:
                if failure is not None:
                    raise failure
                return result
        raise ConditionFailed(f"the test cases of problem {problem_id} kept being replaced")

    def _generation_in_force(self, problem_id: int) -> int | None:
        return self._state_in_force(problem_id)[0]

    def _state_in_force(self, problem_id: int) -> tuple[int | None, int | None]:
        """The generation in force and the version of the problem, which counts every change of its cases."""
        problem = self._store.get((pk_of(problem_id), keys.META), entity="problem", consistent=True)
        # A problem without a version is what a move left of it.
        version = int(problem[_VERSION]["N"]) if problem is not None and _VERSION in problem else None
        if version is not None:
            if len(self._versions) >= _REMEMBERED:
                self._versions.clear()
            self._versions[problem_id] = version
        return self._remember(problem_id, generation_of(problem)), version

    def _remember(self, problem_id: int, generation: int | None) -> int | None:
        if generation is None:
            self._generations.pop(problem_id, None)
        else:
            if len(self._generations) >= _REMEMBERED:
                self._generations.clear()
            self._generations[problem_id] = generation
        return generation

    def _query_cases(
        self, problem_id: int, is_sample: bool, generation: int | None, **options: Any
    ) -> list[WireItem]:
        sort = keys.test_case_range(is_sample, generation)
        return self._store.query_all(
            pk_of(problem_id), sort=sort, entity=NAME, **{"consistent": True, **options}
        )

    def _find_in(
        self,
        problem_id: int,
        test_case_id: int,
        generation: int | None,
        kinds: Sequence[bool] = BOTH_KINDS,
    ) -> WireItem | None:
        where = equals(_ID, {"N": str(check_id("test_case_id", test_case_id))})
        for is_sample in kinds:
            for item in self._query_cases(problem_id, is_sample, generation, where=where):
                return item
        return None

    def _find(
        self, problem_id: int, test_case_id: int, kinds: Sequence[bool] = BOTH_KINDS
    ) -> WireItem | None:
        """A case in force. Up to two Queries (1 RCU per 4 KB of all cases without parts) and one GetItem."""
        return self._in_force(
            problem_id, lambda generation: self._find_in(problem_id, test_case_id, generation, kinds)
        )
