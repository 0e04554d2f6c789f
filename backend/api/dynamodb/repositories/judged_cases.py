"""What judging a run needs of a problem's test cases: their order, and digests of some of the expected outputs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from api.dynamodb.codec import large_text
from api.dynamodb.codec.compared_output import is_current, output_digest
from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.repositories.test_case_repository import TestCaseRepository
from api.dynamodb.schema.entities import TEST_CASE
from api.dynamodb.table.case_generations import owner_of
from api.dynamodb.table.case_items import CODEC, in_order
from api.dynamodb.table.stored_cases import BOTH_KINDS

_ID, _OUTPUT, _DIGEST = (TEST_CASE.short(name) for name in ("test_case_id", "output", "output_digest"))


class ExpectedOutputs(NamedTuple):
    """The ids of a problem's test cases, in order, and `output_digest` of the expected outputs that were asked for.

    A case that the problem does not have, also because it was removed meanwhile, has no digest.
    """

    test_case_ids: list[int]
    digests: dict[int, str]


class JudgedCases(TestCaseRepository):
    """The part of `ProblemRepository` that judging uses."""

    __test__ = False

    def expected_outputs(self, problem_id: int, test_case_ids: Collection[int]) -> ExpectedOutputs:
        """The order of all cases of a problem, and the digests of the expected outputs of those named.

        All are of the generation in force. Two consistent Queries: 1 RCU per 4 KB of the cases without texts in parts;
        and the GetItem of `TestCaseRepository`. Only for cases that are named, whose output is stored in parts and has
        no digest yet, one BatchGetItem of these outputs: 1 RCU per 4 KB. Raises `InvalidInput`.
        """
        named = frozenset(test_case_ids)
        return self._in_force(problem_id, lambda generation: self._outputs_of(problem_id, named, generation))

    def _outputs_of(self, problem_id: int, named: Collection[int], generation: int | None) -> ExpectedOutputs:
        items = in_order(
            [item for kind in BOTH_KINDS for item in self._query_cases(problem_id, kind, generation)]
        )
        digests: dict[int, str] = {}
        unread: list[WireItem] = []
        for item in items:
            case_id = int(item[_ID]["N"])
            if case_id not in named:
                continue
            digest = item[_DIGEST]["S"] if _DIGEST in item else None
            if is_current(digest):
                digests[case_id] = digest
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
