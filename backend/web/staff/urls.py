"""The addresses of staff's pages."""

from __future__ import annotations

from django.urls import path

from web.staff import audit, cases, overview, plans, problems, users

urlpatterns = [
    path("staff/", overview.overview, name="staff"),
    path("staff/problems/", problems.drafts, name="staff-problems"),
    path("staff/problems/new/", problems.new, name="staff-new-problem"),
    path("staff/problems/<int:problem_id>/", problems.edit, name="staff-problem"),
    path("staff/problems/<int:problem_id>/cases/", cases.cases, name="staff-cases"),
    path("staff/problems/<int:problem_id>/publish/", problems.publish, name="staff-publish"),
    path("staff/problems/<int:problem_id>/retire/", problems.retire, name="staff-retire"),
    path("staff/users/", users.users, name="staff-users"),
    path("staff/users/<int:user_id>/", users.user, name="staff-user"),
    path("staff/plans/", plans.plans, name="staff-plans"),
    path("staff/plans/<int:plan_id>/", plans.plan, name="staff-plan"),
    path("staff/audit/", audit.audit, name="staff-audit"),
]
