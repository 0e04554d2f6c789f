"""Deletions of accounts: what was asked for, and all that a user leaves in the table, found and removed.

Everything here may be interrupted anywhere and be done again, by several processes at once. Whatever leads
to a thing goes after the thing: a run's line in its user's list is the last of it that is removed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, cast

from api.dynamodb import keys
from api.dynamodb.codec import Record
from api.dynamodb.entities import SK, USAGE_ACTIONS
from api.dynamodb.errors import ConditionFailed, Corrupt, NotFound, Throttled, TransactionCancelled
from api.dynamodb.expressions import absent, all_of, any_of, equals, exists
from api.dynamodb.item_size import WireItem
from api.dynamodb.items import CODECS, erasure_item
from api.dynamodb.repositories.base_repository import BaseRepository, VersionMoved
from api.dynamodb.repositories.checks import check_id
from api.dynamodb.repositories.progress_fold import progress_key
from api.dynamodb.repositories.records import Erasure
from api.dynamodb.repositories.search_history_repository import run_thing
from api.dynamodb.repositories.things import Thing, all_part_keys
from api.dynamodb.repositories.usage_admission import log_thing, usage_pk
from api.dynamodb.repositories.user_repository import user_thing
from api.dynamodb.store import Action, Delete, Key, Put, key_of

_CODEC = CODECS["erasure"]
_RUNS_AT_ONCE = 10
_ITEMS_AT_ONCE = 100
_ATTEMPTS = 8
# What of a user's record says who it is.
_PERSONAL: dict[str, Any] = dict.fromkeys(("email", "name", "picture", "google_id", "last_login"))


class Swept(NamedTuple):
    """What one step removed: `kind` is sessions, runs, public_runs (now nobody's), usage or progress."""

    kind: str
    number: int


class ErasureRepository(BaseRepository):
    """Deletions of accounts that were asked for, each until it is finished."""

    def begin_erasure(self, user_id: int) -> Erasure:
        """Closes an account for good and notes that all of it is to be removed; both or neither.

        The account is inactive, without e-mail address, name, picture and Google account, which others may
        use at once. Asking again notes it again. Raises `NotFound`. One GetItem (1 RCU) and one
        TransactWriteItems: 2 WCU for the user, 2 for each guard that is freed, 2 for the note, up to 2 for GSI1.
        """
        asked_at = self._now()
        erasure: Record = {"user_id": check_id("user_id", user_id), "asked_at": asked_at}

        def noted(_was: Record | None, _becomes: Record | None) -> Iterable[Action]:
            return (Put(erasure_item(erasure)),)

        self._change(
            replace(user_thing(user_id), also=noted), {**_PERSONAL, "is_active": False, "is_staff": False},
            expected_version=None, updated_at=asked_at,
        )  # fmt: skip
        return cast(Erasure, erasure)

    def list_erasures(self) -> list[Erasure]:
        """Every deletion that is not finished. One Query, consistent: 1 RCU for each 4 KB, about 50 of them."""
        items = self._store.query_all(keys.ERASURES, entity="erasure", consistent=True)
        return [cast(Erasure, _CODEC.decode(item)) for item in items]

    def sweep(self, user_id: int) -> Iterator[Swept]:
        """Removes what a user leaves, step by step, as long as the caller goes on; ends when nothing is left.

        Sessions first, then runs (private ones are deleted, public ones lose their user and their hints),
        usage and progress. The user's record stays. Raises what the data layer raises; may be called again.
        For each step one Query, consistent (1 RCU per 4 KB). A private run: one DeleteItem (1 WCU per KB), and
        3 WCU in batches for its places in lists, more for texts in parts; a public one: one GetItem, one
        Query and one TransactWriteItems, as `update_history`, and a second write if it has hints. All
        others: 1 WCU per KB, in batches of 25.
        """
        check_id("user_id", user_id)
        yield from self._partition(keys.sessions_pk(user_id), "session", "sessions")
        yield from self._runs(user_id)
        for action in USAGE_ACTIONS:
            yield from self._partition(usage_pk(user_id, action), "usage_log", "usage")
        if self._store.delete(progress_key(user_id), entity="progress") is not None:
            yield Swept("progress", 1)

    def remains(self, user_id: int) -> dict[str, int]:
        """How much of each kind (as in `Swept`) `sweep` would remove. Four Queries: 1 RCU per 4 KB of it."""
        check_id("user_id", user_id)
        runs = self._all(keys.user_runs_pk(user_id), "user_run")
        public = sum(_is_public(run) for run in runs)
        return {
            "sessions": len(self._all(keys.sessions_pk(user_id), "session")),
            "runs": len(runs) - public,
            "public_runs": public,
            "usage": sum(len(self._all(usage_pk(user_id, action), "usage_day")) for action in USAGE_ACTIONS),
        }

    def finish_erasure(self, user_id: int) -> None:
        """Removes the user's record with what is derived from it, and the note; for when nothing else is left.

        An account that nobody asked to delete is left alone. One GetItem (1 RCU) and one TransactWriteItems:
        2 WCU each for the user, its place in the list, the note and guards, and 1 for GSI1.
        """
        note = keys.ERASURES, keys.erasure_sk(check_id("user_id", user_id))

        def forgotten(_was: Record | None, _becomes: Record | None) -> Iterable[Action]:
            return (Delete(note, exists()),)

        try:
            self._delete(replace(user_thing(user_id), also=forgotten))
        except NotFound:  # the user's record was removed by other means
            self._store.delete(note, entity="erasure")
        except TransactionCancelled as cancelled:
            if not cancelled.reasons or cancelled.reasons[-1][0] != "ConditionalCheckFailed":
                raise

    def _all(self, pk: str, entity: str) -> list[WireItem]:
        return self._store.query_all(pk, entity=entity, consistent=True)

    def _partition(self, pk: str, entity: str, kind: str) -> Iterator[Swept]:
        """Everything in a partition; parts of texts before what refers to them."""
        while True:
            items = self._store.query(pk, entity=entity, limit=_ITEMS_AT_ONCE, consistent=True).items
            if not items:
                return
            self._remove([key for item in items if "id" in item for key in _parts_of_log(item)], "text_part")
            self._remove([key_of(item) for item in items], entity)
            yield Swept(kind, len(items))

    def _runs(self, user_id: int) -> Iterator[Swept]:
        pk = keys.user_runs_pk(user_id)
        while True:
            entries = self._store.query(pk, entity="user_run", limit=_RUNS_AT_ONCE, consistent=True).items
            if not entries:
                return
            counts = {"runs": 0, "public_runs": 0}
            for entry in entries:
                counts[self._take(user_id, entry)] += 1
            self._remove([key for entry in entries for key in _place_by_problem(user_id, entry)], "user_run")
            self._remove([key_of(entry) for entry in entries], "user_run")
            for kind, count in counts.items():
                if count:
                    yield Swept(kind, count)

    def _take(self, user_id: int, entry: WireItem) -> str:
        """Takes a run from its user, in the way that it needs when it is done; says what kind it was."""
        thing = run_thing(_run_id(entry), self._now())
        public = _is_public(entry)
        for _ in range(_ATTEMPTS):
            if (self._release if public else self._remove_private)(user_id, thing):
                return "public_runs" if public else "runs"
            public = not public  # it was published or hidden after its line was read
        raise ConditionFailed("the run kept being published and hidden")

    def _remove_private(self, user_id: int, thing: Thing) -> bool:
        """Removes a run with its texts, its places in lists apart; False for one that is public or another's."""
        hers = all_of(equals("uid", {"N": str(user_id)}), equals("pub", {"BOOL": False}))
        try:
            item = self._store.delete(thing.key, entity="run", condition=any_of(absent(), hers))
        except ConditionFailed:
            return False
        # Of a run that went before, its texts may have been left.
        parts = self._stored_parts(thing) if item is None else all_part_keys(thing, item)
        self._remove(parts, "text_part")
        return True

    def _release(self, user_id: int, thing: Thing) -> bool:
        """Takes user and hints from a public run, and the run from the user's lists; False for a private one.

        The hints go first, with texts that nothing refers to: once the run is out of the lists, nobody
        would find them.
        """
        for _ in range(_ATTEMPTS):
            item = self._store.get(thing.key, entity="run", consistent=True)
            if item is None or item.get("uid") != {"N": str(user_id)}:
                return True  # it went, or was done before
            if not _is_public(item):
                return False
            known = self._known(thing, item)
            try:
                if "hnt" in item:
                    self._rewrite(thing, item, known, {"hints": None})
                    continue
                kept = all_part_keys(thing, item)
                self._remove([key for key in self._stored_parts(thing) if key not in kept], "text_part")
                self._rewrite(thing, item, known, {"user_id": None})
            except VersionMoved:
                continue
            return True
        raise ConditionFailed("the run kept being changed by others")

    def _stored_parts(self, thing: Thing) -> list[Key]:
        return [key_of(part) for part in self._all(keys.parts_pk(thing.owner), "text_part")]

    def _remove(self, gone: Sequence[Key], entity: str) -> None:
        undone = self._store.batch_write(deletes=gone, entity=entity)
        if undone:
            raise Throttled(f"{len(undone)} items could not be removed")


def _run_id(entry: WireItem) -> int:
    try:
        return int(entry[SK]["S"].rpartition("#")[2])
    except ValueError as error:
        raise Corrupt(f"a user_run item cannot be read: {error}") from error


def _is_public(entry: WireItem) -> bool:
    return bool(entry.get("pub", {}).get("BOOL"))


def _place_by_problem(user_id: int, entry: WireItem) -> list[Key]:
    """The key of a run's line in its user's history of one problem, found by that in all of the history."""
    problem_id = entry.get("pid", {}).get("N")
    return (
        [] if problem_id is None else [(keys.user_problem_runs_pk(user_id, int(problem_id)), entry[SK]["S"])]
    )


def _parts_of_log(item: WireItem) -> list[Key]:
    thing = log_thing(item)
    return all_part_keys(thing, item)
