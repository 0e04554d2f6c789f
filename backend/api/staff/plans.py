"""Subscription plans for staff: list, add, change. Plans are never deleted: users may have them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.composition import repositories
from api.dynamodb.repositories import AuditNote
from api.dynamodb.schema.records import Plan
from api.dynamodb.table.cursor import Page
from api.http.errors import ApiError, invalid_field
from api.http.text_rules import InvalidText, checked_name

MAX_NAME, MAX_USES = 100, 1_000_000


def list_plans(*, limit: int = 50, cursor: str | None = None) -> Page[Plan]:
    """All plans by id. One Query: 0.5 RCU for each 4 KB, about 40 plans."""
    return repositories().plans.list_plans(limit=limit, cursor=cursor)


def create_plan(staff_id: int, fields: Mapping[str, Any], *, form_token: str | None = None) -> Plan:
    """A new plan: name, uses a day, whether it is offered.

    Raises `ApiError`: 422; `Duplicate` of `form_token` for a form that was sent before (see `AuditNote`). One
    TransactWriteItems: 4 WCU, 6 with a token.
    """
    note = AuditNote(staff_id, "plan.create", form_token)
    return repositories().plans.create_plan(_named(fields), audit=note)


def change_plan(
    staff_id: int, plan_id: int, changes: Mapping[str, Any], *, form_token: str | None = None
) -> Plan:
    """Changes some fields; the plan as it is now. Processes honour new limits after 10 s.

    Raises `ApiError`: 404, 422; `ConditionFailed` when others keep changing it; `Duplicate` as `create_plan`. One
    GetItem (1 RCU), and if there is something to change one more with a TransactWriteItems: 4 WCU, 6 with a token.
    """
    plan = repositories().plans.get_plan(plan_id, consistent=True)
    if plan is None:
        raise ApiError("plan_not_found")
    current: Mapping[str, Any] = {**plan}
    fresh = {name: value for name, value in _named(changes).items() if current[name] != value}
    if not fresh:
        return plan
    return repositories().plans.update_plan(
        plan_id, fresh, audit=AuditNote(staff_id, "plan.update", form_token)
    )


def _named(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields, with the name as it is stored."""
    if "name" not in fields:
        return dict(fields)
    try:
        return {**fields, "name": checked_name(str(fields["name"]), MAX_NAME)}
    except InvalidText as invalid:
        raise invalid_field("body.name", invalid.code, **invalid.parameters) from None
