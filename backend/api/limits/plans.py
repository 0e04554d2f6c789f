"""The daily limits of plans, cached for some seconds, and for longer while the table cannot be reached."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from api.dynamodb.errors import Throttled
from api.dynamodb.repositories import PlanRepository
from api.limits.actions import ACTIONS, DEFAULTS
from api.limits.event_log import EventLog
from api.limits.table_calls import TableCalls, TableOutage

CACHE_SECONDS = 10.0
_RETRY_SECONDS = 1.0
_CAPACITY = 1_000


@dataclass(frozen=True)
class PlanQuota:
    """Uses a day by action. `outage`: the table could not be reached for them, and should not be asked again."""

    per_day: Mapping[str, int]
    outage: TableOutage | None = None


@dataclass
class _CachedQuota:
    per_day: Mapping[str, int]
    valid_until: float


class PlanLimits:
    """The limits of plans. Each process applies a changed plan after at most `seconds`. Safe to share between threads.

    clock: monotonic, in seconds.
    """

    def __init__(
        self,
        plans: PlanRepository,
        calls: TableCalls,
        events: EventLog,
        *,
        seconds: float = CACHE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._plans, self._calls, self._events = plans, calls, events
        self._seconds, self._clock = seconds, clock
        self._lock = threading.Lock()
        self._cache: dict[int, _CachedQuota] = {}

    def get(self, plan_id: int | None) -> PlanQuota:
        """The limits of a plan; the defaults of `actions` for None and for a missing or inactive plan.

        If a plan cannot be read, its cached limits stay in use, or the defaults if there are none. That is logged,
        and tried again after a second. While one thread reads a plan, others use its cached limits.

        No call for a plan that was read in the last 10 s; otherwise one GetItem: 0.5 RCU. Raises the errors of the
        data layer that are not outages: `InvalidInput`, `TableMissing`, `AccessDenied`.
        """
        if plan_id is None:
            return PlanQuota(DEFAULTS)
        with self._lock:
            cached = self._cache.get(plan_id)
            now = self._clock()
            if cached is not None:
                if now < cached.valid_until:
                    return PlanQuota(cached.per_day)
                cached.valid_until = now + _RETRY_SECONDS
        try:
            per_day = self._calls.run(lambda: self._read(plan_id))
        except TableOutage as outage:
            return self._without_table(plan_id, cached, outage)
        with self._lock:
            self._cache.pop(plan_id, None)
            self._cache[plan_id] = _CachedQuota(per_day, self._clock() + self._seconds)
            if len(self._cache) > _CAPACITY:
                del self._cache[next(iter(self._cache))]
        return PlanQuota(per_day)

    def _read(self, plan_id: int) -> Mapping[str, int]:
        plan = self._plans.get_plan(plan_id)
        if plan is None or not plan["is_active"]:
            return DEFAULTS
        return {name: plan[action.plan_field] for name, action in ACTIONS.items()}

    def _without_table(self, plan_id: int, cached: _CachedQuota | None, outage: TableOutage) -> PlanQuota:
        if outage.cause is not None:
            self._events.record(
                "plan_not_read", plan_id=plan_id, cause=outage.reason, known=cached is not None
            )
        if cached is None:
            return PlanQuota(DEFAULTS, outage)
        # All plans share one partition. That it is throttled says nothing about the partitions of uses.
        return PlanQuota(cached.per_day, None if isinstance(outage.cause, Throttled) else outage)
