"""Staff pages of plans and their daily limits."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from api.composition import repositories
from api.dynamodb.errors import Duplicate
from api.http.errors import ApiError
from api.staff import plans as service
from web.redirects import SeeOther
from web.responses import render_page
from web.staff.conflicts import Conflict, raising_conflicts, staff_id
from web.staff.fields import rows
from web.staff.form_tokens import FIELD, earlier_id, token_of
from web.staff.listing import cursor_of, pager
from web.staff.plan_form import LISTED, PlanForm
from web.visitors import staff

_PAGE = 50


@staff
@require_http_methods(["GET", "HEAD", "POST"])
def plans(request: HttpRequest) -> HttpResponse:
    """All plans, and the form for a new one."""
    form = PlanForm(request.POST) if request.method == "POST" else PlanForm(initial={"is_active": True})
    if form.is_bound and form.is_valid():
        try:
            with raising_conflicts():
                record = service.create_plan(
                    staff_id(request), form.cleaned_data, form_token=token_of(request)
                )
            plan_id: int | None = record["plan_id"]
        except Conflict:  # the form was sent before
            plan_id = earlier_id(request)
        messages.success(request, _("Plan created."))
        return SeeOther(request.path if plan_id is None else reverse("staff-plan", args=[plan_id]))
    page = service.list_plans(limit=_PAGE, cursor=cursor_of(request, "plans"))
    context = {
        "area": "plans", "plans": page.items, "form": form, "rows": rows(form, LISTED),
        **pager(request, "plans", page),
    }  # fmt: skip
    return render_page(request, "web/staff/plans.html", context, status=422 if form.is_bound else 200)


@staff
@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: HttpRequest, plan_id: int) -> HttpResponse:
    """A plan's name and limits. Plans have no version: the later of two changes wins."""
    record = repositories().plans.get_plan(plan_id, consistent=True)
    if record is None:
        raise ApiError("plan_not_found")
    form = PlanForm(request.POST if request.method == "POST" else None, initial=dict(record))
    if form.is_bound and form.is_valid():
        changes = form.changes()
        if changes:
            try:
                service.change_plan(staff_id(request), plan_id, changes, form_token=token_of(request))
            except Duplicate as duplicate:  # it was sent before, and somebody changed the plan after that
                if duplicate.field != FIELD:
                    raise
            messages.success(request, _("Saved. Changes take effect within 10 seconds."))
        else:
            messages.info(request, _("No changes to save."))
        return SeeOther(request.path)
    context = {"area": "plans", "plan": record, "form": form, "rows": rows(form, LISTED)}
    return render_page(request, "web/staff/plan.html", context, status=422 if form.is_bound else 200)
