"""Refunds of uses: at once, or with a later request if the table cannot be reached now."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from api.dynamodb.errors import DataLayerError, RefundTooLate
from api.dynamodb.repositories import UsageLogRepository
from api.dynamodb.usage_limits.decisions import Receipt
from api.dynamodb.usage_limits.ledger import REFUND_SECONDS
from api.limits.event_log import Event, EventLog
from api.limits.table_calls import TableCalls, TableOutage

_CAPACITY = 1_000
# A write whose response was lost may still be executed later. If the table says that such a use is not charged,
# that is final only this long after the admission.
SETTLED_SECONDS = 60


@dataclass(frozen=True)
class _PendingRefund:
    """A refund that is tried from `due` on.

    unknown: it is not known whether the use was charged. is_stored: whether the work that the use paid for was stored
    after all; then the use stays charged.
    """

    receipt: Receipt
    unknown: bool
    due: datetime
    is_stored: Callable[[], bool] | None = None

    @property
    def settled_at(self) -> datetime:
        """When a write of the use, or of the work behind it, is no longer on its way."""
        return self.receipt.admitted_at + timedelta(seconds=SETTLED_SECONDS)


class RefundQueue:
    """Refunds uses, and queues refunds that are not possible now. Safe to share between threads.

    At most `capacity` refunds are queued. The oldest is dropped if there are more, and so is one that the table
    would refuse as too late (`ledger.REFUND_SECONDS`). The queue is lost when the process ends. The outcome of
    every refund is logged and counted.
    """

    def __init__(
        self,
        usage: UsageLogRepository,
        calls: TableCalls,
        events: EventLog,
        now: Callable[[], datetime],
        capacity: int = _CAPACITY,
    ) -> None:
        self._usage, self._calls, self._events = usage, calls, events
        self._now, self._capacity = now, capacity
        self._lock = threading.Lock()
        self._queue: deque[_PendingRefund] = deque()

    @property
    def waiting(self) -> int:
        """The number of queued refunds."""
        return len(self._queue)

    def refund(self, receipt: Receipt, *, unknown: bool) -> bool:
        """Refunds a use now, or queues it if the table cannot be reached. Returns whether it was charged until now.

        unknown: whether it is not known that the use was charged.

        The call of `UsageLogRepository.refund`, usually one UpdateItem; none while the breaker is open.
        """
        try:
            return self._try(_PendingRefund(receipt, unknown, self._now()))
        except TableOutage:
            return False

    def refund_later(self, receipt: Receipt, *, unknown: bool) -> None:
        """Queues a refund for a later request. No call."""
        self._enqueue(_PendingRefund(receipt, unknown, self._now()))

    def refund_unless(self, receipt: Receipt, is_stored: Callable[[], bool], *, unknown: bool) -> None:
        """Queues a refund of a use whose work may have been stored; `is_stored` is asked in a minute. No call now."""
        pending = _PendingRefund(receipt, unknown, self._now(), is_stored)
        self._enqueue(replace(pending, due=pending.settled_at), cause="perhaps stored")

    def process(self, count: int, owner: tuple[int, str] | None = None) -> None:
        """Tries up to `count` queued refunds that are due, of one (user id, action) or of all.

        The call of `refund` for each, and that of its `is_stored`; none if no refund is due. Raises `TableOutage`.
        """
        for _ in range(count if self._queue else 0):
            pending = self._dequeue(owner)
            if pending is None:
                return
            self._try(pending)

    def _dequeue(self, owner: tuple[int, str] | None) -> _PendingRefund | None:
        now = self._now()
        with self._lock:
            for pending in self._queue:
                is_owned = owner is None or owner == (pending.receipt.user_id, pending.receipt.action)
                if is_owned and pending.due <= now:
                    self._queue.remove(pending)
                    return pending
        return None

    def _try(self, pending: _PendingRefund) -> bool:
        receipt = pending.receipt
        if self._age(receipt) > REFUND_SECONDS:
            self._record("refund_dropped", pending, cause="RefundTooLate")
            return False
        try:
            charged = self._calls.run(lambda: self._refund(pending))
        except TableOutage as outage:
            self._enqueue(pending, cause=outage.reason)
            raise
        except RefundTooLate:
            self._record("refund_dropped", pending, cause="RefundTooLate")
            return False
        except DataLayerError as failure:
            self._enqueue(pending, cause=type(failure).__name__)
            return False
        if charged is None:
            self._record("charge_kept", pending)
        elif charged:
            self._record("refunded", pending)
        elif pending.unknown and self._age(receipt) < SETTLED_SECONDS:
            self._enqueue(replace(pending, due=pending.settled_at), cause="perhaps on its way")
        else:
            self._record("refund_not_charged", pending)
        return bool(charged)

    def _refund(self, pending: _PendingRefund) -> bool | None:
        """Whether the use was charged until now; None if it stays charged because its work was stored."""
        if pending.is_stored is not None and pending.is_stored():
            return None
        return self._usage.refund(pending.receipt)

    def _enqueue(self, pending: _PendingRefund, cause: str = "") -> None:
        with self._lock:
            self._queue.append(pending)
            dropped = self._queue.popleft() if len(self._queue) > self._capacity else None
        self._record("refund_later", pending, cause=cause)
        if dropped is not None:
            self._record("refund_dropped", dropped, cause="too many")

    def _age(self, receipt: Receipt) -> float:
        return (self._now() - receipt.admitted_at).total_seconds()

    def _record(self, event: Event, pending: _PendingRefund, cause: str = "") -> None:
        receipt = pending.receipt
        self._events.record(
            event, user_id=receipt.user_id, action=receipt.action, use_id=receipt.use_id,
            day=receipt.day.isoformat(), unknown=pending.unknown, **({"cause": cause} if cause else {}),
        )  # fmt: skip
