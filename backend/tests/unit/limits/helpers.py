"""Helpers of the limiter's unit tests: clocks that tests move, and repositories that return what tests set."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from api.dynamodb.errors import DataLayerError
from api.dynamodb.repositories import PlanRepository, UsageLogRepository
from api.dynamodb.usage_limits.decisions import Receipt

NOON = datetime(2026, 11, 21, 3, tzinfo=UTC)  # 12:00 in Seoul


@dataclass
class Seconds:
    """A monotonic clock that moves only by `advance`."""

    value: float = 1_000.0

    def __call__(self) -> float:
        return self.value

    def advance(self, seconds: float) -> None:
        self.value += seconds


@dataclass
class Moment:
    """A wall clock that moves only by `advance`."""

    value: datetime = NOON

    def __call__(self) -> datetime:
        return self.value

    def advance(self, seconds: float) -> None:
        self.value += timedelta(seconds=seconds)


@dataclass
class Answers:
    """A repository whose methods return or raise `next` and record their `calls`."""

    next: Any = None
    calls: list[tuple[Any, ...]] = field(default_factory=list)

    def _respond(self, *arguments: Any) -> Any:
        self.calls.append(arguments)
        if isinstance(self.next, BaseException):
            raise self.next
        return self.next

    get_plan = refund = admit = check_rate_limit = _respond

    @property
    def plans(self) -> PlanRepository:
        return cast(PlanRepository, self)

    @property
    def usage(self) -> UsageLogRepository:
        return cast(UsageLogRepository, self)


def receipt(user_id: int = 1, at: datetime = NOON, use_id: str = "abcdefgh") -> Receipt:
    return Receipt(user_id, "hint", at.date(), use_id, at)


def plan(hints: int, executions: int = 50, *, is_active: bool = True) -> dict[str, Any]:
    return {
        "plan_id": 1, "name": "Free", "max_hints_per_day": hints, "max_executions_per_day": executions,
        "is_active": is_active, "created_at": NOON,
    }  # fmt: skip


def failure(kind: type[DataLayerError]) -> DataLayerError:
    return kind("for a test")
