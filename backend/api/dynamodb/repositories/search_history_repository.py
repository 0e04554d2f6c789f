"""Search history: runs of users' code, the lists of a user's runs, and the public timeline."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, cast

from api.dynamodb.codec.codec import Record
from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.codec.items import CODECS
from api.dynamodb.errors import InvalidInput
from api.dynamodb.schema import keys
from api.dynamodb.schema.entities import RUN, USER_RUN
from api.dynamodb.schema.folding import folded_name
from api.dynamodb.schema.indexes import GSI1, GSI2
from api.dynamodb.schema.records import ChangedRun, Run, RunSummary, is_passed
from api.dynamodb.table.aggregate import Aggregate
from api.dynamodb.table.argument_checks import check_changes, check_id, check_text
from api.dynamodb.table.base_repository import BaseRepository
from api.dynamodb.table.cursor import Page, check_limit
from api.dynamodb.table.merged_pages import ListQuery, Range, merged_page
from api.dynamodb.table.read_paths import CONSISTENT_QUERY, MY_RUNS, TIMELINE, Strategy
from api.dynamodb.table.run_aggregate import run_aggregate
from api.dynamodb.table.write_actions import Key

_CODEC = CODECS["run"]
_SUMMARY = CODECS["user_run"]
_BASIS, _VERSION = USER_RUN.short("verdict_basis"), RUN.short("version")
_FIXED = ("history_id", "user_id", "problem_id", "created_at", "version")


def _summary(_: str, item: WireItem) -> RunSummary:
    return cast(RunSummary, _SUMMARY.decode(item))


_PROPERTIES: Mapping[str, Callable[[RunSummary], object]] = {
    "platform": lambda run: folded_name(run["platform"]),
    "language": lambda run: folded_name(run["language"]),
    "passed": is_passed,
    "public": lambda run: run["is_code_public"],
}


def _filters(**values: str | bool | None) -> dict[str, Any]:
    """The filters that are not None, in the form in which properties are compared. Raises `InvalidInput`."""
    filters: dict[str, Any] = {}
    for name, value in values.items():
        if value is None:
            continue
        if name in ("platform", "language"):
            filters[name] = folded_name(check_text(name, value))
        elif type(value) is bool:
            filters[name] = value
        else:
            raise InvalidInput(f"{name} must be True or False, not {value!r}")
    return filters


def _accept(filters: Mapping[str, Any]) -> Callable[[str, WireItem], RunSummary | None]:
    """The `accept` of `merged_page` for runs that match all filters."""
    if not filters:
        return _summary

    def accept(_: str, item: WireItem) -> RunSummary | None:
        run = cast(RunSummary, _SUMMARY.decode(item))
        return run if all(_PROPERTIES[name](run) == value for name, value in filters.items()) else None

    return accept


class SearchHistoryRepository(BaseRepository):
    """Runs. A run belongs to its user. While `is_code_public` is set, everyone may see it.

    Methods that change a run take an optional `owner_id`: with it, a run of another user is `NotFound`.
    """

    def create_history(self, data: Mapping[str, Any]) -> Run:
        """Stores a run and returns it.

        `data` has fields of `Run`; `platform`, `problem_number`, `problem_title`, `language` and `code` are
        required. Defaults: a new `history_id`, `created_at` now, counts 0, `is_code_public` False, `version` 1.
        Raises `Duplicate("history_id")` and `InvalidInput`.

        One BatchWriteItem per 1.5 MB of texts in parts (larger than 4 KB when compressed): 1 WCU per KB. Then
        one TransactWriteItems: 2 WCU per KB of the run, 2 for each entry in its user's two lists, 1 for GSI2 if it
        is public, and 1 per KB of the run for GSI1 if it is public and passed every case. A run without a user is
        one PutItem: 1 WCU per KB. A run older than two minutes also removes its user's stored progress: 2 WCU per
        KB of that.
        """
        _CODEC.check_names(data)
        defaults = {
            "created_at": self._now(), "passed_count": 0, "failed_count": 0, "total_count": 0,
            "is_code_public": False, "version": 1,
        }  # fmt: skip
        record: Record = {**defaults, **{name: value for name, value in data.items() if value is not None}}
        for name in ("user_id", "problem_id"):
            if name in record:
                check_id(name, record[name])
        return cast(Run, self._create_with_id("history_id", record, self._aggregate))

    def get_history(self, history_id: int, *, consistent: bool = False) -> Run | None:
        """The complete run, or None. The caller decides who may see it.

        One GetItem: 0.5 RCU per started 4 KB, twice that when consistent. One BatchGetItem if a text is stored
        in parts: 0.5 RCU per 4 KB of them.
        """
        run = self._aggregate(history_id)
        return cast("Run | None", self._read(_CODEC, run.key, run.owner, consistent=consistent))

    def get_histories(self, history_ids: Iterable[int], *, consistent: bool = False) -> list[Run]:
        """The complete runs with these ids that exist, in the order of the ids.

        One BatchGetItem per 100 ids: 0.5 RCU per started 4 KB of each run, twice that when consistent. One more
        per 100 parts if texts are stored in parts. No call for no ids. Raises `InvalidInput`.
        """
        pks = dict.fromkeys(keys.run_pk(check_id("history_id", history_id)) for history_id in history_ids)
        run_keys = [(pk, keys.META) for pk in pks]
        items = self._store.batch_get(run_keys, entity="run", consistent=consistent) if run_keys else {}
        owners_and_items = [(key[0], items[key]) for key in run_keys if key in items]
        return cast("list[Run]", self._read_texts(_CODEC, owners_and_items, consistent=consistent))

    def update_history(
        self,
        history_id: int,
        changes: Mapping[str, Any],
        *,
        expected_version: int | None = None,
        owner_id: int | None = None,
    ) -> ChangedRun:
        """Changes some fields of a run (None removes one) and returns what lists show of it, and its version.

        `version` grows by one; `history_id`, `user_id`, `problem_id` and `created_at` never change. Raises
        `NotFound`, `ConditionFailed` with the stored run if its version is not `expected_version`, and
        `InvalidInput`.

        One GetItem (1 RCU per 4 KB of the run without texts in parts, which are not read). Then one UpdateItem
        (1 WCU per KB) if no list is affected, otherwise one TransactWriteItems: 2 WCU per KB of the run, 2 for
        each entry in its user's lists, and 2 per KB of the user's progress if that is affected. New text parts are
        written before that, old ones removed after it.
        """
        check_changes(_CODEC, changes, _FIXED)
        item = self._change_item(
            self._aggregate(history_id), changes,
            expected_version=expected_version, allowed=_belongs_to(owner_id),
        )  # fmt: skip
        return cast(ChangedRun, {**_SUMMARY.decode(item), "version": int(item[_VERSION]["N"])})

    def set_visibility(
        self,
        history_id: int,
        public: bool,
        *,
        expected_version: int | None = None,
        owner_id: int | None = None,
    ) -> ChangedRun:
        """Publishes a run on the timeline or hides it. What comes back and is raised: see `update_history`.

        One GetItem (1 RCU per 4 KB of the run without texts in parts) and one TransactWriteItems: 2 WCU per KB of
        the run, 2 for each entry in its user's lists, 1 for GSI2, and 1 per KB of the run for GSI1 if it passed every
        case.
        """
        if type(public) is not bool:
            raise InvalidInput(f"public must be True or False, not {public!r}")
        return self.update_history(
            history_id, {"is_code_public": public}, expected_version=expected_version, owner_id=owner_id
        )

    def delete_history(self, history_id: int, *, owner_id: int | None = None) -> None:
        """Removes a run, its list entries and its texts. Raises `NotFound`.

        One GetItem (1 RCU per 4 KB) and one TransactWriteItems: 2 WCU per KB of the run, 2 for each entry in
        its user's lists, 2 per KB of its user's progress, 1 for GSI2 if it is public, and 1 per KB for GSI1 if it is
        a public solution. Then 1 WCU per KB of text parts.
        """
        self._delete(self._aggregate(history_id), allowed=_belongs_to(owner_id))

    def _aggregate(self, history_id: int) -> Aggregate:
        return run_aggregate(history_id, self._now())

    def list_user_history(
        self,
        user_id: int,
        *,
        limit: int = 50,
        cursor: str | None = None,
        consistent: bool = False,
        platform: str | None = None,
        language: str | None = None,
        passed: bool | None = None,
        public: bool | None = None,
    ) -> Page[RunSummary]:
        """A page of a user's runs without their code, newest first, ties by greater id.

        platform, language: letter case does not matter.
        passed: whether the run passed all test cases.
        public: whether the run is public.
        limit: 1 to 100.

        One Query: 0.5 RCU per 4 KB, about 15 runs, twice that when consistent, as the caller or the read path
        `my_runs` wants it. With a filter at most 500 runs are examined, in Queries of 64 runs, so a page may be short
        or empty and still have a cursor. Raises `InvalidInput`.
        """
        filters = _filters(platform=platform, language=language, passed=passed, public=public)
        query = ListQuery(
            "user_history", {"user_id": user_id, **filters}, "user_run",
            [Range(keys.user_runs_pk(check_id("user_id", user_id)))],
            filtered=bool(filters), consistent=consistent,
        )  # fmt: skip
        return self._my_runs(user_id, query, filters, limit, cursor)

    def list_user_problem_history(
        self,
        user_id: int,
        problem_id: int,
        *,
        limit: int = 50,
        cursor: str | None = None,
        consistent: bool = False,
        platform: str | None = None,
        language: str | None = None,
        passed: bool | None = None,
        public: bool | None = None,
    ) -> Page[RunSummary]:
        """A page of a user's runs of one problem. Arguments, order and cost as `list_user_history`."""
        filters = _filters(platform=platform, language=language, passed=passed, public=public)
        pk = keys.user_problem_runs_pk(check_id("user_id", user_id), check_id("problem_id", problem_id))
        query = ListQuery(
            "user_problem_history", {"user_id": user_id, "problem_id": problem_id, **filters},
            "user_problem_run", [Range(pk)], filtered=bool(filters), consistent=consistent,
        )  # fmt: skip
        return self._my_runs(user_id, query, filters, limit, cursor)

    def _my_runs(
        self, user_id: int, query: ListQuery, filters: Mapping[str, Any], limit: int, cursor: str | None
    ) -> Page[RunSummary]:
        """A page of a user's runs; without `consistent` by the read path's strategy."""

        def run(strategy: Strategy) -> tuple[Page[RunSummary], Strategy]:
            consistent = strategy.consistent or query.consistent
            by_strategy = query if query.consistent == consistent else replace(query, consistent=consistent)
            return merged_page(
                self._store, by_strategy, _accept(filters), limit=limit, cursor=cursor
            ), strategy

        return (
            run(CONSISTENT_QUERY)[0]
            if query.consistent
            else self._reads.read(MY_RUNS, str(user_id), run, len)
        )

    def list_public_timeline(
        self,
        *,
        limit: int = 20,
        cursor: str | None = None,
        platform: str | None = None,
        language: str | None = None,
    ) -> Page[RunSummary]:
        """A page of all users' public runs without their code, newest first, ties by greater id.

        Letter case of `platform` and `language` does not matter. At most 500 runs are examined, so a page of a
        filtered timeline may be short or empty and still have a cursor. One Query on GSI2 for each partition of
        the timeline, usually one (see `ListPartitions`): 0.5 RCU per 4 KB, about 15 runs. The index may be a
        second behind, and does not have `verdict_basis`: `add_verdict_bases` reads it. Raises `InvalidInput`.
        """
        check_limit(limit)
        filters = _filters(platform=platform, language=language)
        ranges = [Range(pk) for pk in self._lists.partitions(keys.TIMELINE)]
        query = ListQuery("timeline", filters, "run", ranges, index=GSI2, filtered=bool(filters))

        def run(strategy: Strategy) -> tuple[Page[RunSummary], Strategy]:
            return merged_page(self._store, query, _accept(filters), limit=limit, cursor=cursor), strategy

        return self._reads.read(TIMELINE, "", run, len)

    def list_solutions(
        self, problem_id: int, *, limit: int = 20, cursor: str | None = None
    ) -> Page[RunSummary]:
        """A page of everyone's public runs that passed every case of a problem, newest first, ties by greater id.

        limit: 1 to 100. One Query on GSI1, which carries whole runs: 0.5 RCU per 4 KB of them, code included as far as
        it is not in parts; about 2.5 RCU for 20. The index may be a second behind. Raises `InvalidInput`.
        """
        check_limit(limit)
        ranges = [Range(keys.solutions_pk(check_id("problem_id", problem_id)))]
        query = ListQuery("solutions", {"problem_id": problem_id}, "run", ranges, index=GSI1)
        return merged_page(self._store, query, _summary, limit=limit, cursor=cursor)

    def add_verdict_bases(self, runs: Iterable[RunSummary]) -> list[RunSummary]:
        """Runs of the timeline with their `verdict_basis`, in the same order; None where it is not stored.

        One BatchGetItem per 100 runs that have results: 0.5 RCU for the entry in its user's list, and for a run
        without a user 0.5 RCU per 4 KB of the run. No call if no run has results.
        """
        runs = list(runs)
        item_keys = {run["history_id"]: _basis_key(run) for run in runs if run["total_count"]}
        items = self._store.batch_get(item_keys.values(), entity="user_run") if item_keys else {}
        bases = {
            history_id: items[key][_BASIS]["S"]
            for history_id, key in item_keys.items()
            if key in items and _BASIS in items[key]
        }
        return [{**run, "verdict_basis": bases.get(run["history_id"])} for run in runs]


def _basis_key(run: RunSummary) -> Key:
    """The key of the smallest item that has a run's `verdict_basis`."""
    if run["user_id"] is None:
        return keys.run_pk(run["history_id"]), keys.META
    return keys.user_runs_pk(run["user_id"]), keys.time_and_id(run["created_at"], run["history_id"])


def _belongs_to(owner_id: int | None) -> Callable[[Record], bool]:
    """Whether a run belongs to the user; always true for None. Raises `InvalidInput`."""
    if owner_id is None:
        return lambda run: True
    check_id("owner_id", owner_id)
    return lambda run: bool(run["user_id"] == owner_id)
