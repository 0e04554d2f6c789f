"""The rate limiter on the table: admit a use, give it back, or just record it. See `ledger` for the design."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from api.dynamodb import denials, json_text, keys, large_text, ledger
from api.dynamodb.clock import utc_now
from api.dynamodb.codec import Record
from api.dynamodb.deadlines import within
from api.dynamodb.decisions import AdmissionUnknown, Decision, Receipt, decide
from api.dynamodb.entities import SK, USAGE_ACTIONS
from api.dynamodb.errors import (
    ConditionFailed,
    DataLayerError,
    InvalidInput,
    OutcomeUnknown,
    RefundTooLate,
    Throttled,
    TransactionCancelled,
)
from api.dynamodb.expressions import absent, exists
from api.dynamodb.item_size import WireItem
from api.dynamodb.items import CODECS, ItemSet, usage_day_expiry, usage_log_items
from api.dynamodb.ledger import State, Use
from api.dynamodb.repositories.base_repository import BaseRepository, VersionMoved
from api.dynamodb.repositories.checks import check_id
from api.dynamodb.repositories.things import Thing, all_part_keys, stamped
from api.dynamodb.store import Action, Delete, Key, Put, Update, key_of
from api.dynamodb.windows import Limit, Window, day_start, limits_of, next_day, windows_of
from config.environment import environment

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_dynamodb.service_resource import Table

_CODEC = CODECS["usage_log"]
_ATTEMPTS = 5
_REFUSED = "ConditionalCheckFailed"
MAX_METADATA_BYTES = 8192


def check_action(action: Any) -> str:
    """The action itself. Raises `InvalidInput` for one that is not declared."""
    if action not in USAGE_ACTIONS:
        raise InvalidInput(f"action {action!r} is not one of {', '.join(USAGE_ACTIONS)}")
    return str(action)


def usage_pk(user_id: int, action: str) -> str:
    """The partition of a user's uses of an action. Raises `InvalidInput`."""
    return keys.usage_pk(check_id("user_id", user_id), check_action(action))


def owner_of(item: WireItem) -> str:
    """Who owns the text parts of a log."""
    return f"USE#{item['id']['N']}"


def _checked_metadata(metadata: Any) -> json_text.JsonText:
    if not isinstance(metadata, Mapping):
        raise InvalidInput(f"metadata must be a JSON object, not {type(metadata).__name__}")
    text = json_text.dumps(metadata)
    size = len(large_text.check_utf8(text))
    if size > MAX_METADATA_BYTES:
        raise InvalidInput(f"metadata have {size} bytes, at most {MAX_METADATA_BYTES} are allowed")
    return text


def log_items(use: Use) -> ItemSet:
    """The log of a use as an item of its own. Its key ends with the use's id, so that no other log has it."""
    items = stamped(usage_log_items(log_of(use)))
    items.main[SK] = {"S": f"{items.main[SK]['S']}#{use.id}"}
    return items


def log_thing(item: WireItem) -> Thing:
    """A log that is an item of its own."""
    return Thing(_CODEC, usage_log_items, key_of(item), owner_of(item), {})


def _expiry(use: Use) -> int:
    return _expiry_of(use.day, environment().time_zone)


@lru_cache(maxsize=64)
def _expiry_of(day: date, zone: ZoneInfo) -> int:
    return usage_day_expiry(day_start(next_day(day)))


def log_of(use: Use) -> Record:
    """The record of a use's log."""
    return {
        "log_id": use.log_id, "user_id": use.user_id, "action": use.action, "problem_id": use.problem_id,
        "metadata": use.metadata, "created_at": use.at,
    }  # fmt: skip


