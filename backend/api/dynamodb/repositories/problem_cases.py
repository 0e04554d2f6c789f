"""Test cases of problems: in order of position, with inputs and outputs of any size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal, cast, overload

from api.dynamodb import ids, keys, large_text
from api.dynamodb.cursor import Page
from api.dynamodb.entities import SK
from api.dynamodb.errors import (
    ConditionFailed,
    DataLayerError,
    InvalidInput,
    NotFound,
    OutcomeUnknown,
    Throttled,
)
from api.dynamodb.expressions import Changes, Condition, all_of, equals
from api.dynamodb.item_size import WireItem
from api.dynamodb.items import CODECS, ItemSet, test_case_items
from api.dynamodb.repositories.audit_notes import AuditNote, audit_actions
from api.dynamodb.repositories.base_repository import BaseRepository, VersionMoved
from api.dynamodb.repositories.checks import check_changes, check_id
from api.dynamodb.repositories.merged_pages import LAST_CHARACTER, Listing, Range, merged_page
from api.dynamodb.repositories.open_text import OpenText
from api.dynamodb.repositories.records import ListedTestCase, TestCase
from api.dynamodb.repositories.things import Thing, all_part_keys, decoded, rebuilt, stamped
from api.dynamodb.store import Action, Delete, Key, Put, Update, key_of

_CODEC = CODECS["test_case"]
_NAME = "test_case"
_PREFIXES = (keys.SAMPLE_PREFIX, keys.HIDDEN_PREFIX)
_GIVEN = frozenset({"input", "output", "is_sample", "position"})
_TEXTS = {field.name: field.short for field in _CODEC.large}
_ATTEMPTS = 4


def _owner(item: WireItem) -> str:
    return f"TC#{item['id']['N']}"


def _thing(item: WireItem) -> Thing:
    return Thing(_CODEC, test_case_items, key_of(item), _owner(item), {})


def _as_read(item: WireItem) -> Condition:
    return all_of(equals("in", item["in"]), equals("out", item["out"]))


def _pk(problem_id: int) -> str:
    return keys.problem_pk(check_id("problem_id", problem_id))


class ProblemCases(BaseRepository):
    """The part of the problem repository that keeps test cases.

    A text of over 4 KB is stored compressed, and one that is still over 4 KB in parts of 400 KB beside
    the case: each part costs 1 WCU per KB to write or remove, and 0.5 RCU per 4 KB to read.
    """

    def add_test_case(
        self, problem_id: int, case: Mapping[str, Any], *, audit: AuditNote | None = None
    ) -> TestCase:
        """Adds one test case and returns it; see `add_test_cases`."""
        return self.add_test_cases(problem_id, [case], audit=audit)[0]

    def add_test_cases(
        self, problem_id: int, cases: Sequence[Mapping[str, Any]], *, audit: AuditNote | None = None
    ) -> list[TestCase]:
        """Adds test cases to a problem, in order, and returns them with their new ids.

        A case has `input` and `output` (texts), and may have `is_sample` (False) and `position` (a
        signed 32-bit number; after the last one there is, if it is left out). Raises `NotFound` for a
        problem that is not there, `InvalidInput`, `Throttled`. One GetItem of the problem, two Queries of
        1 RCU when a position is left out, then one BatchWriteItem per 25 items or 1.5 MB: 1 WCU per KB.
        Cases become visible batch by batch; after an error none of them stays. With `audit` as
        `replace_test_cases`.
        """
        pk = self._problem(problem_id)
        if not cases:
            return []
        place = 0
        if any(case.get("position") is None for case in cases):
            place = self._next_position(pk)
        sets: list[ItemSet] = []
        for case in cases:
            for name in case:
                if name not in _GIVEN:
                    raise InvalidInput(f"a new test case has {', '.join(sorted(_GIVEN))}, not {name!r}")
            position = case.get("position")
            if position is None:
                position, place = place, place + 1
            sets.append(_new(problem_id, case, position))
        with self._told(audit, problem_id, {"new": len(sets)}):
            return self._add(sets)

    def replace_test_cases(
        self, problem_id: int, cases: Sequence[Mapping[str, Any]], *, audit: AuditNote | None = None
    ) -> list[TestCase]:
        """Puts new test cases in the place of all that a problem has, and returns them.

        Cases are given as to `add_test_cases`; their order is the list's, and each gets a new id, so that
        cases which were read may be changed and handed back. New ones are written before old ones are
        removed: a crash in between leaves both, and doing it again repairs that, as it does when two
        replacements run at once. Raises `NotFound`, `InvalidInput`, `Throttled`. Two Queries of all
        old cases (1 RCU per 4 KB), then as `add_test_cases`, and 1 WCU per KB of what is removed.

        So many items are not one transaction. With `audit` the log therefore has two entries (4 WCU each):
        that it was asked for, written before, and that it is done. Where the second one is missing, it may
        have been done in part.
        """
        pk = self._problem(problem_id)
        sets = [_new(problem_id, case, place) for place, case in enumerate(cases)]
        old = [item for prefix in _PREFIXES for item in self._all(pk, prefix)]
        with self._told(audit, problem_id, {"old": len(old), "new": len(sets)}):
            fresh = self._add(sets)
            undone = self._store.batch_write(deletes=map(key_of, old), entity=_NAME)
            if undone:
                raise Throttled(f"{len(undone)} old test cases are still there", hint="replace them again")
            self._remove_parts([key for item in old for key in all_part_keys(_thing(item), item)])
        return fresh

    @contextmanager
    def _told(self, audit: AuditNote | None, problem_id: int, counts: Mapping[str, int]) -> Iterator[None]:
        """A block of work between the entries that it was asked for and that it is done."""
        self._tell(audit, problem_id, counts, "asked for")
        yield
        self._tell(audit, problem_id, counts, "done")

    def _tell(self, audit: AuditNote | None, problem_id: int, counts: Mapping[str, int], stage: str) -> None:
        if audit is not None:
            changes = {"test_cases": counts, "stage": {"new": stage}}
            actions = audit_actions(audit, f"problem {problem_id}", changes, self._now())
            self._store.transact_write(actions, entity="audit")

    @overload
    def get_test_cases(
        self,
        problem_id: int,
        *,
        samples_only: bool = ...,
        limit: int = ...,
        cursor: str | None = ...,
        consistent: bool = ...,
        whole: Literal[True] = ...,
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
        whole: Literal[False],
    ) -> Page[ListedTestCase]: ...

    def get_test_cases(
        self,
        problem_id: int,
        *,
        samples_only: bool = False,
        limit: int = 20,
        cursor: str | None = None,
        consistent: bool = False,
        whole: bool = True,
    ) -> Page[TestCase] | Page[ListedTestCase]:
        """Test cases of a problem in order of position, then id, with their texts whole.

        Unless `whole`, texts that stand in parts are None and not read; every text's length is told then.
        Two Queries (one with `samples_only`): 0.5 RCU per 4 KB, twice that when consistent; and, if
        `whole`, BatchGetItem for texts in parts, as large as those are: ask for few when cases are large.
        """
        prefixes = _PREFIXES[:1] if samples_only else _PREFIXES
        listing = Listing(
            "test_cases", {"problem_id": problem_id, "samples_only": bool(samples_only)}, _NAME,
            [Range(_pk(problem_id), prefix) for prefix in prefixes], forward=True, consistent=consistent,
            spread=False,
        )  # fmt: skip
        page = merged_page(
            self._store, listing, lambda _, item: (_owner(item), item), limit=limit, cursor=cursor
        )
        if not whole:
            return Page([_listed(item) for _, item in page.items], page.cursor)
        return Page(cast("list[TestCase]", self._complete(_CODEC, page.items)), page.cursor)

    def open_test_case(
        self,
        problem_id: int,
        test_case_id: int,
        text: Literal["input", "output"],
        *,
        samples_only: bool = False,
    ) -> OpenText:
        """One text of a test case, to be read piece by piece however large it is; always up to date.

        Raises `NotFound`, also for a case that is no sample with `samples_only`. Looks the case up as
        `get_test_case` does (one Query with `samples_only`); reading is the business of `OpenText`.
        """
        item = self._find(problem_id, test_case_id, _PREFIXES[:1] if samples_only else _PREFIXES)
        if item is None:
            raise NotFound(f"problem {problem_id} has no test case {test_case_id}")
        short = _CODEC.entity.field(text).short
        return OpenText(self._store, _owner(item), short, item[short])

    def get_test_case(self, problem_id: int, test_case_id: int) -> TestCase | None:
        """One test case with its texts whole, or None; always up to date.

        Two Queries, which look through the problem's cases: 1 RCU per 4 KB of them, parts not counted;
        and one BatchGetItem if it has parts.
        """
        item = self._find(problem_id, test_case_id)
        if item is None:
            return None
        records = self._complete(_CODEC, [(_owner(item), item)], consistent=True)
        return cast(TestCase, records[0]) if records else None

    def update_test_case(self, problem_id: int, test_case_id: int, changes: Mapping[str, Any]) -> TestCase:
        """Changes `input`, `output`, `is_sample` or `position` of a case, and returns it.

        Raises `NotFound`, `InvalidInput`; `ConditionFailed` when others keep changing it. Looks the case
        up as `get_test_case` does; then one UpdateItem (1 WCU per KB), or, if its place in the order
        changes, one TransactWriteItems of two writes (2 WCU per KB each); parts before and after.
        """
        check_changes(_CODEC, changes, ("test_case_id", "problem_id"))
        for _ in range(_ATTEMPTS):
            item = self._find(problem_id, test_case_id)
            if item is None:
                break
            thing = _thing(item)
            known = self._known(thing, item)
            old, new = rebuilt(thing, item, known, changes)
            actions = _moves(old.main, new.main)
            if actions:
                try:
                    self._commit(thing, actions, known, main=new.main, parts=new.parts)
                except VersionMoved:
                    continue
                kept = all_part_keys(thing, new.main)
                self._remove_parts([key for key in all_part_keys(thing, item) if key not in kept])
            records = self._complete(_CODEC, [(thing.owner, new.main)], consistent=True)
            if records:
                return cast(TestCase, records[0])
            break
        else:
            raise ConditionFailed(f"test case {test_case_id} kept being changed by others")
        raise NotFound(f"problem {problem_id} has no test case {test_case_id}")

    def delete_test_case(self, problem_id: int, test_case_id: int) -> None:
        """Removes a test case and its parts. Raises `NotFound`.

        Looks the case up as `get_test_case` does, then one DeleteItem (1 WCU per KB), and its parts.
        """
        seen: WireItem | None = None
        for _ in range(_ATTEMPTS):
            item = self._find(problem_id, test_case_id)
            if item is None and seen is None:
                raise NotFound(f"problem {problem_id} has no test case {test_case_id}")
            # It was there and is gone: removed just now, be it by an attempt whose answer was lost.
            removed = seen if item is None else self._store.delete(key_of(item), entity=_NAME)
            if removed is not None:
                self._remove_parts(all_part_keys(_thing(removed), removed))
                return
            seen = item
        raise ConditionFailed(f"test case {test_case_id} kept being moved by others")

    def _problem(self, problem_id: int) -> str:
        """The partition key of a problem that is there."""
        pk = _pk(problem_id)
        if self._store.get((pk, keys.META), entity="problem", consistent=True) is None:
            raise NotFound(f"there is no problem {problem_id}")
        return pk

    def _all(self, pk: str, prefix: str, **how: Any) -> list[WireItem]:
        sort = (prefix, prefix + LAST_CHARACTER)
        return self._store.query_all(pk, sort=sort, entity=_NAME, consistent=True, **how)

    def _find(
        self, problem_id: int, test_case_id: int, prefixes: Sequence[str] = _PREFIXES
    ) -> WireItem | None:
        pk = _pk(problem_id)
        where = equals("id", {"N": str(check_id("test_case_id", test_case_id))})
        for prefix in prefixes:
            for item in self._all(pk, prefix, where=where):
                return item
        return None

    def _next_position(self, pk: str) -> int:
        last = -1
        for prefix in _PREFIXES:
            sort = (prefix, prefix + LAST_CHARACTER)
            page = self._store.query(pk, sort=sort, entity=_NAME, consistent=True, forward=False, limit=1)
            for item in page.items:
                last = max(last, int(item["pos"]["N"]))
        return last + 1

    def _add(self, sets: Iterable[ItemSet]) -> list[TestCase]:
        """Writes parts, then cases; takes back what was written when it cannot be finished."""
        sets = list(sets)
        written: list[Key] = []
        try:
            for items in ([part for s in sets for part in s.parts], [s.main for s in sets]):
                written += map(key_of, items)
                self._write_parts(items, entity=_NAME)
        except OutcomeUnknown:
            raise
        except DataLayerError:
            self._remove_parts(written[::-1])
            raise
        return [cast(TestCase, decoded(_thing(s.main), s)) for s in sets]


def _listed(item: WireItem) -> ListedTestCase:
    record = {"input": None, "output": None, **_CODEC.decode(item)}
    lengths = {f"{name}_bytes": large_text.text_bytes(item[short]) for name, short in _TEXTS.items()}
    return cast(ListedTestCase, {**record, **lengths})


def _new(problem_id: int, case: Mapping[str, Any], position: int) -> ItemSet:
    _CODEC.check_names(case)
    record = {
        "input": case.get("input"),
        "output": case.get("output"),
        "is_sample": case.get("is_sample") or False,
        "problem_id": problem_id,
        "test_case_id": ids.new_id(),
        "position": position,
    }
    if type(position) is not int:
        raise InvalidInput(f"position must be a whole number, not {type(position).__name__}")
    return stamped(test_case_items(record))


def _moves(old: WireItem, new: WireItem) -> list[Action]:
    """The actions that make one test case's item of another; none if they are the same."""
    if old == new:
        return []
    if old[SK] == new[SK]:
        return [Update(key_of(old), Changes.between(old, new), _as_read(old))]
    return [Delete(key_of(old), _as_read(old)), Put(new)]
