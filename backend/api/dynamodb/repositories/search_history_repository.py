"""Search history: the runs of people's code, their own lists of them, and the public timeline."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, cast

from api.dynamodb import ids, keys
from api.dynamodb.codec import Record
from api.dynamodb.cursor import Page, check_limit
from api.dynamodb.errors import Duplicate, InvalidInput
from api.dynamodb.indexes import GSI2
from api.dynamodb.item_size import WireItem
from api.dynamodb.items import CODECS, run_items
from api.dynamodb.repositories.base_repository import BaseRepository
from api.dynamodb.repositories.checks import check_changes, check_id, check_text
from api.dynamodb.repositories.merged_pages import Listing, Range, merged_page
from api.dynamodb.repositories.progress_fold import PROMPT, invalidated
from api.dynamodb.repositories.records import Run, RunSummary, is_passed
from api.dynamodb.repositories.things import Thing
from api.dynamodb.store import Action

_CODEC = CODECS["run"]
_SUMMARY = CODECS["user_run"]
_FIXED = ("history_id", "user_id", "problem_id", "created_at", "version")
# What a user's progress is made of, beside the problem and the moment, which never change.
_COUNTED = ("user_id", "platform", "language", "passed_count", "total_count")
_NEW_ID_ATTEMPTS = 3


def run_thing(history_id: int, now: datetime) -> Thing:
    """A run, as one that is written at the moment `now` (aware). Raises `InvalidInput`."""
    pk = keys.run_pk(check_id("history_id", history_id))
    return Thing(_CODEC, run_items, (pk, keys.META), pk, {}, also=partial(_uncounted, now))


def _uncounted(now: datetime, was: Record | None, becomes: Record | None) -> Iterable[Action]:
    """Makes the sums of the run's user invalid if the run may be in them, or ought to be."""
    run = becomes if was is None else was
    if run is None or run.get("user_id") is None:
        return ()
    if was is None:
        stale = run["created_at"] < now - PROMPT
    else:
        stale = becomes is None or any(was[name] != becomes[name] for name in _COUNTED)
    return (invalidated(run["user_id"]),) if stale else ()


def _summary(_: str, item: WireItem) -> RunSummary:
    return cast(RunSummary, _SUMMARY.decode(item))


_PROPERTIES: Mapping[str, Callable[[RunSummary], object]] = {
    "platform": lambda run: keys.normal_name(run["platform"]),
    "language": lambda run: keys.normal_name(run["language"]),
    "passed": is_passed,
    "public": lambda run: run["is_code_public"],
}


def _filters(**given: str | bool | None) -> dict[str, Any]:
    """The properties that runs of a list shall have, of those that were given. Raises `InvalidInput`."""
    wanted: dict[str, Any] = {}
    for name, value in given.items():
        if value is None:
            continue
        if name in ("platform", "language"):
            wanted[name] = keys.normal_name(check_text(name, value))
        elif type(value) is bool:
            wanted[name] = value
        else:
            raise InvalidInput(f"{name} must be True or False, not {value!r}")
    return wanted


def _showing(wanted: Mapping[str, Any]) -> Callable[[str, WireItem], RunSummary | None]:
    """What a page shows of each entry: all of them, or the runs that have every wanted property."""
    if not wanted:
        return _summary

    def accept(_: str, item: WireItem) -> RunSummary | None:
        run = cast(RunSummary, _SUMMARY.decode(item))
        return run if all(_PROPERTIES[name](run) == value for name, value in wanted.items()) else None

    return accept


