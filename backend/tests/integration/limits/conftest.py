"""Fixtures of the limiter's tests: a limiter on a real engine, behind a proxy that can cut it off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from api.dynamodb.repositories import PlanRepository, UsageLogRepository
from api.dynamodb.transport import factory
from api.dynamodb.usage_limits.windows import local_day
from api.limits import RateLimiter
from tests.integration.repositories.conftest import ALICE, Clock, clock, patient_clients, table
from tests.support.engines import Engine
from tests.support.fault_proxy import Call, Fault, FaultProxy
from tests.unit.limits.helpers import Seconds

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

__all__ = ["Seconds", "clock", "patient_clients", "table"]

FREE, PRO, OLD, NO_HINTS, MISSING = 1, 2, 3, 4, 99


@dataclass
class Faults:
    """What happens to every call, or to those of some operations only."""

    fault: Fault | None = None
    operations: tuple[str, ...] = ()

    def __call__(self, call: Call) -> Fault | None:
        return self.fault if not self.operations or call.operation in self.operations else None


@dataclass
class LimiterSetup:
    """A limiter whose calls go through `proxy`, and repositories that reach the engine past it."""

    limiter: RateLimiter
    proxy: FaultProxy
    faults: Faults
    usage: UsageLogRepository
    plans: PlanRepository
    clock: Clock
    seconds: Seconds

    def charged(self, user_id: int = ALICE, action: str = "hint") -> int:
        """The uses that the table counts, read past the proxy."""
        return self.usage.get_usage_count(user_id, action, consistent=True)

    def logged(self, user_id: int = ALICE, action: str = "hint") -> int:
        """How many logs of today the table has."""
        today = local_day(self.clock())
        return len(self.usage.get_usage_of_day(user_id, action, today, limit=100).items)

    def fail_calls(self, fault: Fault | None = Fault.CUT, *operations: str) -> None:
        """From now on the limiter's calls fail in this way."""
        self.faults.fault, self.faults.operations = fault, operations

    def recover(self) -> None:
        """The engine answers again."""
        self.fail_calls(None)


@pytest.fixture
def fresh_ways() -> Iterator[None]:
    """The connections of one test end with it."""
    yield
    factory.clear_cache()


@pytest.fixture
def new_limiter(clock: Clock) -> Callable[[Seconds], RateLimiter]:
    """Makes a limiter for the configured table."""

    def make(seconds: Seconds) -> RateLimiter:
        return RateLimiter(UsageLogRepository(now=clock), PlanRepository(now=clock), now=clock, clock=seconds)

    return make


@pytest.fixture
def setup(
    table: Table,
    clock: Clock,
    use_engine: Engine,
    use_settings: Callable[..., None],
    new_limiter: Callable[[Seconds], RateLimiter],
    fresh_ways: None,
) -> Iterator[LimiterSetup]:
    usage, plans = UsageLogRepository(table, now=clock), PlanRepository(table, now=clock)
    rows: list[dict[str, Any]] = [
        {"plan_id": FREE, "name": "Free", "max_hints_per_day": 3, "max_executions_per_day": 50},
        {"plan_id": PRO, "name": "Pro", "max_hints_per_day": 100, "max_executions_per_day": 1000},
        {"plan_id": OLD, "name": "Old", "max_hints_per_day": 30, "max_executions_per_day": 300},
        {"plan_id": NO_HINTS, "name": "Runs", "max_hints_per_day": 0, "max_executions_per_day": 10},
    ]
    for row in rows:
        plans.create_plan({**row, "is_active": row["plan_id"] != OLD})
    faults, seconds = Faults(), Seconds()
    with FaultProxy(use_engine.endpoint_url, decide=faults) as proxy:
        use_settings(LOCALSTACK_URL=proxy.url)
        yield LimiterSetup(new_limiter(seconds), proxy, faults, usage, plans, clock, seconds)
