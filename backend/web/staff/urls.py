"""URLs of the staff pages."""

from __future__ import annotations

from django.urls import path

from web import converters  # noqa: F401 (the converter `id`)
from web.staff import (
    audit,
    cases,
    hint_gaps,
    overview,
    plans,
    problems,
    publishing,
    single_case,
    statement,
    users,
)

urlpatterns = [
    path("staff/", overview.overview, name="staff"),
    path("staff/problems/", problems.drafts, name="staff-problems"),
    path("staff/problems/new/", problems.new, name="staff-new-problem"),
    path("staff/problems/hints/", hint_gaps.hint_gaps, name="staff-hint-gaps"),
    path("staff/problems/<id:problem_id>/", problems.edit, name="staff-problem"),
    path(
        "staff/problems/<id:problem_id>/statement/<language:language>/",
        statement.statement,
        name="staff-statement",
    ),
    path("staff/problems/<id:problem_id>/cases/", cases.cases, name="staff-cases"),
    path("staff/problems/<id:problem_id>/cases/<id:case_id>/", single_case.case, name="staff-case"),
    path(
        "staff/problems/<id:problem_id>/cases/<id:case_id>/delete/",
        single_case.delete,
        name="staff-case-delete",
    ),
    path("staff/problems/<id:problem_id>/publish/", publishing.publish, name="staff-publish"),
    path("staff/problems/<id:problem_id>/retire/", publishing.retire, name="staff-retire"),
    path("staff/users/", users.users, name="staff-users"),
    path("staff/users/<id:user_id>/", users.user, name="staff-user"),
    path("staff/plans/", plans.plans, name="staff-plans"),
    path("staff/plans/<id:plan_id>/", plans.plan, name="staff-plan"),
    path("staff/audit/", audit.audit, name="staff-audit"),
]
