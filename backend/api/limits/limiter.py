"""The limiter that views call: who may do what now, with the table or without it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from typing import Any, TypedDict

from api.dynamodb.clock import utc_now
from api.dynamodb.deadlines import within
from api.dynamodb.decisions import Decision, Receipt, WindowUse, decide
from api.dynamodb.repositories import PlanRepository, UsageLogRepository
from api.dynamodb.windows import Limit, windows_of
from api.limits.actions import Action, LocalShare, action_of
from api.limits.breaker import Breaker, State
from api.limits.errors import LimiterUnavailable, NotAdmitted
from api.limits.gate import Gate, Outage
from api.limits.journal import Event, Journal
from api.limits.plans import PlanLimits
from api.limits.refunds import Refunds
from api.limits.share import Share
from config.environment import Environment, environment

# How many refunds that were put off one request does, its own user's and then anybody's; the latter
# only if all before took less than this: the last call of a request may take 1.8 s.
_REFUNDS_A_CALL = 2
_SPARE_SECONDS = 0.1
_TRANSITIONS: Mapping[State, Event] = {
    "open": "breaker_open", "half-open": "breaker_half_open", "closed": "breaker_closed",
}  # fmt: skip


class Subscriber(TypedDict):
    """What the limiter needs of a user's record; a `User` is one."""

    user_id: int
    subscription_plan_id: int | None


