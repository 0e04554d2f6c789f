"""Staff's pages of plans: what each allows a day."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from api.composition import repositories
from api.http.faults import NOT_FOUND, Refusal
from api.staff import plans as service
from web.redirects import SeeOther
from web.staff.acting import staff_id
from web.staff.fields import rows
from web.staff.listing import cursor_of, pager
from web.staff.plan_form import LISTED, PlanForm
from web.telling import told
from web.visitors import staff

_PAGE = 50


@staff
@require_http_methods(["GET", "HEAD", "POST"])
def plans(request: HttpRequest) -> HttpResponse:
    """All plans, and a form for a new one."""
    form = PlanForm(request.POST) if request.method == "POST" else PlanForm(initial={"is_active": True})
    if form.is_bound and form.is_valid():
        plan = service.create_plan(staff_id(request), form.cleaned_data)
        messages.success(request, _("The plan is there."))
        return SeeOther(reverse("staff-plan", args=[plan["plan_id"]]))
    page = service.list_plans(limit=_PAGE, cursor=cursor_of(request, "plans"))
    context = {
        "area": "plans", "plans": page.items, "form": form, "rows": rows(form, LISTED),
        **pager(request, "plans", page),
    }  # fmt: skip
    return told(request, "web/staff/plans.html", context, status=422 if form.is_bound else 200)


@staff
@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: HttpRequest, plan_id: int) -> HttpResponse:
    """A plan's name and limits. Plans have no version: of two changes of one field the later one holds."""
    found = repositories().plans.get_plan(plan_id, consistent=True)
    if found is None:
        raise Refusal(NOT_FOUND, "There is no such plan.")
    form = PlanForm(request.POST if request.method == "POST" else None, initial=dict(found))
    if form.is_bound and form.is_valid():
        changes = form.changes()
        if changes:
            service.change_plan(staff_id(request), plan_id, changes)
            messages.success(request, _("Saved: it counts within ten seconds."))
        else:
            messages.info(request, _("Nothing was changed."))
        return SeeOther(request.path)
    context = {"area": "plans", "plan": found, "form": form, "rows": rows(form, LISTED)}
    return told(request, "web/staff/plan.html", context, status=422 if form.is_bound else 200)