class SearchHistoryRepository(BaseRepository):
    """Runs. A run belongs to its user; everyone may see it while `is_code_public` is set.

    Methods that change a run take `owner_id`: given, a run of somebody else is `NotFound`.
    """

    def create_history(self, data: Mapping[str, Any]) -> Run:
        """Stores a run and returns it.

        `data` has fields of `Run`; `platform`, `problem_number`, `problem_title`, `language` and `code`
        are required, `user_id` and `problem_id` are not. Defaults: a new `history_id`, `created_at` now,
        counts 0, `is_code_public` False, `version` 1. Raises `Duplicate("history_id")`, `InvalidInput`.
        One BatchWriteItem per 1.5 MB of texts in parts (over 4 KB when compressed; 1 WCU per KB), then
        one TransactWriteItems: 2 WCU per KB for the run and 2 for each of its two places in its user's
        lists, and 1 for GSI2 if it is public. A run without a user is one PutItem: 1 WCU per KB. A run of
        more than two minutes ago takes its user's stored progress away: 2 WCU per KB of that.
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
        if "history_id" in record:
            return cast(Run, self._create(self._thing(record["history_id"]), record))
        for attempt in range(_NEW_ID_ATTEMPTS):
            record["history_id"] = ids.new_id()
            try:
                return cast(Run, self._create(self._thing(record["history_id"]), record))
            except Duplicate:
                if attempt == _NEW_ID_ATTEMPTS - 1:
                    raise
        raise AssertionError("unreachable")

    def get_history(self, history_id: int, *, consistent: bool = False) -> Run | None:
        """The run with its code whole, or None; whether the caller may see it is the caller's to decide.

        One GetItem: 0.5 RCU per started 4 KB, twice that when consistent; and one BatchGetItem if a text
        stands in parts: 0.5 RCU per 4 KB of them.
        """
        thing = self._thing(history_id)
        return cast("Run | None", self._read(_CODEC, thing.key, thing.owner, consistent=consistent))

    def get_histories(self, history_ids: Iterable[int], *, consistent: bool = False) -> list[Run]:
        """The runs of those ids that exist, whole, in the order asked for.

        One BatchGetItem per 100 ids: 0.5 RCU per started 4 KB of each run, twice that when consistent; and
        one more per 100 parts if texts stand in parts. None for no ids. Raises `InvalidInput`.
        """
        owners = {
            (keys.run_pk(check_id("history_id", one)), keys.META): keys.run_pk(one) for one in history_ids
        }
        items = self._store.batch_get(owners, entity="run", consistent=consistent) if owners else {}
        located = [(owner, items[key]) for key, owner in owners.items() if key in items]
        return cast("list[Run]", self._complete(_CODEC, located, consistent=consistent))

    def update_history(
        self,
        history_id: int,
        changes: Mapping[str, Any],
        *,
        expected_version: int | None = None,
        owner_id: int | None = None,
    ) -> Run:
        """Changes some fields of a run (None removes one) and returns it whole; `version` goes up by one.

        `history_id`, `user_id`, `problem_id` and `created_at` never change. Raises `NotFound`,
        `ConditionFailed` with the stored run if its version is not `expected_version`, `InvalidInput`.
        One GetItem (1 RCU per 4 KB), then one UpdateItem (1 WCU per KB) if no list shows what changed,
        else one TransactWriteItems: 2 WCU per KB for the run and 2 for each place in its user's lists, and
        2 per KB of its user's progress if that counts what changed. A text in parts: its new parts before,
        its old ones removed afterwards.
        """
        check_changes(_CODEC, changes, _FIXED)
        run = self._change(
            self._thing(history_id), changes,
            expected_version=expected_version, allowed=_belonging_to(owner_id),
        )  # fmt: skip
        return cast(Run, run)

    def set_visibility(self, history_id: int, public: bool, *, owner_id: int | None = None) -> Run:
        """Puts a run on the public timeline or takes it off, and returns it.

        Raises `NotFound`, `InvalidInput`. One GetItem (1 RCU per 4 KB) and one TransactWriteItems: 2 WCU
        per KB for the run, 2 for each of its places in its user's lists, 1 for GSI2.
        """
        if type(public) is not bool:
            raise InvalidInput(f"public must be True or False, not {public!r}")
        return self.update_history(history_id, {"is_code_public": public}, owner_id=owner_id)

    def delete_history(self, history_id: int, *, owner_id: int | None = None) -> None:
        """Removes a run from everywhere, its texts included. Raises `NotFound`.

        One GetItem (1 RCU per 4 KB), one TransactWriteItems (2 WCU per KB for the run, 2 for each of
        its places in its user's lists, 2 per KB of its user's progress, 1 for GSI2 if it is public), then
        1 WCU per KB of parts.
        """
        self._delete(self._thing(history_id), allowed=_belonging_to(owner_id))

    def _thing(self, history_id: int) -> Thing:
        return run_thing(history_id, self._now())

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
        """A user's runs without their code, public or not, newest first, ties by greater id.

        `platform` and `language` are compared without letter case; `passed` runs are those that passed every
        test case. One Query: 0.5 RCU for each 4 KB, about 15 runs; twice that when consistent. With any of
        the four filters at most 500 runs are looked at, by as many Queries of 64 as that takes, and a page
        may come back short or empty with a cursor. Raises `InvalidInput`.
        """
        wanted = _filters(platform=platform, language=language, passed=passed, public=public)
        listing = Listing(
            "user_history", {"user_id": user_id, **wanted}, "user_run",
            [Range(keys.user_runs_pk(check_id("user_id", user_id)))],
            filtered=bool(wanted), consistent=consistent,
        )  # fmt: skip
        return merged_page(self._store, listing, _showing(wanted), limit=limit, cursor=cursor)

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
        """A user's runs of one problem, newest first. Filters, shape and cost as `list_user_history`."""
        wanted = _filters(platform=platform, language=language, passed=passed, public=public)
        pk = keys.user_problem_runs_pk(check_id("user_id", user_id), check_id("problem_id", problem_id))
        listing = Listing(
            "user_problem_history", {"user_id": user_id, "problem_id": problem_id, **wanted},
            "user_problem_run", [Range(pk)], filtered=bool(wanted), consistent=consistent,
        )  # fmt: skip
        return merged_page(self._store, listing, _showing(wanted), limit=limit, cursor=cursor)

    def list_public_timeline(
        self,
        *,
        limit: int = 20,
        cursor: str | None = None,
        platform: str | None = None,
        language: str | None = None,
    ) -> Page[RunSummary]:
        """Everyone's public runs without their code, newest first, ties by greater id.

        `platform` and `language` are compared without letter case. At most 500 runs are looked at, so a
        page of a filtered timeline may come back short or empty with a cursor. Four Queries on GSI2 (the
        timeline is spread over 4 partitions): each 0.5 RCU for 4 KB, about 15 runs. The index may be a
        second behind. Raises `InvalidInput`.
        """
        check_limit(limit)
        wanted = _filters(platform=platform, language=language)
        ranges = [Range(keys.timeline_pk(shard)) for shard in range(keys.TIMELINE_SHARDS)]
        listing = Listing("timeline", wanted, "run", ranges, index=GSI2, filtered=bool(wanted))
        return merged_page(self._store, listing, _showing(wanted), limit=limit, cursor=cursor)


def _belonging_to(owner_id: int | None) -> Callable[[Record], bool]:
    """Whether a run is its user's; of anybody for None. Raises `InvalidInput`."""
    if owner_id is None:
        return lambda run: True
    check_id("owner_id", owner_id)
    return lambda run: bool(run["user_id"] == owner_id)
