"""Uses that have to be given back: at once, or on a later request when the table cannot be asked now."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from api.dynamodb.decisions import Receipt
from api.dynamodb.errors import DataLayerError, RefundTooLate
from api.dynamodb.ledger import REFUND_SECONDS
from api.dynamodb.repositories import UsageLogRepository
from api.limits.gate import Gate, Outage
from api.limits.journal import Event, Journal

_CAPACITY = 1_000
# A write whose answer was lost may still be on its way. That such a use is not charged is believed when
# the table says so this long after it was sent.
SETTLED_SECONDS = 60


@dataclass(frozen=True)
class _Debt:
    """A use to give back from `due` on; `unknown` if nobody knows whether it was charged."""

    receipt: Receipt
    unknown: bool
    due: datetime


class Refunds:
    """Gives uses back, and remembers those that could not be. Thread-safe.

    At most 1,000 wait; the oldest is dropped then, and so is one that the table would not take back any
    more (`ledger.REFUND_SECONDS`). They are lost when the process ends. Each end is logged and counted.
    """

    def __init__(
        self,
        usage: UsageLogRepository,
        gate: Gate,
        journal: Journal,
        now: Callable[[], datetime],
        capacity: int = _CAPACITY,
    ) -> None:
        self._usage, self._gate, self._journal = usage, gate, journal
        self._now, self._capacity = now, capacity
        self._lock = threading.Lock()
        self._waiting: deque[_Debt] = deque()

    @property
    def waiting(self) -> int:
        """How many uses wait to be given back."""
        return len(self._waiting)

    def give_back(self, receipt: Receipt, *, unknown: bool) -> bool:
        """Takes a use back now, or puts it off if the table cannot be asked. True if it was charged until now.

        One UpdateItem, or what `UsageLogRepository.refund` says; no call while the breaker is open.
        """
        try:
            return self._try(_Debt(receipt, unknown, self._now()))
        except Outage:
            return False

    def later(self, receipt: Receipt, *, unknown: bool) -> None:
        """Puts a use off to be given back on a later request. No call."""
        self._put_off(_Debt(receipt, unknown, self._now()))

    def settle(self, count: int, owner: tuple[int, str] | None = None) -> None:
        """Gives up to `count` waiting uses back, of one (user, action) or of anyone. Raises `Outage`.

        No call if none is due; otherwise that of `give_back` for each.
        """
        for _ in range(count if self._waiting else 0):
            debt = self._take(owner)
            if debt is None:
                return
            self._try(debt)

    def _take(self, owner: tuple[int, str] | None) -> _Debt | None:
        now = self._now()
        with self._lock:
            for debt in self._waiting:
                mine = owner is None or owner == (debt.receipt.user_id, debt.receipt.action)
                if mine and debt.due <= now:
                    self._waiting.remove(debt)
                    return debt
        return None

    def _try(self, debt: _Debt) -> bool:
        receipt = debt.receipt
        if self._age(receipt) > REFUND_SECONDS:
            self._note("refund_dropped", debt, cause="RefundTooLate")
            return False
        try:
            charged = self._gate.ask(lambda: self._usage.refund(receipt))
        except Outage as outage:
            self._put_off(debt, cause=outage.why)
            raise
        except RefundTooLate:
            self._note("refund_dropped", debt, cause="RefundTooLate")
            return False
        except DataLayerError as failure:
            self._put_off(debt, cause=type(failure).__name__)
            return False
        if charged:
            self._note("refunded", debt)
        elif debt.unknown and self._age(receipt) < SETTLED_SECONDS:
            settled = receipt.admitted_at + timedelta(seconds=SETTLED_SECONDS)
            self._put_off(_Debt(receipt, True, settled), cause="perhaps on its way")
        else:
            self._note("refund_not_charged", debt)
        return charged

    def _put_off(self, debt: _Debt, cause: str = "") -> None:
        with self._lock:
            self._waiting.append(debt)
            dropped = self._waiting.popleft() if len(self._waiting) > self._capacity else None
        self._note("refund_later", debt, cause=cause)
        if dropped is not None:
            self._note("refund_dropped", dropped, cause="too many")

    def _age(self, receipt: Receipt) -> float:
        return (self._now() - receipt.admitted_at).total_seconds()

    def _note(self, event: Event, debt: _Debt, cause: str = "") -> None:
        receipt = debt.receipt
        self._journal.note(
            event, user_id=receipt.user_id, action=receipt.action, use_id=receipt.use_id,
            day=receipt.day.isoformat(), unknown=debt.unknown, **({"cause": cause} if cause else {}),
        )  # fmt: skip
