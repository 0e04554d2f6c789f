"""The rate limiter on the table: admitting, recording and refunding uses. `ledger` explains how uses are stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from api.dynamodb.clock import utc_now
from api.dynamodb.codec import json_text, large_text
from api.dynamodb.codec.codec import Record
from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.codec.items import CODECS, ItemSet, usage_day_expiry, usage_log_items
from api.dynamodb.errors import (
    ConditionFailed,
    DataLayerError,
    InvalidInput,
    OutcomeUnknown,
    RefundTooLate,
    Throttled,
    TransactionCancelled,
)
from api.dynamodb.schema import keys
from api.dynamodb.schema.entities import SK, USAGE_ACTIONS, USAGE_LOG
from api.dynamodb.table.aggregate import Aggregate, all_part_keys, stamp_parts
from api.dynamodb.table.argument_checks import check_id
from api.dynamodb.table.base_repository import BaseRepository
from api.dynamodb.table.expressions import absent, exists
from api.dynamodb.table.write_actions import Delete, Key, Put, Update, WriteAction, key_of
from api.dynamodb.table.write_failures import VersionConflict
from api.dynamodb.transport.deadlines import within
from api.dynamodb.usage_limits import ledger
from api.dynamodb.usage_limits.decisions import AdmissionUnknown, Decision, Receipt, decide
from api.dynamodb.usage_limits.denial_cache import denial_cache
from api.dynamodb.usage_limits.ledger import DayUsage, Use
from api.dynamodb.usage_limits.windows import Limit, Window, day_start, limits_of, next_day, windows_of
from config.environment import environment

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_dynamodb.service_resource import Table

_CODEC = CODECS["usage_log"]
_LOG_ID = USAGE_LOG.field("log_id").short
_ATTEMPTS = 5
MAX_METADATA_BYTES = 8192


def check_action(action: Any) -> str:
    """Returns the action. Raises `InvalidInput` for one that is not declared."""
    if action not in USAGE_ACTIONS:
        raise InvalidInput(f"action {action!r} is not one of {', '.join(USAGE_ACTIONS)}")
    return str(action)


def usage_pk(user_id: int, action: str) -> str:
    """The partition key of a user's uses of an action. Raises `InvalidInput`."""
    return keys.usage_pk(check_id("user_id", user_id), check_action(action))


def log_owner(item: WireItem) -> str:
    """The owner of the text parts of a log."""
    return keys.usage_log_owner(item[_LOG_ID]["N"])


def _checked_metadata(metadata: Any) -> json_text.JsonText:
    if not isinstance(metadata, Mapping):
        raise InvalidInput(f"metadata must be a JSON object, not {type(metadata).__name__}")
    text = json_text.dumps(metadata)
    size = len(large_text.check_utf8(text))
    if size > MAX_METADATA_BYTES:
        raise InvalidInput(f"metadata have {size} bytes, at most {MAX_METADATA_BYTES} are allowed")
    return text


def log_items(use: Use) -> ItemSet:
    """A use's log as a separate item. Its sort key ends with the use's id, so that it is unique."""
    items = stamp_parts(usage_log_items(log_record(use)))
    items.main[SK] = {"S": f"{items.main[SK]['S']}#{use.id}"}
    return items


def log_aggregate(item: WireItem) -> Aggregate:
    """The aggregate of a separate log item."""
    return Aggregate(_CODEC, usage_log_items, key_of(item), log_owner(item), {})


def log_record(use: Use) -> Record:
    """The record of a use's log."""
    return {
        "log_id": use.log_id, "user_id": use.user_id, "action": use.action, "problem_id": use.problem_id,
        "metadata": use.metadata, "created_at": use.at,
    }  # fmt: skip


def _expiry(use: Use) -> int:
    return _expiry_of(use.day, environment().time_zone)


@lru_cache(maxsize=64)
def _expiry_of(day: date, zone: ZoneInfo) -> int:
    return usage_day_expiry(day_start(next_day(day)))


