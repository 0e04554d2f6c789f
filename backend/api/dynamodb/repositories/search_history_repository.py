"""Search history: the runs of people's code, their own lists of them, and the public timeline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from api.dynamodb import ids, keys
from api.dynamodb.codec import Record
from api.dynamodb.cursor import Page, check_limit
from api.dynamodb.errors import Duplicate, InvalidInput, NotFound
from api.dynamodb.indexes import GSI2
from api.dynamodb.item_size import WireItem
from api.dynamodb.items import CODECS, run_items
from api.dynamodb.repositories.base_repository import BaseRepository
from api.dynamodb.repositories.checks import check_changes, check_id, check_text
from api.dynamodb.repositories.merged_pages import Listing, Range, merged_page
from api.dynamodb.repositories.records import Run, RunSummary
from api.dynamodb.repositories.things import Thing

_CODEC = CODECS["run"]
_SUMMARY = CODECS["user_run"]
_FIXED = ("history_id", "user_id", "problem_id", "created_at", "version")
_NEW_ID_ATTEMPTS = 3


def _thing(history_id: int) -> Thing:
    pk = keys.run_pk(check_id("history_id", history_id))
    return Thing(_CODEC, run_items, (pk, keys.META), pk, {})


def _summary(_: str, item: WireItem) -> RunSummary:
    return cast(RunSummary, _SUMMARY.decode(item))


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
        lists, and 1 for GSI2 if it is public. A run without a user is one PutItem: 1 WCU per KB.
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
            return cast(Run, self._create(_thing(record["history_id"]), record))
        for attempt in range(_NEW_ID_ATTEMPTS):
            record["history_id"] = ids.new_id()
            try:
                return cast(Run, self._create(_thing(record["history_id"]), record))
            except Duplicate:
                if attempt == _NEW_ID_ATTEMPTS - 1:
                    raise
        raise AssertionError("unreachable")

    def get_history(self, history_id: int, *, consistent: bool = False) -> Run | None:
        """The run with its code whole, or None; whether the caller may see it is the caller's to decide.

        One GetItem: 0.5 RCU per started 4 KB, twice that when consistent; and one BatchGetItem if a text
        stands in parts: 0.5 RCU per 4 KB of them.
        """
        thing = _thing(history_id)
        return cast("Run | None", self._read(_CODEC, thing.key, thing.owner, consistent=consistent))

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
        else one TransactWriteItems: 2 WCU per KB for the run and 2 for each place in its user's lists. A
        text in parts: its new parts before, its old ones removed afterwards.
        """
        check_changes(_CODEC, changes, _FIXED)
        thing = _thing(history_id)
        if owner_id is not None:
            self._check_owner(thing, history_id, owner_id)
        return cast(Run, self._change(thing, changes, expected_version=expected_version))

    def set_visibility(self, history_id: int, public: bool, *, owner_id: int | None = None) -> Run:
        """Puts a run on the public timeline or takes it off, and returns it.

        Raises `NotFound`, `InvalidInput`. One GetItem (1 RCU per 4 KB; another with `owner_id`) and one
        TransactWriteItems: 2 WCU per KB for the run, 2 for each of its places in its user's lists,
        1 for GSI2.
        """
        if type(public) is not bool:
            raise InvalidInput(f"public must be True or False, not {public!r}")
        return self.update_history(history_id, {"is_code_public": public}, owner_id=owner_id)

    def delete_history(self, history_id: int, *, owner_id: int | None = None) -> None:
        """Removes a run from everywhere, its texts included. Raises `NotFound`.

        One GetItem (1 RCU per 4 KB), one TransactWriteItems (2 WCU per KB for the run, 2 for each of
        its places in its user's lists, 1 for GSI2 if it is public), then 1 WCU per KB of parts.
        """
        if owner_id is not None:
            check_id("owner_id", owner_id)
        self._delete(_thing(history_id), allowed=lambda run: owner_id is None or run["user_id"] == owner_id)

    def list_user_history(
        self, user_id: int, *, limit: int = 50, cursor: str | None = None, consistent: bool = False
    ) -> Page[RunSummary]:
        """A user's runs without their code, public or not, newest first, ties by greater id.

        One Query: 0.5 RCU for each 4 KB, about 15 runs; twice that when consistent.
        """
        listing = Listing(
            "user_history", {"user_id": user_id}, "user_run",
            [Range(keys.user_runs_pk(check_id("user_id", user_id)))], consistent=consistent,
        )  # fmt: skip
        return merged_page(self._store, listing, _summary, limit=limit, cursor=cursor)

    def list_user_problem_history(
        self,
        user_id: int,
        problem_id: int,
        *,
        limit: int = 50,
        cursor: str | None = None,
        consistent: bool = False,
    ) -> Page[RunSummary]:
        """A user's runs of one problem, newest first. Shape and cost as `list_user_history`."""
        pk = keys.user_problem_runs_pk(check_id("user_id", user_id), check_id("problem_id", problem_id))
        listing = Listing(
            "user_problem_history", {"user_id": user_id, "problem_id": problem_id}, "user_problem_run",
            [Range(pk)], consistent=consistent,
        )  # fmt: skip
        return merged_page(self._store, listing, _summary, limit=limit, cursor=cursor)

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
        wanted = {
            name: keys.normal_name(check_text(name, value))
            for name, value in (("platform", platform), ("language", language))
            if value is not None
        }
        ranges = [Range(keys.timeline_pk(shard)) for shard in range(keys.TIMELINE_SHARDS)]
        listing = Listing("timeline", dict(wanted), "run", ranges, index=GSI2, filtered=bool(wanted))

        def accept(_: str, item: WireItem) -> RunSummary | None:
            record = _SUMMARY.decode(item)
            if all(keys.normal_name(record[name]) == value for name, value in wanted.items()):
                return cast(RunSummary, record)
            return None

        return merged_page(self._store, listing, accept, limit=limit, cursor=cursor)

    def _check_owner(self, thing: Thing, history_id: int, owner_id: int) -> None:
        """A run's user never changes, so that looking before the change is enough."""
        check_id("owner_id", owner_id)
        item = self._store.get(thing.key, entity="run", consistent=True)
        if item is None or int(item.get("uid", {}).get("N", -1)) != owner_id:
            raise NotFound(f"user {owner_id} has no run {history_id}")
