"""What is told to me about me, and what I may send."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, Field

from api.dynamodb.schema.records import User
from api.http.request_bodies import RequestBody
from api.me.profile import MAX_NAME, PlanInForce
from api.me.statistics import Statistics
from api.me.usage import ActionUse

# Anything but control characters, and something that can be seen.
_NAME = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
NOT_KNOWN = "The numbers cannot be read at the moment; what is used is still counted."


class LimitOut(BaseModel):
    """At most `count` uses of an action in a window."""

    action: str
    count: int
    seconds: int = Field(description="length of the window; 86400 is a day of the product's time zone")


class PlanOut(BaseModel):
    """The plan whose limits hold for me; without an id the default one."""

    plan_id: int | None
    name: str
    limits: list[LimitOut]


class ProfileOut(BaseModel):
    """My account."""

    user_id: int
    email: str | None
    name: str | None
    picture: str | None
    plan: PlanOut
    is_staff: bool
    is_profile_public: bool
    created_at: datetime | None
    version: int


class ProfileIn(RequestBody):
    """What may be changed of my account."""

    name: str = Field(
        min_length=1, max_length=MAX_NAME, pattern=_NAME, description="shown beside my public runs"
    )
    is_profile_public: bool | None = Field(
        default=None,
        description="whether everyone sees my profile at `/people/{user_id}/`; null leaves it as it is",
    )


class ActionUseOut(BaseModel):
    """An action today; numbers are null while they cannot be read."""

    action: str
    limit: int | None
    used: int | None
    remaining: int | None
    resets_at: datetime
    resets_in: int = Field(description="whole seconds until the count starts anew")


class UsageOut(BaseModel):
    """What I may still do today; `note` says why numbers are missing, null if none is."""

    items: list[ActionUseOut]
    note: str | None


class PlatformOut(BaseModel):
    """My runs on a platform, and its problems that I solved."""

    platform: str
    runs: int
    solved: int


class LanguageOut(BaseModel):
    """My runs in a language."""

    language: str
    runs: int


class DayOut(BaseModel):
    """My runs of a day."""

    date: date
    runs: int


class StatisticsOut(BaseModel):
    """What I have done. A problem is solved when a run passed all of its test cases."""

    runs: int
    passed_runs: int
    solved: int
    by_platform: list[PlatformOut]
    by_language: list[LanguageOut]
    activity: list[DayOut] = Field(description="the last 365 days, today last")
    time_zone: str = Field(description="of the days")
    complete: bool = Field(description="false while older runs are still being added up: ask again")


class DeletionIn(RequestBody):
    """The will to delete my account."""

    confirm: str = Field(max_length=320, description="my e-mail address, or DELETE")


def plan_document(plan: PlanInForce) -> dict[str, Any]:
    """A `PlanOut`."""
    limits = [
        {"action": action, "count": limit.count, "seconds": limit.seconds}
        for action, action_limits in plan.limits.items()
        for limit in action_limits
    ]
    return {"plan_id": plan.plan_id, "name": plan.name, "limits": limits}


def profile_document(user: User, plan: PlanInForce) -> dict[str, Any]:
    """A `ProfileOut`."""
    return {
        "user_id": user["user_id"], "email": user["email"], "name": user["name"], "picture": user["picture"],
        "plan": plan_document(plan), "is_staff": user["is_staff"], "is_profile_public": bool(user["is_profile_public"]),
        "created_at": user["created_at"],
        "version": user["version"],
    }  # fmt: skip


def usage_document(uses: list[ActionUse]) -> dict[str, Any]:
    """A `UsageOut`."""
    note = None if all(use.is_known for use in uses) else NOT_KNOWN
    return {"items": [use._asdict() for use in uses], "note": note}


def statistics_document(statistics: Statistics) -> dict[str, Any]:
    """A `StatisticsOut`."""
    return {
        "runs": statistics.runs, "passed_runs": statistics.passed_runs, "solved": statistics.solved,
        "by_platform": [
            {"platform": name, "runs": runs, "solved": solved} for name, runs, solved in statistics.by_platform
        ],
        "by_language": [{"language": name, "runs": runs} for name, runs in statistics.by_language],
        "activity": [{"date": day, "runs": runs} for day, runs in statistics.activity],
        "time_zone": statistics.zone,
        "complete": statistics.complete,
    }  # fmt: skip
