"""Who I am to the service: the profile, the plan that holds for me, and changing my name."""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

from api.composition import repositories
from api.dynamodb.repositories.records import User
from api.dynamodb.windows import Limit
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
    """A name as it is stored: single spaces, none at the ends. Raises ValueError for one that cannot be used."""
    name = " ".join(text.split())
    if not name:
        raise ValueError("give the name that others see beside your public runs")
    if len(name) > MAX_NAME:
        raise ValueError(f"at most {MAX_NAME} characters")
    if any(unicodedata.category(character) == "Cc" for character in name):
        raise ValueError("no control characters")
    return name


def rename(user_id: int, name: str, *, expected_version: int | None = None) -> User:
    """Changes a user's name to a clean one, and returns the user.

    Raises `NotFound`; `ConditionFailed` when the user's version is not `expected_version`. One GetItem (1 RCU)
    and one UpdateItem (2 WCU).
    """
    return repositories().users.update_user(user_id, {"name": name}, expected_version=expected_version)
