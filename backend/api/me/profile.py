"""Who I am to the service: the profile, the plan that holds for me, and changing my name."""

from __future__ import annotations

from typing import Any, NamedTuple

from api.composition import repositories
from api.dynamodb.schema.records import User
from api.dynamodb.usage_limits.windows import Limit
from api.http.errors import ApiError, invalid_field
from api.http.text_rules import InvalidText, checked_name
from api.limits.actions import ACTIONS

MAX_NAME = 100
# What people without a plan, or with one that is not offered any more, have the limits of.
DEFAULT_PLAN = "Free"


class PlanInForce(NamedTuple):
    """The plan whose limits hold for a user, None for the defaults; `limits` by action, a day's first."""

    plan_id: int | None
    name: str
    limits: dict[str, tuple[Limit, ...]]


def plan_of(user: User) -> PlanInForce:
    """The plan of a user. One GetItem (0.5 RCU), none for a user without a plan."""
    plan_id = user["subscription_plan_id"]
    plan = None if plan_id is None else repositories().plans.get_plan(plan_id)
    if plan is None or not plan["is_active"]:
        limits = {name: action.limits(action.default_per_day) for name, action in ACTIONS.items()}
        return PlanInForce(None, DEFAULT_PLAN, limits)
    return PlanInForce(
        plan["plan_id"], plan["name"],
        {name: action.limits(plan[action.plan_field]) for name, action in ACTIONS.items()},
    )  # fmt: skip


def clean_name(text: str) -> str:
    """A person's name as it is stored, with single spaces. Raises `ApiError`, 422."""
    try:
        return checked_name(" ".join(text.split()), MAX_NAME)
    except InvalidText as invalid:
        raise invalid_field("body.name", invalid.code, **invalid.parameters) from None


def change_profile(
    user_id: int, name: str, is_public: bool | None = None, *, expected_version: int | None = None
) -> User:
    """Changes a user's name to one of `clean_name`, and whether everyone sees the profile; returns the user.

    is_public: None leaves it as it is.

    Raises `NotFound`; `ConditionFailed` when the user's version is not `expected_version`. One GetItem (1 RCU)
    and one UpdateItem (2 WCU).
    """
    changes: dict[str, Any] = {"name": name}
    if is_public is not None:
        changes["is_profile_public"] = is_public or None
    return repositories().users.update_user(user_id, changes, expected_version=expected_version)


def set_profile_public(user_id: int, is_public: bool) -> User:
    """Shows a user's profile to everyone, or to nobody. Raises `NotFound`. One GetItem and one UpdateItem (2 WCU)."""
    return repositories().users.update_user(user_id, {"is_profile_public": is_public or None})


def public_profile(user_id: int) -> User:
    """An active user who shows the profile. Raises `ApiError`: 404 for all others. One GetItem: 0.5 RCU."""
    user = repositories().users.get_user(user_id)
    if user is None or not (user["is_active"] and user["is_profile_public"]):
        raise ApiError("profile_not_found")
    return user
