"""The limiter that views call: whether a user may do an action now, with or without the table."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import lru_cache
from typing import Any, TypedDict

from api.dynamodb.clock import utc_now
from api.dynamodb.errors import DataLayerError, OutcomeUnknown
from api.dynamodb.metering.meter import Call, calls_so_far
from api.dynamodb.repositories import PlanRepository, UsageLogRepository
from api.dynamodb.transport.deadlines import within
from api.dynamodb.usage_limits.decisions import Decision, Receipt, WindowUse, decide
from api.dynamodb.usage_limits.windows import Limit, windows_of
from api.limits.actions import LimitedAction, LocalAllowance, action_of
from api.limits.circuit_breaker import BreakerState, CircuitBreaker
from api.limits.errors import LimiterUnavailable, NotAdmitted
from api.limits.event_log import Event, EventLog
from api.limits.local_usage import LocalUsage
from api.limits.plans import PlanLimits
from api.limits.refunds import RefundQueue
from api.limits.table_calls import TableCalls, TableOutage
from config.environment import Environment, environment
from metrics.recorder import recorder

# A request processes at most this many queued refunds of its own user, and then as many of all users if the
# request has taken less than `_SPARE_SECONDS` so far: its last call may take 1.8 s.
_REFUNDS_PER_REQUEST = 2
_SPARE_SECONDS = 0.1
_BREAKER_EVENTS: Mapping[BreakerState, Event] = {
    "open": "breaker_open", "half-open": "breaker_half_open", "closed": "breaker_closed",
}  # fmt: skip


class Subscriber(TypedDict):
    """The fields of a user that the limiter needs; a `User` has them."""

    user_id: int
    subscription_plan_id: int | None


class RateLimiter:
    """The limiter of one process for one table. Safe to share between threads.

    now: returns the present moment (aware), the same as for the repositories.
    clock: monotonic, in seconds, for the circuit breaker and the cache of plans.
    """

    def __init__(
        self,
        usage: UsageLogRepository,
        plans: PlanRepository,
        *,
        now: Callable[[], datetime] = utc_now,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._usage, self._now, self._clock = usage, now, clock
        self._events = EventLog()
        self.breaker = CircuitBreaker(
            clock=clock, on_change=lambda state: self._events.record(_BREAKER_EVENTS[state])
        )
        self._calls = TableCalls(self.breaker)
        self._plans = PlanLimits(plans, self._calls, self._events, clock=clock)
        self._local_usage = LocalUsage()
        self._refunds = RefundQueue(usage, self._calls, self._events, now)

    @property
    def counts(self) -> dict[str, int]:
        """The number of each `event_log.Event` in this process; events that never happened are left out."""
        return self._events.counts.by_kind()

    @property
    def refunds_waiting(self) -> int:
        """The number of queued refunds."""
        return self._refunds.waiting

    def admit(
        self,
        user_id: int,
        plan_id: int | None,
        action: str,
        problem_id: int | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Decision:
        """Admits a use if no limit of the user's plan is reached, and then counts and logs it.

        metadata: JSON of at most 8 KB.

        Without the table, the decision's `source` is "local" or "memory". A use that is allowed locally has a
        receipt only if the table may have charged it. Raises `LimiterUnavailable` if the table cannot be reached
        and the action is not allowed without it; if it may have been charged, later requests refund it. Raises
        `InvalidInput`, and errors of the set-up such as `TableMissing` and `AccessDenied` as they are.

        The calls of `UsageLogRepository.admit`: usually one UpdateItem, 1 to 4 WCU; none for a cached denial, for
        an action that the plan does not include, and while the breaker is open. One GetItem (0.5 RCU) per plan
        and 10 s. At most 4 queued refunds, usually one UpdateItem each. All calls together take at most 1.8 s,
        and after one without a response no other is made.
        """
        calls = calls_so_far()
        earlier = len(calls)
        try:
            with within(self._usage.seconds):
                decision = self._admit(user_id, plan_id, action, problem_id, metadata)
        except LimiterUnavailable as failure:
            cause = failure.__cause__
            recorder.decision(
                action, plan_id, None, _written(calls, earlier), type(cause or failure).__name__
            )
            raise
        recorder.decision(action, plan_id, decision, _written(calls, earlier))
        return decision

    def _admit(
        self,
        user_id: int,
        plan_id: int | None,
        action: str,
        problem_id: int | None,
        metadata: Mapping[str, Any] | None,
    ) -> Decision:
        began = self._clock()
        limited_action = action_of(action)
        quota = self._plans.get(plan_id)
        limits = limited_action.limits(quota.per_day[action])
        if limits[0].count < 1:
            return self._deny_excluded(limits)
        if quota.outage is not None:
            return self._without_table(limited_action, user_id, limits, quota.outage)
        try:
            self._refunds.process(_REFUNDS_PER_REQUEST, (user_id, action))
            decision = self._calls.run(
                lambda: self._usage.admit(user_id, action, limits, problem_id, metadata),
                is_from_table=lambda decision: decision.source == "table",
            )
        except TableOutage as outage:
            return self._without_table(limited_action, user_id, limits, outage)
        if self._refunds.waiting and self._clock() - began < _SPARE_SECONDS:
            # The use is admitted. Refunds that are not possible now stay queued.
            with suppress(TableOutage):
                self._refunds.process(_REFUNDS_PER_REQUEST)
        return decision

    def admit_user(
        self,
        user: Subscriber,
        action: str,
        problem_id: int | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Decision:
        """`admit` for a user's record. Arguments, errors and cost as there."""
        return self.admit(user["user_id"], user["subscription_plan_id"], action, problem_id, metadata)

    def check(self, user_id: int, plan_id: int | None, action: str) -> Decision | None:
        """How many uses a user has left today, for display. Counts nothing, and checks only the daily limit.

        None if the table cannot be reached, since a page should not fail because of it. Raises as `admit`, except
        `LimiterUnavailable`. One GetItem: 0.5 RCU, and one for the plan every 10 s.
        """
        limited_action = action_of(action)
        quota = self._plans.get(plan_id)
        limit = Limit(quota.per_day[action])
        if limit.count < 1:
            return self._deny_excluded(limited_action.limits(limit.count))
        try:
            if quota.outage is not None:
                raise quota.outage
            allowed, count, reset = self._calls.run(
                lambda: self._usage.check_rate_limit(user_id, action, limit.count)
            )
        except TableOutage as outage:
            self._events.record("quota_not_read", user_id=user_id, action=action, cause=outage.reason)
            return None
        if not allowed:
            return decide(windows_of((limit,), self._now()), [count], self._now())
        use = WindowUse(limit.count, limit.seconds, count, reset)
        return Decision(True, count, limit.count, use.remaining, reset, 0, (use,))

    def refund(self, charged: Decision | Receipt) -> bool:
        """Refunds a use and returns whether it was charged until now. A second refund changes nothing.

        Also False if it is too late (10 minutes), and if the table cannot be reached: then a later request
        refunds it. Cost as `UsageLogRepository.refund`: usually one UpdateItem, 1 to 4 WCU.
        """
        if isinstance(charged, Receipt):
            return self._refunds.refund(charged, unknown=False)
        if charged.receipt is None:
            return False
        return self._refunds.refund(charged.receipt, unknown=charged.source == "local")

    def _settle(
        self, decision: Decision, error: BaseException, is_stored: Callable[[BaseException], bool] | None
    ) -> None:
        """Refunds a use whose work failed, unless it may be stored."""
        if _may_be_stored(error):
            self._keep(decision, error, is_stored)
        else:
            self.refund(decision)

    def _keep(
        self, decision: Decision, error: BaseException, is_stored: Callable[[BaseException], bool] | None
    ) -> None:
        receipt = decision.receipt
        if receipt is None:
            return
        if is_stored is not None:
            self._refunds.refund_unless(receipt, lambda: is_stored(error), unknown=decision.source == "local")
            return
        self._events.record(
            "charge_kept", user_id=receipt.user_id, action=receipt.action, use_id=receipt.use_id,
            cause=type(error).__name__,
        )  # fmt: skip

    @contextmanager
    def paid(
        self,
        user: Subscriber,
        action: str,
        problem_id: int | None = None,
        metadata: Mapping[str, Any] | None = None,
        *,
        is_stored: Callable[[BaseException], bool] | None = None,
    ) -> Iterator[Decision]:
        """Charges a use before the block, and refunds it if the block raises.

        After an error that leaves open whether the block's work was stored, the use stays charged. `is_stored` tells,
        given the error, whether it was: a later request asks it, a minute after the admission or later, and refunds the
        use if not.

        Raises `NotAdmitted` with the decision if a limit is reached, and the errors of `admit`. Costs as `admit`,
        and as `refund` if the block raises.
        """
        decision = self.admit_user(user, action, problem_id, metadata)
        if not decision.allowed:
            raise NotAdmitted(action, decision)
        try:
            yield decision
        except BaseException as error:
            self._settle(decision, error, is_stored)
            raise

    def _deny_excluded(self, limits: tuple[Limit, ...]) -> Decision:
        """The denial of an action that the plan does not include. No call."""
        now = self._now()
        return decide(windows_of(limits, now), [0 for _ in limits], now, source="memory")

    def _without_table(
        self, limited_action: LimitedAction, user_id: int, limits: tuple[Limit, ...], outage: TableOutage
    ) -> Decision:
        """The decision by the action's outage policy. Raises `LimiterUnavailable`."""
        now, action, policy, receipt = self._now(), limited_action.name, limited_action.outage, outage.receipt
        fields: dict[str, Any] = {"user_id": user_id, "action": action, "cause": outage.reason}
        if receipt is not None:
            self._events.record(
                "admission_unknown", **fields, use_id=receipt.use_id, day=receipt.day.isoformat()
            )
        denial = self._usage.known_denial(user_id, action, limits, only_final=False)
        if denial is not None:
            if receipt is not None:
                self._refunds.refund_later(receipt, unknown=True)
            self._events.record("denied_by_memory", **fields)
            return denial
        if isinstance(policy, LocalAllowance):
            windows = windows_of(policy.limits(limits), now)
            counts = self._local_usage.take(user_id, action, windows)
            if counts is not None:
                allowance = windows[0].limit.count
                self._events.record("allowed_locally", **fields, count=counts[0], allowance=allowance)
                return decide(windows, counts, now, receipt=receipt, source="local")
        if receipt is not None:
            self._refunds.refund_later(receipt, unknown=True)
        wait = self._calls.retry_after
        self._events.record("refused", **fields, retry_after=wait)
        raise LimiterUnavailable(
            f"{action}: the limits cannot be asked now ({outage.reason})", retry_after=wait,
            hint=f"try again in {wait} s",
        ) from outage.cause  # fmt: skip


def _written(calls: Sequence[Call], earlier: int) -> float:
    """WCU of the calls after the first `earlier` ones."""
    return sum(call.write_units for call in calls[earlier:])


def _may_be_stored(error: BaseException) -> bool:
    """Whether an error leaves open what a write did: its response was lost, or the process was stopped meanwhile."""
    if isinstance(error, DataLayerError):
        return isinstance(error, OutcomeUnknown) or error.in_doubt
    return not isinstance(error, Exception)


@lru_cache(maxsize=8)
def _limiter(settings: Environment) -> RateLimiter:
    return RateLimiter(UsageLogRepository(now=utc_now), PlanRepository(now=utc_now))


def limiter() -> RateLimiter:
    """The process's limiter for the configured table. No call. Raises `AccessDenied` without credentials."""
    return _limiter(environment())


def forget() -> None:
    """Drops the process's limiters, for when settings or credentials have changed."""
    _limiter.cache_clear()