class RateLimiter:
    """Limits of one table, for one process; safe to share between threads.

    `now` tells the present moment (aware) and has to be that of the repositories; `clock` is monotonic,
    in seconds, for the breaker and the cache of plans.
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
        self._journal = Journal()
        self.breaker = Breaker(clock=clock, on_change=lambda state: self._journal.note(_TRANSITIONS[state]))
        self._gate = Gate(self.breaker)
        self._plans = PlanLimits(plans, self._gate, self._journal, clock=clock)
        self._share = Share()
        self._refunds = Refunds(usage, self._gate, self._journal, now)

    @property
    def counts(self) -> dict[str, int]:
        """How often each event of `journal.Event` happened in this process."""
        return self._journal.counts.by_kind()

    @property
    def refunds_waiting(self) -> int:
        """How many uses wait to be given back."""
        return self._refunds.waiting

    def admit(
        self,
        user_id: int,
        plan_id: int | None,
        action: str,
        problem_id: int | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Decision:
        """Lets a user do an action now if no limit of the plan is reached, and then counts and logs it.

        `metadata` is JSON of at most 8 KB. Without the table, `source` is "share" or "memory"; a use
        allowed by the share has a receipt only if it may be charged, and then keeps it: it is admitted.
        Raises `LimiterUnavailable` when the table cannot be asked and the action does not go without;
        what may be charged then is given back by later requests. Raises `InvalidInput`, and as they are
        `TableMissing`, `AccessDenied` and other faults of the set-up.

        That of `UsageLogRepository.admit`: mostly one UpdateItem, 1 to 4 WCU, and no call for a known
        denial, an action that the plan does not have, or while the breaker is open. Once in 10 s and plan
        one GetItem: 0.5 RCU. Refunds that were put off: one UpdateItem each, at most 4. All calls
        together end within 1.8 s, and after one without an answer no other is made.
        """
        with within(self._usage.seconds):
            return self._admit(user_id, plan_id, action, problem_id, metadata)

    def _admit(
        self,
        user_id: int,
        plan_id: int | None,
        action: str,
        problem_id: int | None,
        metadata: Mapping[str, Any] | None,
    ) -> Decision:
        began = self._clock()
        declared = action_of(action)
        found = self._plans.of(plan_id)
        limits = declared.limits(found.per_day[action])
        if limits[0].count < 1:
            return self._never(limits)
        if found.outage is not None:
            return self._without_table(declared, user_id, limits, found.outage)
        try:
            self._refunds.settle(_REFUNDS_A_CALL, (user_id, action))
            decision = self._gate.ask(
                lambda: self._usage.admit(user_id, action, limits, problem_id, metadata),
                lambda answer: answer.source == "table",
            )
        except Outage as outage:
            return self._without_table(declared, user_id, limits, outage)
        if self._refunds.waiting and self._clock() - began < _SPARE_SECONDS:
            self._settle_others()
        return decision

    def admit_user(
        self,
        user: Subscriber,
        action: str,
        problem_id: int | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Decision:
        """`admit` for a user's record."""
        return self.admit(user["user_id"], user["subscription_plan_id"], action, problem_id, metadata)

    def check(self, user_id: int, plan_id: int | None, action: str) -> Decision | None:
        """What a user has left of today's uses, for showing: nothing is counted, and the day alone is read.

        None when the table cannot be asked: a page does not fail for a number on it. Raises as `admit`,
        `LimiterUnavailable` apart. One GetItem: 0.5 RCU, and that of the plan once in 10 s.
        """
        declared = action_of(action)
        found = self._plans.of(plan_id)
        limit = Limit(found.per_day[action])
        if limit.count < 1:
            return self._never(declared.limits(limit.count))
        try:
            if found.outage is not None:
                raise found.outage
            allowed, count, reset = self._gate.ask(
                lambda: self._usage.check_rate_limit(user_id, action, limit.count)
            )
        except Outage as outage:
            self._journal.note("quota_not_read", user_id=user_id, action=action, cause=outage.why)
            return None
        if not allowed:
            return decide(windows_of((limit,), self._now()), [count], self._now())
        use = WindowUse(limit.count, limit.seconds, count, reset)
        return Decision(True, count, limit.count, use.remaining, reset, 0, (use,))

    def refund(self, charged: Decision | Receipt) -> bool:
        """Gives a use back: True if it was charged until now. Giving back twice changes nothing.

        False also when it was too late (10 minutes), or the table cannot be asked: then a later request
        does it. Cost as `UsageLogRepository.refund`: mostly one UpdateItem, 1 to 4 WCU.
        """
        if isinstance(charged, Receipt):
            return self._refunds.give_back(charged, unknown=False)
        if charged.receipt is None:
            return False
        return self._refunds.give_back(charged.receipt, unknown=charged.source == "share")

    @contextmanager
    def using(self, decision: Decision) -> Iterator[Decision]:
        """Gives an admitted use back if the block raises."""
        try:
            yield decision
        except BaseException:
            self.refund(decision)
            raise

    @contextmanager
    def paid(
        self,
        user: Subscriber,
        action: str,
        problem_id: int | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Iterator[Decision]:
        """A block that a use pays for: it is charged before, and given back if the block raises.

        Raises `NotAdmitted` with the decision when a limit is reached, otherwise as `admit`. Cost as
        `admit`, and `refund` for a block that fails.
        """
        decision = self.admit_user(user, action, problem_id, metadata)
        if not decision.allowed:
            raise NotAdmitted(action, decision)
        with self.using(decision):
            yield decision

    def _never(self, limits: tuple[Limit, ...]) -> Decision:
        """The denial of an action that the plan does not have: without a call."""
        now = self._now()
        return decide(windows_of(limits, now), [0 for _ in limits], now, source="memory")

    def _settle_others(self) -> None:
        try:
            self._refunds.settle(_REFUNDS_A_CALL)
        except Outage:
            return  # the use is admitted; what could not be given back waits on

    def _without_table(
        self, declared: Action, user_id: int, limits: tuple[Limit, ...], outage: Outage
    ) -> Decision:
        """The decision by the action's outage policy. Raises `LimiterUnavailable`."""
        now, policy, receipt = self._now(), declared.outage, outage.receipt
        about: dict[str, Any] = {"user_id": user_id, "action": declared.name, "cause": outage.why}
        if receipt is not None:
            self._journal.note(
                "admission_unknown", **about, use_id=receipt.use_id, day=receipt.day.isoformat()
            )
        known = self._usage.known_denial(user_id, declared.name, limits, surely=False)
        if known is not None:
            if receipt is not None:
                self._refunds.later(receipt, unknown=True)
            self._journal.note("denied_by_memory", **about)
            return known
        if isinstance(policy, LocalShare):
            windows = windows_of(policy.limits(limits), now)
            counts = self._share.take(user_id, declared.name, windows)
            if counts is not None:
                self._journal.note("allowed_by_share", **about, count=counts[0], share=windows[0].limit.count)
                return decide(windows, counts, now, receipt=receipt, source="share")
        if receipt is not None:
            self._refunds.later(receipt, unknown=True)
        wait = self._gate.retry_after
        self._journal.note("refused", **about, retry_after=wait)
        raise LimiterUnavailable(
            f"{declared.name}: the limits cannot be asked now ({outage.why})", retry_after=wait,
            hint=f"try again in {wait} s",
        ) from outage.cause  # fmt: skip


@lru_cache(maxsize=8)
def _limiter(settings: Environment) -> RateLimiter:
    return RateLimiter(UsageLogRepository(now=utc_now), PlanRepository(now=utc_now))


def limiter() -> RateLimiter:
    """The process's limiter for the configured table; no call is made. Raises `AccessDenied` without credentials."""
    return _limiter(environment())


def forget() -> None:
    """Drops the process's limiters, after the settings or the credentials changed."""
    _limiter.cache_clear()