class UsageAdmission(BaseRepository):
    """Decides and counts uses. Every process that shares a table shares its limits, exactly."""

    def __init__(self, table: Table | None = None, *, now: Callable[[], datetime] = utc_now) -> None:
        super().__init__(table, now=now)
        place = environment().target if table is None else table.meta.client.meta.endpoint_url
        self._memory = denials.memory_of(place, self._store.table_name)

    def admit(
        self,
        user_id: int,
        action: str,
        limit: int | Limit | Iterable[Limit],
        problem_id: int | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Decision:
        """Lets a user do an action now if no limit is reached, and then counts and logs it, in one write.

        `limit` is a number of uses a local day, from 1, or several `Limit`s, one of them of a day.
        `metadata` is JSON of at most 8 KB. Exact under any concurrency, with any repeated or lost
        message; ends within 1.8 s. Raises `InvalidInput` before any call; `AdmissionUnknown` (an
        `OutcomeUnknown`) with the receipt when no answer came; `Unavailable` and `Throttled` when nothing was charged.

        A use whose ledger stays within 4 KB when full (limit times size; about 170 plain uses a day): one
        UpdateItem, 1 WCU per started KB of the day's uses so far. Others: one GetItem (1 RCU) and one
        TransactWriteItems (4 WCU and 2 for each further KB). A denial: 1 WCU, or 1 RCU for the others,
        and none while this process remembers it: until the window ends, or at first for as long as one
        of the uses could still be refunded.
        """
        pk = usage_pk(user_id, action)
        limits = limits_of(limit)
        now = self._now()
        windows = windows_of(limits, now)
        use = self._use(user_id, action, problem_id, metadata, now)
        known = self._memory.find(user_id, action, limits, now)
        if known is not None:
            return known
        key = (pk, keys.usage_day_sk(use.day))
        fits = limits[0].count <= ledger.room(use.entry, windows)
        with within(self.seconds):
            return (self._admit_inline if fits else self._admit_apart)(use, windows, key)

    def known_denial(
        self, user_id: int, action: str, limit: int | Limit | Iterable[Limit], *, surely: bool = True
    ) -> Decision | None:
        """The last denial of this process under the same limits, if its window has not ended; None otherwise.

        `surely` leaves out a denial that a use given back by another process may have ended. Raises
        `InvalidInput`. No call.
        """
        usage_pk(user_id, action)
        return self._memory.find(user_id, action, limits_of(limit), self._now(), surely=surely)

    def _use(self, user_id: int, action: str, problem_id: int | None, metadata: Any, now: datetime) -> Use:
        problem = None if problem_id is None else check_id("problem_id", problem_id)
        now = now.replace(microsecond=now.microsecond // 1000 * 1000)  # what an entry says of it
        return Use(user_id, action, problem, None if metadata is None else _checked_metadata(metadata), now)

    def _admit_inline(self, use: Use, windows: Sequence[Window], key: Key) -> Decision:
        receipt, expires_at = use.receipt(windows), _expiry(use)
        apart = self._memory.apart(key)
        for _ in range(_ATTEMPTS):
            changes, condition = ledger.admission(use, windows, apart, expires_at)
            try:
                item = self._store.update(
                    key, changes, entity="usage_day", condition=condition, returns="UPDATED_NEW"
                )
            except ConditionFailed as refused:
                if refused.item is None:  # some engines leave it out: all that is known is that it is full
                    if refused.in_doubt:
                        raise _unknown(receipt, refused) from refused
                    return self._deny(use, windows, [window.limit.count for window in windows], State())
                state = State.of(refused.item)
                if use.entry not in state.entries:
                    if not state.admits(windows):
                        return self._deny(use, windows, state.counts(windows), state)
                    apart = state.apart
                    self._memory.note_apart(key, apart)
                    continue
            except OutcomeUnknown as unknown:
                raise _unknown(receipt, unknown) from unknown
            else:
                state = State.of({**item, ledger.APART: {"N": str(apart)}})
            self._memory.forget(use.user_id, use.action)
            return decide(windows, state.counts(windows), use.at, receipt=receipt)
        raise Throttled("admit: the day's count kept being changed by others")

    def _admit_apart(self, use: Use, windows: Sequence[Window], key: Key) -> Decision:
        items = log_items(use)
        receipt, expires_at = use.receipt(windows, key_of(items.main)[1]), _expiry(use)
        state = State.of(self._store.get(key, entity="usage_day", consistent=True))
        for _ in range(_ATTEMPTS):
            if not state.admits(windows):
                return self._deny(use, windows, state.counts(windows), state)
            changes, condition = ledger.admission_apart(use, windows, state, expires_at)
            actions: list[Action] = [Put(items.main, absent()), Update(key, changes, condition)]
            try:
                self._log_apart(items, actions)
            except TransactionCancelled as cancelled:
                if len(cancelled.reasons) < 2 or cancelled.reasons[1][0] != _REFUSED:
                    raise
                state = State.of(self._store.get(key, entity="usage_day", consistent=True))
                continue
            except OutcomeUnknown as unknown:
                raise _unknown(receipt, unknown) from unknown
            self._memory.forget(use.user_id, use.action)
            counts = [count + 1 for count in state.counts(windows)]
            return decide(windows, counts, use.at, receipt=receipt)
        raise Throttled("admit: the day's count kept being changed by others")

    def _deny(self, use: Use, windows: Sequence[Window], counts: Sequence[int], state: State) -> Decision:
        denial = decide(windows, counts, use.at)
        limits = tuple(window.limit for window in windows)
        final = state.final_at(use.at)
        sure_until = denial.reset_time if final <= use.at else final
        self._memory.note(use.user_id, use.action, limits, denial, sure_until)
        return denial

    def _record(
        self, user_id: int, action: str, problem_id: int | None, metadata: Mapping[str, Any] | None
    ) -> Use:
        """Counts and logs a use without any limit."""
        pk = usage_pk(user_id, action)
        use = self._use(user_id, action, problem_id, metadata, self._now())
        key, expires_at = (pk, keys.usage_day_sk(use.day)), _expiry(use)
        if ledger.room(use.entry):
            changes, condition = ledger.record(use, expires_at)
            try:
                self._store.update(
                    key, changes, entity="usage_day", condition=condition, returns="UPDATED_NEW"
                )
            except ConditionFailed as refused:
                if refused.item is not None and use.entry in State.of(refused.item).entries:
                    return use
            else:
                return use
        items = log_items(use)
        counted = ledger.counted_apart(use, expires_at)
        self._log_apart(items, [Put(items.main, absent()), Update(key, counted)])
        return use

    def _log_apart(self, items: ItemSet, actions: Sequence[Action]) -> None:
        """Writes a log that is an item of its own, with what counts it; once, also if it is sent twice."""
        thing = log_thing(items.main)
        try:
            self._commit(thing, actions, {}, main=items.main, parts=items.parts)
        except VersionMoved as moved:
            if not self._carried_out(thing, items.main, items.parts):
                raise Throttled("two logs have one key") from moved

    def refund(self, receipt: Receipt) -> bool:
        """Takes a use back: its count and its log. True if it was charged until now, False if it was not.

        Giving back twice changes nothing; the second time is False, unless the answer of the first attempt
        was lost. It is possible for 10 minutes: by then every process knows for
        good which windows are full. Raises `RefundTooLate`, and `OutcomeUnknown` when no answer came (ask
        again). One UpdateItem: 1 WCU per started KB of the day's uses; or for a use whose log is an item
        of its own one GetItem and one TransactWriteItems: 1 RCU and 4 WCU.
        """
        if (self._now() - receipt.admitted_at).total_seconds() > ledger.REFUND_SECONDS:
            raise RefundTooLate(f"the use is older than {ledger.REFUND_SECONDS} seconds and stays counted")
        key = (usage_pk(receipt.user_id, receipt.action), keys.usage_day_sk(receipt.day))
        self._memory.forget(receipt.user_id, receipt.action)
        try:
            with within(self.seconds):
                if receipt.log_key is not None:
                    return self._refund_apart(receipt, key, receipt.log_key)
                changes, condition = ledger.refund(receipt)
                self._store.update(
                    key, changes, entity="usage_day", condition=condition, returns="UPDATED_NEW"
                )
                return True
        except ConditionFailed as refused:
            return refused.in_doubt
        finally:
            self._memory.forget(receipt.user_id, receipt.action)

    def _refund_apart(self, receipt: Receipt, key: Key, log_key: str) -> bool:
        log = self._store.get((key[0], log_key), entity="usage_log", consistent=True)
        if log is None:
            return False
        thing = log_thing(log)
        actions: list[Action] = [Delete(thing.key, exists()), Update(key, ledger.refund_apart(receipt))]
        try:
            self._store.transact_write(actions, entity="usage_log")
        except TransactionCancelled as cancelled:
            if not cancelled.reasons or cancelled.reasons[0][0] != _REFUSED:
                raise
            return cancelled.in_doubt
        self._remove_parts(all_part_keys(thing, log))
        return True


def _unknown(receipt: Receipt, cause: DataLayerError) -> AdmissionUnknown:
    return AdmissionUnknown(
        "admit: no answer came, the use may be counted", receipt=receipt,
        code=cause.code, aws_message=cause.aws_message, hint="refund it, or let it stand",
    )  # fmt: skip
