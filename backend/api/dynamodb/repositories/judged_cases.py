"""What judging a run needs of a problem's test cases: their order, and digests of some of the expected outputs."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from api.dynamodb.codec import large_text
from api.dynamodb.codec.compared_output import is_current, output_digest
from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.repositories.test_case_repository import TestCaseRepository
from api.dynamodb.schema.entities import TEST_CASE
from api.dynamodb.table.case_generations import owner_of
from api.dynamodb.table.case_items import CODEC, in_order
from api.dynamodb.table.stored_cases import BOTH_KINDS

# What was read is used for so many seconds while the problem has its version: tools that repair cases raise none.
REMEMBERED_SECONDS = 60.0
# Of at most so many problems, each with at most so many cases: 12 MB.
_PROBLEMS, _CASES = 1_000, 100
_ID, _OUTPUT, _DIGEST = (TEST_CASE.short(name) for name in ("test_case_id", "output", "output_digest"))


class ExpectedOutputs(NamedTuple):
    """The ids of a problem's test cases, in order, and `output_digest` of the expected outputs that were asked for.

    A case that the problem does not have, also because it was removed meanwhile, has no digest.
    """

    test_case_ids: list[int]
    digests: dict[int, str]


class _Known(NamedTuple):
    """What the cases of a problem were while it had this version, and until when that is used (monotonic clock)."""

    version: int
    until: float
    outputs: ExpectedOutputs

    def covers(self, named: Collection[int]) -> bool:
        """Whether it has the digests of these cases."""
        ids, digests = self.outputs
        return time.monotonic() < self.until and all(
            case_id in digests or case_id not in ids for case_id in named
        )


def _of_named(outputs: ExpectedOutputs, named: Collection[int]) -> ExpectedOutputs:
    digests = {case_id: outputs.digests[case_id] for case_id in named if case_id in outputs.digests}
    return ExpectedOutputs(list(outputs.test_case_ids), digests)


class JudgedCases(TestCaseRepository):
    """The part of `ProblemRepository` that judging uses."""

    __test__ = False

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._known: dict[int, _Known] = {}

    def remembers_cases(self, problem_id: int) -> bool:
        """Whether `expected_outputs` may do without a call for a problem that was read consistently. No call."""
        remembered = self._known.get(problem_id)
        return remembered is not None and time.monotonic() < remembered.until

    def expected_outputs(
        self, problem_id: int, test_case_ids: Collection[int], *, version: int | None = None
    ) -> ExpectedOutputs:
        """The order of all cases of a problem, and the digests of the expected outputs of those named.

        All are of the generation in force. Two consistent Queries: 1 RCU per 4 KB of the cases without texts in parts;
        and the GetItem of `TestCaseRepository`. Only for cases that are named, whose output is stored in parts and has
        no digest yet, one BatchGetItem of these outputs: 1 RCU per 4 KB. Raises `InvalidInput`.

        From the third time within a minute it is that GetItem alone, until it shows another version of the problem;
        and no call at all with `version`, that of the problem as the caller has just read it, consistently.
        """
        named = frozenset(test_case_ids)
        remembered = self._known.get(problem_id)
        if remembered is not None and remembered.covers(named):
            if version is None:
                _, version = self._state_in_force(problem_id)
            if version == remembered.version:
                return _of_named(remembered.outputs, named)
        if version is None:
            version = self._versions.get(problem_id)
        outputs = self._in_force(
            problem_id, lambda generation: self._outputs_of(problem_id, named, generation)
        )
        if version is not None and version == self._versions.get(problem_id):
            self._keep(problem_id, version, outputs)
        return _of_named(outputs, named)

    def _keep(self, problem_id: int, version: int, outputs: ExpectedOutputs) -> None:
        """Remembers what was read between two looks at the problem that showed the same version."""
        remembered = self._known.get(problem_id)
        until, (ids, digests) = time.monotonic() + REMEMBERED_SECONDS, outputs
        if remembered is not None and remembered.version == version and time.monotonic() < remembered.until:
            until, digests = remembered.until, {**remembered.outputs.digests, **digests}
        if len(ids) <= _CASES:
            if len(self._known) >= _PROBLEMS:
                self._known.clear()
            self._known[problem_id] = _Known(version, until, ExpectedOutputs(ids, digests))

    def _outputs_of(self, problem_id: int, named: Collection[int], generation: int | None) -> ExpectedOutputs:
        """With every digest that is stored, and those of the cases that are named."""
        items = in_order(
            [item for kind in BOTH_KINDS for item in self._query_cases(problem_id, kind, generation)]
        )
        digests: dict[int, str] = {}
        unread: list[WireItem] = []
        for item in items:
            case_id = int(item[_ID]["N"])
            digest = item[_DIGEST]["S"] if _DIGEST in item else None
            if is_current(digest):
                digests[case_id] = digest
            elif case_id not in named:
                continue
            elif large_text.is_external(item[_OUTPUT]):
                unread.append(item)
            else:
                digests[case_id] = output_digest(large_text.unpack_inline(item[_OUTPUT]))
        if unread:
            digests |= self._digests_of_texts(problem_id, unread, generation)
        return ExpectedOutputs([int(item[_ID]["N"]) for item in items], digests)

    def _digests_of_texts(
        self, problem_id: int, items: Sequence[WireItem], generation: int | None
    ) -> dict[int, str]:
        """The digests of outputs that are stored in parts, which are read."""
        owners_and_items = [(owner_of(item), item) for item in items]
        digests: dict[int, str] = {}
        parts_of_items = self._read_parts(owners_and_items, CODEC, consistent=True, fields=("output",))
        for item, parts in zip(items, parts_of_items, strict=True):
            case_id = int(item[_ID]["N"])
            if parts is not None:
                digests[case_id] = output_digest(large_text.unpack_parts(item[_OUTPUT], parts[_OUTPUT]))
                continue
            # The output was replaced meanwhile, or the case removed.
            latest = self._find_in(problem_id, case_id, generation)
            if latest is not None:
                for record in self._read_texts(CODEC, [(owner_of(latest), latest)], consistent=True):
                    digests[case_id] = output_digest(record["output"])
        return digests
