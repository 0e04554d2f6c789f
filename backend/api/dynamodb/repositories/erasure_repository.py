"""Deletions of accounts: the pending ones, and the removal of everything that a user has in the table.

Each step may be interrupted and repeated, also by several processes at once. The items by which others are
found are removed last: of a run, its entry in its user's list.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, cast

from api.dynamodb.codec.codec import Record
from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.codec.items import CODECS, erasure_item
from api.dynamodb.errors import ConditionFailed, Corrupt, NotFound, Throttled, TransactionCancelled
from api.dynamodb.schema import keys
from api.dynamodb.schema.entities import RUN, SK, USAGE_ACTIONS, USAGE_LOG, USER_RUN
from api.dynamodb.schema.records import Erasure
from api.dynamodb.table.aggregate import Aggregate, all_part_keys
from api.dynamodb.table.argument_checks import check_id
from api.dynamodb.table.base_repository import BaseRepository
from api.dynamodb.table.expressions import absent, all_of, any_of, equals, exists
from api.dynamodb.table.run_aggregate import progress_key, run_aggregate
from api.dynamodb.table.user_aggregate import user_aggregate
from api.dynamodb.table.write_actions import Delete, Key, Put, WriteAction, key_of
from api.dynamodb.table.write_failures import VersionConflict
from api.dynamodb.usage_limits.admission import log_aggregate, usage_pk

_CODEC = CODECS["erasure"]
_RUNS_AT_ONCE = 10
_ITEMS_AT_ONCE = 100
_ATTEMPTS = 8
_LOG_ID = USAGE_LOG.field("log_id").short
_RUN_USER, _RUN_IS_PUBLIC, _RUN_HINTS = (
    RUN.field(name).short for name in ("user_id", "is_code_public", "hints")
)
_RUN_PROBLEM = USER_RUN.field("problem_id").short
# The fields of a user that identify a person.
_PERSONAL: dict[str, Any] = dict.fromkeys(
    ("email", "name", "picture", "google_id", "last_login", "is_profile_public")
)


class SweptItems(NamedTuple):
    """What one step removed.

    `kind` is sessions, runs, public_runs (they lose their user), usage, hints, texts, notes, practice or progress.

    Texts are parts of texts that an interrupted write left behind.
    """

    kind: str
    number: int


class ErasureRepository(BaseRepository):
    """Deletions of accounts, each from the user's request until it is finished."""

    def begin_erasure(self, user_id: int) -> Erasure:
        """Closes an account for good and stores its pending deletion, in one transaction. Returns the deletion.

        The account becomes inactive and loses its e-mail address, name, picture and Google account, which are
        available to others at once. Repeating the call stores the deletion again. Raises `NotFound`. One GetItem
        (1 RCU) and one TransactWriteItems: 2 WCU each for the user, each freed guard and the deletion, and up
        to 2 for GSI1.
        """
        asked_at = self._now()
        erasure: Record = {"user_id": check_id("user_id", user_id), "asked_at": asked_at}

        def store_erasure(before: Record | None, after: Record | None) -> Iterable[WriteAction]:
            return (Put(erasure_item(erasure)),)

        self._change(
            replace(user_aggregate(user_id), extra_actions=store_erasure),
            {**_PERSONAL, "is_active": False, "is_staff": False},
            expected_version=None, updated_at=asked_at,
        )  # fmt: skip
        return cast(Erasure, erasure)

    def list_erasures(self) -> list[Erasure]:
        """All pending deletions. One consistent Query: 1 RCU per 4 KB, about 50 of them."""
        items = self._store.query_all(keys.ERASURES, entity="erasure", consistent=True)
        return [cast(Erasure, _CODEC.decode(item)) for item in items]

    def sweep(self, user_id: int) -> Iterator[SweptItems]:
        """Removes a user's items step by step, one step per iteration, until none are left.

        First sessions, then runs (private ones are deleted, public ones lose their user and their hints), usage,
        opened hints, what interrupted writes left behind, notes, bookmarks, and progress. The user's record remains.
        Raises any error of the data layer, and may be called again.

        Each step: one consistent Query (1 RCU per 4 KB). A private run: one DeleteItem (1 WCU per KB), one Query
        for its text parts (1 RCU per 4 KB of them), and 3 WCU in batches for its list entries, more for parts. A
        public run: one GetItem, one Query and one TransactWriteItems as in `update_history`, and a second write
        if it has hints. Interrupted writes: as `PendingParts.collect`. All other items: 1 WCU per KB, in batches
        of 25.
        """
        check_id("user_id", user_id)
        yield from self._sweep_partition(keys.sessions_pk(user_id), "session", "sessions")
        yield from self._sweep_runs(user_id)
        for action in USAGE_ACTIONS:
            yield from self._sweep_partition(usage_pk(user_id, action), "usage_log", "usage")
        yield from self._sweep_partition(keys.opened_hints_pk(user_id), "opened_hints", "hints")
        for parts in self._pending_parts.collect(user_id=user_id):
            yield SweptItems("texts", parts)
        yield from self._sweep_partition(keys.problem_notes_pk(user_id), "problem_note", "notes")
        if self._store.delete((keys.practice_pk(user_id), keys.META), entity="practice") is not None:
            yield SweptItems("practice", 1)
        if self._store.delete(progress_key(user_id), entity="progress") is not None:
            yield SweptItems("progress", 1)

    def collect_text_parts(self) -> Iterator[int]:
        """Removes the parts of large texts that interrupted writes left behind, of everybody.

        Returns the number of parts after each such write. Only writes that began at least 15 minutes ago are
        collected. Cost as `PendingParts.collect`: four Queries, 4 RCU, if there are none.
        """
        return self._pending_parts.collect()

    def remains(self, user_id: int) -> dict[str, int]:
        """How many items of each kind of `SweptItems` `sweep` would remove, without practice and progress.

        Ten Queries: 1 RCU per 4 KB.
        """
        check_id("user_id", user_id)
        runs = self._query_all(keys.user_runs_pk(user_id), "user_run")
        public = sum(_is_public(run) for run in runs)
        return {
            "sessions": len(self._query_all(keys.sessions_pk(user_id), "session")),
            "runs": len(runs) - public,
            "public_runs": public,
            "usage": sum(
                len(self._query_all(usage_pk(user_id, action), "usage_day")) for action in USAGE_ACTIONS
            ),
            "notes": len(self._query_all(keys.problem_notes_pk(user_id), "problem_note")),
            "hints": len(self._query_all(keys.opened_hints_pk(user_id), "opened_hints")),
            "texts": sum(len(note["part_sks"]) for note in self._pending_parts.notes_of(user_id)),
        }

    def finish_erasure(self, user_id: int) -> None:
        """Removes the user's record and the pending deletion. Call it after `sweep` has removed everything else.

        Does nothing to an account without a pending deletion. One GetItem (1 RCU) and one TransactWriteItems:
        2 WCU each for the user, its entry in the list, the deletion and guards, and 1 for GSI1.
        """
        erasure_key = keys.ERASURES, keys.erasure_sk(check_id("user_id", user_id))

        def remove_erasure(before: Record | None, after: Record | None) -> Iterable[WriteAction]:
            return (Delete(erasure_key, exists()),)

        try:
            self._delete(replace(user_aggregate(user_id), extra_actions=remove_erasure))
        except NotFound:  # the user's record was removed by other means
            self._store.delete(erasure_key, entity="erasure")
        except TransactionCancelled as cancelled:
            if not cancelled.is_refused(-1):
                raise

    def _query_all(self, pk: str, entity: str) -> list[WireItem]:
        return self._store.query_all(pk, entity=entity, consistent=True)

    def _sweep_partition(self, pk: str, entity: str, kind: str) -> Iterator[SweptItems]:
        """Removes all items of a partition, text parts before the items that refer to them."""
        while True:
            items = self._store.query(pk, entity=entity, limit=_ITEMS_AT_ONCE, consistent=True).items
            if not items:
                return
            logs = [item for item in items if _LOG_ID in item]
            self._remove([key for log in logs for key in all_part_keys(log_aggregate(log), log)], "text_part")
            self._remove([key_of(item) for item in items], entity)
            yield SweptItems(kind, len(items))

    def _sweep_runs(self, user_id: int) -> Iterator[SweptItems]:
        pk = keys.user_runs_pk(user_id)
        while True:
            entries = self._store.query(pk, entity="user_run", limit=_RUNS_AT_ONCE, consistent=True).items
            if not entries:
                return
            counts = {"runs": 0, "public_runs": 0}
            for entry in entries:
                counts[self._sweep_run(user_id, entry)] += 1
            self._remove(
                [key for entry in entries for key in _problem_entry_keys(user_id, entry)], "user_run"
            )
            self._remove([key_of(entry) for entry in entries], "user_run")
            for kind, count in counts.items():
                if count:
                    yield SweptItems(kind, count)

    def _sweep_run(self, user_id: int, entry: WireItem) -> str:
        """Deletes a private run, or removes the user from a public one. Returns its kind (see `SweptItems`)."""
        run = run_aggregate(_run_id(entry), self._now())
        public = _is_public(entry)
        for _ in range(_ATTEMPTS):
            if (self._release if public else self._remove_private)(user_id, run):
                return "public_runs" if public else "runs"
            public = not public  # it was published or hidden after its entry was read
        raise ConditionFailed("the run kept being published and hidden")

    def _remove_private(self, user_id: int, run: Aggregate) -> bool:
        """Removes a run with its texts, but not its list entries. False for a public run or another user's."""
        private = all_of(equals(_RUN_USER, {"N": str(user_id)}), equals(_RUN_IS_PUBLIC, {"BOOL": False}))
        try:
            self._store.delete(run.key, entity="run", condition=any_of(absent(), private))
        except ConditionFailed:
            return False
        # Interrupted writes and removals may have left parts to which the run does not refer.
        self._remove(self._stored_parts(run), "text_part")
        return True

    def _release(self, user_id: int, run: Aggregate) -> bool:
        """Removes the user and the hints from a public run, and its list entries. False for a private run.

        Hints and unused text parts are removed first: they could not be found any more once the run is not in
        the user's lists.
        """
        for _ in range(_ATTEMPTS):
            item = self._store.get(run.key, entity="run", consistent=True)
            if item is None or item.get(_RUN_USER) != {"N": str(user_id)}:
                return True  # it was removed or released before
            if not _is_public(item):
                return False
            record = self._decode_for_change(run, item)
            try:
                if _RUN_HINTS in item:
                    self._rewrite(run, item, record, {"hints": None})
                    continue
                in_use = all_part_keys(run, item)
                self._remove([key for key in self._stored_parts(run) if key not in in_use], "text_part")
                self._rewrite(run, item, record, {"user_id": None})
            except VersionConflict:
                continue
            return True
        raise ConditionFailed("the run kept being changed by others")

    def _stored_parts(self, run: Aggregate) -> list[Key]:
        return [key_of(part) for part in self._query_all(keys.parts_pk(run.owner), "text_part")]

    def _remove(self, item_keys: Sequence[Key], entity: str) -> None:
        remaining = self._store.batch_write(deletes=item_keys, entity=entity)
        if remaining:
            raise Throttled(f"{len(remaining)} items could not be removed")


def _run_id(entry: WireItem) -> int:
    try:
        return int(entry[SK]["S"].rpartition("#")[2])
    except ValueError as error:
        raise Corrupt(f"a user_run item cannot be read: {error}") from error


def _is_public(entry: WireItem) -> bool:
    return bool(entry.get(_RUN_IS_PUBLIC, {}).get("BOOL"))


def _problem_entry_keys(user_id: int, entry: WireItem) -> list[Key]:
    """The key of a run's entry in its user's list for one problem, from its entry in the list of all runs."""
    problem_id = entry.get(_RUN_PROBLEM, {}).get("N")
    if problem_id is None:
        return []
    return [(keys.user_problem_runs_pk(user_id, int(problem_id)), entry[SK]["S"])]