class UsageAdmission(BaseRepository):
    """Decides on uses and counts them. All processes with the same table share its limits, exactly."""

    def __init__(self, table: Table | None = None, *, now: Callable[[], datetime] = utc_now) -> None:
        super().__init__(table, now=now)
        self._denials = denial_cache(self._endpoint, self._store.table_name)

    def admit(
        self,
        user_id: int,
        action: str,
        limit: int | Limit | Iterable[Limit],
        problem_id: int | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Decision:
        """Admits a use if no limit is reached, and then counts and logs it in the same write.

        limit: the number of uses a local day, from 1, or several `Limit`s of which one is of a day.
        metadata: JSON of at most 8 KB.

        Exact under concurrency, repeated requests and lost responses. Takes at most 1.8 s. Raises `InvalidInput`
        before any call; `AdmissionUnknown` (an `OutcomeUnknown`) with the receipt if the response was lost;
        `Unavailable` and `Throttled` if nothing was charged.

        If the full ledger stays within 4 KB (limit times size; about 170 plain uses a day): one UpdateItem, 1 WCU
        per started KB of the day's uses so far. Otherwise one GetItem (1 RCU) and one TransactWriteItems (4 WCU,
        and 2 for each further KB). A denial costs 1 WCU, or 1 RCU in the second case, and nothing while this
        process has it cached: until the window ends, or at first until the last use can no longer be refunded.
        """
        pk = usage_pk(user_id, action)
        limits = limits_of(limit)
        now = self._now()
        windows = windows_of(limits, now)
        use = self._new_use(user_id, action, problem_id, metadata, now)
        denial = self._denials.find(user_id, action, limits, now)
        if denial is not None:
            return denial
        key = (pk, keys.usage_day_sk(use.day))
        fits = limits[0].count <= ledger.capacity(use.entry, windows)
        with within(self.seconds):
            return (self._admit_in_ledger if fits else self._admit_with_separate_log)(use, windows, key)

    def known_denial(
        self, user_id: int, action: str, limit: int | Limit | Iterable[Limit], *, only_final: bool = True
    ) -> Decision | None:
        """This process's cached denial under the same limits, if its window has not ended; otherwise None.

        only_final: leaves out a denial that a refund by another process may have ended. Raises `InvalidInput`.
        No call.
        """
        usage_pk(user_id, action)
        return self._denials.find(user_id, action, limits_of(limit), self._now(), only_final=only_final)

    def _new_use(
        self, user_id: int, action: str, problem_id: int | None, metadata: Any, now: datetime
    ) -> Use:
        problem = None if problem_id is None else check_id("problem_id", problem_id)
        now = now.replace(microsecond=now.microsecond // 1000 * 1000)  # the precision of a ledger's entry
        return Use(user_id, action, problem, None if metadata is None else _checked_metadata(metadata), now)

    def _admit_in_ledger(self, use: Use, windows: Sequence[Window], key: Key) -> Decision:
        """Admits a use and logs it in the ledger, with one UpdateItem whose condition is the limits.

        The condition needs the number of uses with separate log items. The cached one may be outdated: then the
        update is refused although no limit is reached, and is repeated with the number of the refused response.
        """
        receipt, expires_at = use.receipt(windows), _expiry(use)
        separate = self._denials.separate_count(key)
        for _ in range(_ATTEMPTS):
            changes, condition = ledger.admission(use, windows, separate, expires_at)
            try:
                item = self._store.update(
                    key, changes, entity="usage_day", condition=condition, returns="UPDATED_NEW"
                )
            except OutcomeUnknown as failure:
                raise _unknown(receipt, failure) from failure
            except ConditionFailed as refused:
                if refused.item is None:
                    return self._deny_without_counts(use, windows, receipt, refused)
                usage = DayUsage.of(refused.item)
                # The update itself may have been executed by an earlier attempt whose response was lost.
                admitted = use.entry in usage.entries
            else:
                # The response has only the changed attributes, and the condition held for `separate`.
                usage = replace(DayUsage.of(item), separate=separate)
                admitted = True
            if admitted:
                return self._allow(use, windows, usage.counts(windows), receipt)
            if not usage.admits(windows):
                return self._deny(use, windows, usage.counts(windows), usage.final_at(use.at))
            separate = usage.separate
            self._denials.set_separate_count(key, separate)
        raise Throttled("admit: the day's count kept being changed by others")

    def _admit_with_separate_log(self, use: Use, windows: Sequence[Window], key: Key) -> Decision:
        """Admits a use by a transaction that writes its log item and counts it in the ledger.

        The condition is the ledger as it was read, so it is read again after a refusal.
        """
        items = log_items(use)
        receipt, expires_at = use.receipt(windows, key_of(items.main)[1]), _expiry(use)
        for _ in range(_ATTEMPTS):
            usage = DayUsage.of(self._store.get(key, entity="usage_day", consistent=True))
            if not usage.admits(windows):
                return self._deny(use, windows, usage.counts(windows), usage.final_at(use.at))
            changes, condition = ledger.admission_with_separate_log(use, windows, usage, expires_at)
            try:
                self._write_log(
                    use.user_id, items, [Put(items.main, absent()), Update(key, changes, condition)]
                )
            except TransactionCancelled as cancelled:
                if not cancelled.is_refused(1):
                    raise
            except OutcomeUnknown as failure:
                raise _unknown(receipt, failure) from failure
            else:
                counts = [count + 1 for count in usage.counts(windows)]
                return self._allow(use, windows, counts, receipt)
        raise Throttled("admit: the day's count kept being changed by others")

    def _allow(
        self, use: Use, windows: Sequence[Window], counts: Sequence[int], receipt: Receipt
    ) -> Decision:
        self._denials.forget(use.user_id, use.action)
        return decide(windows, counts, use.at, receipt=receipt)

    def _deny(
        self, use: Use, windows: Sequence[Window], counts: Sequence[int], final_at: datetime
    ) -> Decision:
        """The denial. It is cached until it ends, or until `final_at` while uses can still be refunded."""
        denial = decide(windows, counts, use.at)
        limits = tuple(window.limit for window in windows)
        valid_until = denial.reset_time if final_at <= use.at else final_at
        self._denials.add(use.user_id, use.action, limits, denial, valid_until)
        return denial

    def _deny_without_counts(
        self, use: Use, windows: Sequence[Window], receipt: Receipt, refused: ConditionFailed
    ) -> Decision:
        """The denial if the engine leaves the item out of a refused response: all windows count as full."""
        if refused.in_doubt:
            raise _unknown(receipt, refused) from refused
        return self._deny(use, windows, [window.limit.count for window in windows], use.at)

    def _record(
        self, user_id: int, action: str, problem_id: int | None, metadata: Mapping[str, Any] | None
    ) -> Use:
        """Counts and logs a use without any limit."""
        pk = usage_pk(user_id, action)
        use = self._new_use(user_id, action, problem_id, metadata, self._now())
        key, expires_at = (pk, keys.usage_day_sk(use.day)), _expiry(use)
        if ledger.capacity(use.entry):
            changes, condition = ledger.record(use, expires_at)
            try:
                self._store.update(
                    key, changes, entity="usage_day", condition=condition, returns="UPDATED_NEW"
                )
            except ConditionFailed as refused:
                if refused.item is not None and use.entry in DayUsage.of(refused.item).entries:
                    return use
            else:
                return use
        items = log_items(use)
        count = ledger.record_with_separate_log(use, expires_at)
        self._write_log(user_id, items, [Put(items.main, absent()), Update(key, count)])
        return use

    def _write_log(self, user_id: int, items: ItemSet, actions: Sequence[WriteAction]) -> None:
        """Writes a separate log item with the change that counts it; only once, even if it is sent twice."""
        aggregate = log_aggregate(items.main)
        try:
            self._commit(aggregate, actions, {"user_id": user_id}, main=items.main, parts=items.parts)
        except VersionConflict as conflict:
            if not self._was_written(aggregate, items.main, items.parts):
                raise Throttled("two logs have one key") from conflict

    def refund(self, receipt: Receipt) -> bool:
        """Removes a use: its count and its log. Returns whether it was charged until now.

        A second refund of a use changes nothing and returns False, unless the response to the first one was
        lost. A use can be refunded for 10 minutes. Raises `RefundTooLate` after that, and `OutcomeUnknown` if
        the response was lost (call it again).

        One UpdateItem: 1 WCU per started KB of the day's uses. For a use with a separate log item one GetItem and
        one TransactWriteItems: 1 RCU and 4 WCU.
        """
        if (self._now() - receipt.admitted_at).total_seconds() > ledger.REFUND_SECONDS:
            raise RefundTooLate(f"the use is older than {ledger.REFUND_SECONDS} seconds and stays counted")
        key = (usage_pk(receipt.user_id, receipt.action), keys.usage_day_sk(receipt.day))
        self._denials.forget(receipt.user_id, receipt.action)
        try:
            with within(self.seconds):
                if receipt.log_key is not None:
                    return self._refund_with_separate_log(receipt, key, receipt.log_key)
                changes, condition = ledger.refund(receipt)
                self._store.update(
                    key, changes, entity="usage_day", condition=condition, returns="UPDATED_NEW"
                )
                return True
        except ConditionFailed as refused:
            return refused.in_doubt
        finally:
            self._denials.forget(receipt.user_id, receipt.action)

    def _refund_with_separate_log(self, receipt: Receipt, key: Key, log_key: str) -> bool:
        log = self._store.get((key[0], log_key), entity="usage_log", consistent=True)
        if log is None:
            return False
        aggregate = log_aggregate(log)
        uncount = Update(key, ledger.refund_with_separate_log(receipt))
        actions: list[WriteAction] = [Delete(aggregate.key, exists()), uncount]
        parts = all_part_keys(aggregate, log)
        note = None
        if parts:
            note, put = self._pending_parts.noted(aggregate, {"user_id": receipt.user_id}, parts)
            actions.append(put)
        try:
            self._store.transact_write(actions, entity="usage_log")
        except TransactionCancelled as cancelled:
            if not cancelled.is_refused(0):
                raise
            return cancelled.in_doubt
        if note is not None:
            self._pending_parts.remove(note)
        return True


def _unknown(receipt: Receipt, cause: DataLayerError) -> AdmissionUnknown:
    return AdmissionUnknown(
        "admit: no answer came, the use may be counted", receipt=receipt,
        code=cause.code, aws_message=cause.aws_message, hint="refund it, or let it stand",
    )  # fmt: skip
