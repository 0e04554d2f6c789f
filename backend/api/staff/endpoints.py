"""Users, plans and the audit log, for staff."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router

from api.accounts.identity import identity_of
from api.composition import repositories
from api.dynamodb.schema.entities import USAGE_RETENTION_DAYS
from api.dynamodb.schema.ids import MAX_ID
from api.dynamodb.schema.records import User
from api.http.conditional import expected_version, versioned_response
from api.http.json_responses import json_response
from api.http.openapi import ETAG, IF_MATCH, LINK, LOCATION, responses, with_headers
from api.http.paging import CursorQuery, LimitQuery, page_response, unseal
from api.http.problem_types import (
    FORBIDDEN,
    INVALID,
    NOT_FOUND,
    PRECONDITION_FAILED,
    PRECONDITION_REQUIRED,
    UNAUTHENTICATED,
)
from api.staff import plans, users
from api.staff.access import staff_only
from api.staff.models import (
    AuditPage,
    PlanChanges,
    PlanIn,
    StaffPlanOut,
    StaffPlanPage,
    StaffUserOut,
    StaffUserPage,
    UserChanges,
    UsesOut,
    user_document,
)

router = Router(tags=["staff"], auth=staff_only)
UserId = Annotated[int, Path(ge=0, le=MAX_ID)]
PlanId = Annotated[int, Path(ge=0, le=MAX_ID)]
_STAFF = (UNAUTHENTICATED, FORBIDDEN, INVALID)


def _user_response(user: User) -> HttpResponse:
    return versioned_response(user_document(user), user["user_id"], user["version"])


@router.get(
    "/users/",
    response=responses(StaffUserPage, *_STAFF),
    operation_id="list_users",
    openapi_extra=with_headers(200, LINK),
)
def list_users(
    request: HttpRequest,
    contains: Annotated[
        str | None, Query(min_length=2, max_length=320, description="a part of the name or of the address")
    ] = None,
    limit: LimitQuery = 50,
    cursor: CursorQuery = None,
) -> HttpResponse:
    """All users, newest first. With `contains`, a page looks at 1,000 users and may be empty and still have a `next`.

    The `limit` does not count then.
    """
    if contains is not None:
        scope = f"users-with|{contains}|{identity_of(request).reader}"
        matches = users.search_users(contains, cursor=unseal(cursor, scope)).page
        return page_response(request, [user_document(user) for user in matches], matches, scope)
    scope = f"users|{identity_of(request).reader}"
    page = users.list_users(limit=limit, cursor=unseal(cursor, scope))
    return page_response(request, [user_document(user) for user in page], page, scope)


@router.get(
    "/users/by-email/",
    response=responses(StaffUserOut, *_STAFF, NOT_FOUND),
    operation_id="get_user_by_email",
    openapi_extra=with_headers(200, ETAG),
)
def get_user_by_email(
    request: HttpRequest, email: Annotated[str, Query(min_length=1, max_length=320)]
) -> HttpResponse:
    """The user who has this address; letter case does not matter."""
    return _user_response(users.user_by_email(email))


@router.get(
    "/users/{user_id}/",
    response=responses(StaffUserOut, *_STAFF, NOT_FOUND),
    operation_id="get_user",
    openapi_extra=with_headers(200, ETAG),
)
def get_user(request: HttpRequest, user_id: UserId) -> HttpResponse:
    """A user as it is now, with its version as ETag."""
    return _user_response(users.user_by_id(user_id))


@router.patch(
    "/users/{user_id}/",
    response=responses(StaffUserOut, *_STAFF, NOT_FOUND, PRECONDITION_FAILED, PRECONDITION_REQUIRED),
    operation_id="change_user",
    openapi_extra={**with_headers(200, ETAG), **IF_MATCH},
)
def change_user(request: HttpRequest, user_id: UserId, payload: UserChanges) -> HttpResponse:
    """Changes plan, activity or staff right; closing an account ends its sessions. Nobody takes their own right."""
    version = expected_version(request, user_id)
    staff_id = identity_of(request).user_id
    return _user_response(
        users.change_user(staff_id, user_id, payload.sent_fields(), expected_version=version)
    )


@router.get(
    "/users/{user_id}/usage/",
    response=responses(UsesOut, *_STAFF, NOT_FOUND),
    operation_id="get_usage_of_user",
)
def get_usage_of_user(
    request: HttpRequest,
    user_id: UserId,
    days: Annotated[int, Query(ge=1, le=USAGE_RETENTION_DAYS, description="how many, today included")] = 30,
) -> HttpResponse:
    """How often a user used each limited action on each of the last days; uses are kept for 90 days."""
    items = [{"day": day, "uses": uses} for day, uses in users.uses_by_day(user_id, days)]
    return json_response({"user_id": user_id, "items": items})


@router.get(
    "/plans/",
    response=responses(StaffPlanPage, *_STAFF),
    operation_id="list_plans",
    openapi_extra=with_headers(200, LINK),
)
def list_plans(request: HttpRequest, limit: LimitQuery = 50, cursor: CursorQuery = None) -> HttpResponse:
    """All plans, inactive ones too, by id."""
    scope = f"plans|{identity_of(request).reader}"
    page = plans.list_plans(limit=limit, cursor=unseal(cursor, scope))
    return page_response(request, page.items, page, scope)


@router.post(
    "/plans/",
    response=responses(StaffPlanOut, *_STAFF, status=201),
    operation_id="create_plan",
    openapi_extra=with_headers(201, LOCATION),
)
def create_plan(request: HttpRequest, payload: PlanIn) -> HttpResponse:
    """A new plan."""
    plan = plans.create_plan(identity_of(request).user_id, payload.model_dump())
    return json_response(plan, status=201, headers={"Location": f"/api/staff/plans/{plan['plan_id']}/"})


@router.patch(
    "/plans/{plan_id}/", response=responses(StaffPlanOut, *_STAFF, NOT_FOUND), operation_id="change_plan"
)
def change_plan(request: HttpRequest, plan_id: PlanId, payload: PlanChanges) -> HttpResponse:
    """Changes a plan. Limits that are lowered or raised count within 10 seconds."""
    return json_response(plans.change_plan(identity_of(request).user_id, plan_id, payload.sent_fields()))


@router.get(
    "/audit/",
    response=responses(AuditPage, *_STAFF),
    operation_id="list_audit",
    openapi_extra=with_headers(200, LINK),
)
def list_audit(
    request: HttpRequest,
    staff_id: Annotated[int | None, Query(ge=0, le=MAX_ID, description="who made the change")] = None,
    action: Annotated[str | None, Query(max_length=100, examples=["user.update"])] = None,
    target: Annotated[
        str | None, Query(max_length=100, description="such as `problem 7`, or `problem` for all")
    ] = None,
    month: Annotated[
        str | None, Query(pattern=r"^\d{4}-\d{2}$", description="in UTC, such as 2026-11")
    ] = None,
    limit: LimitQuery = 50,
    cursor: CursorQuery = None,
) -> HttpResponse:
    """Who of the staff changed what, newest first. A filtered page may be short or empty and still have a `next`."""
    scope = f"audit|{identity_of(request).reader}"
    page = repositories().audit.list_audit(
        staff_id=staff_id,
        action=action,
        target=target,
        month=month,
        limit=limit,
        cursor=unseal(cursor, scope),
    )
    return page_response(request, page.items, page, scope)
