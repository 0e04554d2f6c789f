"""What plans allow a day, remembered for seconds, and for longer while the table cannot be reached."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from api.dynamodb.errors import Throttled
from api.dynamodb.repositories import PlanRepository
from api.limits.actions import ACTIONS, DEFAULTS
from api.limits.gate import Gate, Outage
from api.limits.journal import Journal

FRESH_SECONDS = 10.0
_RETRY_SECONDS = 1.0
_CAPACITY = 1_000


@dataclass(frozen=True)
class Found:
    """Uses a day by action; `outage` if the table could just not be asked for them: do not ask it again."""

    per_day: Mapping[str, int]
    outage: Outage | None = None


@dataclass
class _Known:
    per_day: Mapping[str, int]
    until: float


class PlanLimits:
    """Limits by plan. A change of a plan is honoured after `seconds`, by each process. Thread-safe.

    `clock` is monotonic, in seconds.
    """

    def __init__(
        self,
        plans: PlanRepository,
        gate: Gate,
        journal: Journal,
        *,
        seconds: float = FRESH_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._plans, self._gate, self._journal = plans, gate, journal
        self._seconds, self._clock = seconds, clock
        self._lock = threading.Lock()
        self._known: dict[int, _Known] = {}

    def of(self, plan_id: int | None) -> Found:
        """The limits of a plan; the defaults of `actions` for None, a missing plan or an inactive one.

        A plan that cannot be read again keeps the limits known before, the defaults if there are none;
        that is logged, and tried again a second later. While one thread reads a plan again, others go on
        with what is known. No call for a second request within 10 s; one GetItem otherwise: 0.5 RCU.
        Raises what the data layer raises, outages apart: `InvalidInput`, `TableMissing`, `AccessDenied`.
        """
        if plan_id is None:
            return Found(DEFAULTS)
        with self._lock:
            known = self._known.get(plan_id)
            now = self._clock()
            if known is not None:
                if now < known.until:
                    return Found(known.per_day)
                known.until = now + _RETRY_SECONDS
        try:
            per_day = self._gate.ask(lambda: self._read(plan_id))
        except Outage as outage:
            return self._unread(plan_id, known, outage)
        with self._lock:
            self._known.pop(plan_id, None)
            self._known[plan_id] = _Known(per_day, self._clock() + self._seconds)
            if len(self._known) > _CAPACITY:
                del self._known[next(iter(self._known))]
        return Found(per_day)

    def _read(self, plan_id: int) -> Mapping[str, int]:
        plan = self._plans.get_plan(plan_id)
        if plan is None or not plan["is_active"]:
            return DEFAULTS
        return {name: plan[action.plan_field] for name, action in ACTIONS.items()}

    def _unread(self, plan_id: int, known: _Known | None, outage: Outage) -> Found:
        if outage.cause is not None:
            self._journal.note("plan_not_read", plan_id=plan_id, cause=outage.why, known=known is not None)
        if known is None:
            return Found(DEFAULTS, outage)
        # Plans share one partition: that it is busy says nothing of where uses are counted.
        return Found(known.per_day, None if isinstance(outage.cause, Throttled) else outage)
