"""Test cases of problems, in order of position, with inputs and outputs of any size."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, TypeVar, cast, overload

from api.dynamodb.codec import large_text
from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.codec.items import CODECS
from api.dynamodb.errors import NotFound
from api.dynamodb.schema import keys
from api.dynamodb.schema.entities import TEST_CASE
from api.dynamodb.schema.records import ListedTestCase, TestCase
from api.dynamodb.table.case_changes import TestCaseChanges
from api.dynamodb.table.case_generations import owner_of
from api.dynamodb.table.cursor import MAX_LIMIT, Page, check_limit
from api.dynamodb.table.merged_pages import ListQuery, Range, merged_page
from api.dynamodb.table.stored_cases import BOTH_KINDS, NAME, pk_of
from api.dynamodb.table.text_stream import OpenText
from api.dynamodb.table.write_actions import Key

T = TypeVar("T")

_CODEC = CODECS[NAME]
_ID = TEST_CASE.short("test_case_id")
_TEXTS = {field.name: field.short for field in _CODEC.large}
PREVIEW_BYTES = 16_000
# The first parts of this many texts stay well below the 16 MB of one BatchGetItem.
_MAX_PREVIEWS = 20

_Stored = list[tuple[str, WireItem]]
_IS_SAMPLE = TEST_CASE.short("is_sample")


class OpenTestCase(NamedTuple):
    """A test case whose texts are read while they are passed on."""

    is_sample: bool
    input: OpenText
    output: OpenText


class TestCaseRepository(TestCaseChanges):
    """Test cases. `ProblemRepository` has these methods too.

    A text is stored compressed where that is smaller. If it is still larger than 4 KB, it is stored in parts of
    400 KB beside the case: 1 WCU per KB to write or remove, and 0.5 RCU per 4 KB to read.

    Every read is of one generation of cases, never of some old and some new ones: after it, one GetItem of the
    problem (consistent: 1 RCU per 4 KB) checks that this generation is still in force.
    """

    __test__ = False  # pytest: not a class of tests

    @overload
    def get_test_cases(
        self,
        problem_id: int,
        *,
        samples_only: bool = ...,
        limit: int = ...,
        cursor: str | None = ...,
        consistent: bool = ...,
        large_texts: Literal[True] = ...,
    ) -> Page[TestCase]: ...

    @overload
    def get_test_cases(
        self,
        problem_id: int,
        *,
        samples_only: bool = ...,
        limit: int = ...,
        cursor: str | None = ...,
        consistent: bool = ...,
        large_texts: Literal[False],
    ) -> Page[ListedTestCase]: ...

    def get_test_cases(
        self,
        problem_id: int,
        *,
        samples_only: bool = False,
        limit: int = 20,
        cursor: str | None = None,
        consistent: bool = False,
        large_texts: bool = True,
    ) -> Page[TestCase] | Page[ListedTestCase]:
        """A page of a problem's test cases, ordered by position, then id.

        large_texts: True returns complete texts (`TestCase`). False does not read texts that are stored in parts:
        they are None, and every text's length is returned beside it (`ListedTestCase`).
        limit: 1 to 100. Use a small one if cases are large and `large_texts`.

        Two Queries (one with `samples_only`): 0.5 RCU per 4 KB, twice that when consistent; and the GetItem of the
        class. If `large_texts`, also BatchGetItem for texts in parts: 0.5 RCU per 4 KB of them. Raises
        `InvalidInput`, also for a cursor from before the cases were replaced.
        """
        check_limit(limit)

        def read(generation: int | None) -> Page[TestCase] | Page[ListedTestCase]:
            query = _query(problem_id, samples_only, generation, consistent)
            page = merged_page(self._store, query, _located, limit=limit, cursor=cursor)
            return self._page(page.items, page.cursor, consistent, large_texts)

        return self._in_force(problem_id, read)

    @overload
    def get_all_test_cases(
        self, problem_id: int, *, most: int, consistent: bool = ..., large_texts: Literal[True] = ...
    ) -> Page[TestCase]: ...

    @overload
    def get_all_test_cases(
        self, problem_id: int, *, most: int, consistent: bool = ..., large_texts: Literal[False]
    ) -> Page[ListedTestCase]: ...

    def get_all_test_cases(
        self, problem_id: int, *, most: int, consistent: bool = False, large_texts: bool = True
    ) -> Page[TestCase] | Page[ListedTestCase]:
        """The first `most` test cases of a problem, any number, in order and of one generation.

        The page's cursor is None if these are all; it continues as one of `get_test_cases`. Arguments and cost as
        `get_test_cases`, with two Queries for each 100 cases and one GetItem in all.
        """

        def read(generation: int | None) -> Page[TestCase] | Page[ListedTestCase]:
            query = _query(problem_id, False, generation, consistent)
            items: _Stored = []
            cursor = None
            while True:
                limit = min(MAX_LIMIT, most - len(items))
                page = merged_page(self._store, query, _located, limit=limit, cursor=cursor)
                items += page.items
                cursor = page.cursor
                if cursor is None or len(items) >= most:
                    return self._page(items, cursor, consistent, large_texts)

        check_limit(min(most, MAX_LIMIT))
        return self._in_force(problem_id, read)

    def _page(
        self, items: _Stored, cursor: str | None, consistent: bool, large_texts: bool
    ) -> Page[TestCase] | Page[ListedTestCase]:
        if not large_texts:
            return Page([_listed(item) for _, item in items], cursor)
        records = self._read_texts(_CODEC, items, consistent=consistent)
        return Page(cast("list[TestCase]", records), cursor)

    def open_test_case(
        self,
        problem_id: int,
        test_case_id: int,
        text: Literal["input", "output"],
        *,
        samples_only: bool = False,
    ) -> OpenText:
        """A stream of one text of a test case, for texts of any size. Strongly consistent.

        samples_only: whether hidden cases count as missing. Raises `NotFound`. Finds the case as
        `get_test_case` does (one Query with `samples_only`). `OpenText` says what reading it costs.
        """
        item = self._find(problem_id, test_case_id, BOTH_KINDS[:1] if samples_only else BOTH_KINDS)
        if item is None:
            raise NotFound(f"problem {problem_id} has no test case {test_case_id}")
        short = _CODEC.entity.short(text)
        return OpenText(self._store, owner_of(item), short, item[short])

    def open_test_cases(
        self, problem_id: int, *, samples_only: bool = False, limit: int = 50, cursor: str | None = None
    ) -> Page[OpenTestCase]:
        """A page of a problem's test cases in order, with streams of their texts. Strongly consistent.

        Arguments, cost and errors as `get_test_cases` without large texts; `OpenText` says what reading one costs.
        """
        check_limit(limit)

        def read(generation: int | None) -> Page[OpenTestCase]:
            query = _query(problem_id, samples_only, generation, consistent=True)
            return merged_page(self._store, query, self._opened, limit=limit, cursor=cursor)

        return self._in_force(problem_id, read)

    def _opened(self, _position: str, item: WireItem) -> OpenTestCase:
        texts = (
            OpenText(self._store, owner_of(item), short, item[short])
            for short in (_TEXTS["input"], _TEXTS["output"])
        )
        return OpenTestCase(item[_IS_SAMPLE]["BOOL"], *texts)

    def get_test_case(self, problem_id: int, test_case_id: int) -> TestCase | None:
        """One test case with its complete texts, or None. Strongly consistent.

        Two Queries over the problem's cases, without text parts (1 RCU per 4 KB), and the GetItem of the class. One
        BatchGetItem if the case has text parts: 1 RCU per 4 KB of them.
        """
        item = self._find(problem_id, test_case_id)
        if item is None:
            return None
        records = self._read_texts(_CODEC, [(owner_of(item), item)], consistent=True)
        return cast(TestCase, records[0]) if records else None

    def sample_beginnings(self, problem_id: int) -> dict[tuple[int, str], str]:
        """The beginnings of sample texts that are stored in parts, by test case id and field (`input`, `output`).

        At most 16,000 bytes of UTF-8 each, of the first 20 such texts. A text that is being replaced is left out.
        One Query of the samples (0.5 RCU per 4 KB), the GetItem of the class and, if there are such texts, one
        BatchGetItem of their first parts: 0.5 RCU per 4 KB, up to 50 RCU for each.
        """
        located: dict[Key, tuple[int, str]] = {}
        samples = self._in_force(
            problem_id,
            lambda generation: self._query_cases(problem_id, True, generation, consistent=False),
        )
        for item in samples:
            for name, short in _TEXTS.items():
                for key in large_text.part_keys(owner_of(item), short, item[short])[:1]:
                    located[key] = (int(item[_ID]["N"]), name)
        first = dict(list(located.items())[:_MAX_PREVIEWS])
        parts = self._store.batch_get(first, entity="text_part") if first else {}
        return {
            case_and_field: large_text.beginning(parts[key], PREVIEW_BYTES)
            for key, case_and_field in first.items()
            if key in parts
        }


def _query(problem_id: int, samples_only: bool, generation: int | None, consistent: bool) -> ListQuery:
    """The list of a generation's cases. Its cursors are of no other generation."""
    parameters: dict[str, Any] = {"problem_id": problem_id, "samples_only": bool(samples_only)}
    if generation is not None:
        parameters["generation"] = generation
    ranges = [
        Range(pk_of(problem_id), keys.test_case_prefix(is_sample, generation), high=keys.LAST_ORDER)
        for is_sample in (BOTH_KINDS[:1] if samples_only else BOTH_KINDS)
    ]
    return ListQuery(
        "test_cases", parameters, NAME, ranges, forward=True, consistent=consistent, evenly_spread=False
    )


def _located(_position: str, item: WireItem) -> tuple[str, WireItem]:
    """A case with the owner of its text parts."""
    return owner_of(item), item


def _listed(item: WireItem) -> ListedTestCase:
    record = {"input": None, "output": None, **_CODEC.decode(item)}
    lengths = {f"{name}_bytes": large_text.text_bytes(item[short]) for name, short in _TEXTS.items()}
    return cast(ListedTestCase, {**record, **lengths})
