"""What staff do with subscription plans: list, add, change. Plans are never deleted: users may have them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.composition import repositories
from api.dynamodb.cursor import Page
from api.dynamodb.repositories import AuditNote
from api.dynamodb.repositories.records import Plan
from api.http.faults import NOT_FOUND, Refusal, invalid

MAX_NAME, MAX_USES = 100, 1_000_000


def list_plans(*, limit: int = 50, cursor: str | None = None) -> Page[Plan]:
    """All plans by id. One Query: 0.5 RCU for each 4 KB, about 40 plans."""
    return repositories().plans.list_plans(limit=limit, cursor=cursor)


def create_plan(staff_id: int, fields: Mapping[str, Any]) -> Plan:
    """A new plan: name, uses a day, whether it is offered. Raises `Refusal`: 422. One TransactWriteItems: 6 WCU."""
    return repositories().plans.create_plan(_named(fields), audit=AuditNote(staff_id, "plan.create"))


def change_plan(staff_id: int, plan_id: int, changes: Mapping[str, Any]) -> Plan:
    """Changes some fields; the plan as it is now. Processes honour new limits after 10 s.

    Raises `Refusal`: 404, 422; `ConditionFailed` when others keep changing it. One GetItem (1 RCU), and if there is
    something to change one more with a TransactWriteItems: 6 WCU.
    """
    plan = repositories().plans.get_plan(plan_id, consistent=True)
    if plan is None:
        raise Refusal(NOT_FOUND, "There is no such plan.")
    known: Mapping[str, Any] = {**plan}
    fresh = {name: value for name, value in _named(changes).items() if known[name] != value}
    if not fresh:
        return plan
    return repositories().plans.update_plan(plan_id, fresh, audit=AuditNote(staff_id, "plan.update"))


def _named(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields, outer spaces off the name."""
    if "name" not in fields:
        return dict(fields)
    name = str(fields["name"]).strip()
    if not 1 <= len(name) <= MAX_NAME:
        raise invalid("body.name", f"1 to {MAX_NAME} characters")
    return {**fields, "name": name}
