"""Staff's pages of users: all of them, and one with plan, rights and use."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from api.composition import repositories
from api.dynamodb.cursor import MAX_LIMIT
from api.dynamodb.ids import MAX_ID
from api.dynamodb.repositories.records import Plan, User
from api.http.faults import Refusal
from api.staff import users as service
from api.staff.plans import list_plans
from web.redirects import SeeOther
from web.staff.acting import Conflict, noticing_conflicts, staff_id
from web.staff.audit_lines import name_of
from web.staff.fields import rows
from web.staff.listing import cursor_of, pager
from web.staff.use import days_of_use
from web.staff.user_form import FIELDS, UserForm, initial_of, title_of
from web.telling import told
from web.visitors import staff
from web.wording import worded

_PAGE = 50


class Listed(NamedTuple):
    """A user in the list."""

    user: User
    name: str
    plan: str


@staff
@require_safe
def users(request: HttpRequest) -> HttpResponse:
    """Users, newest first; with `who` it leads to the one who has this address or id."""
    who = request.GET.get("who", "").strip()
    found = _find(who) if who else None
    if found is not None:
        return SeeOther(reverse("staff-user", args=[found["user_id"]]))
    page = service.list_users(limit=_PAGE, cursor=cursor_of(request, "users"))
    plans = {plan["plan_id"]: plan for plan in _plans()}
    context = {
        "area": "users", "who": who, "not_found_user": bool(who),
        "rows": [Listed(user, name_of(user, user["user_id"]), _plan_of(user, plans)) for user in page],
        **pager(request, "users", page),
    }  # fmt: skip
    return render(request, "web/staff/users.html", context)


def _find(who: str) -> User | None:
    if who.isdecimal():
        return repositories().users.get_user(int(who)) if int(who) <= MAX_ID else None
    return repositories().users.get_user_by_email(who, consistent=True)


def _plans() -> list[Plan]:
    return list_plans(limit=MAX_LIMIT).items


def _plan_of(user: User, plans: dict[int, Plan]) -> str:
    held = user["subscription_plan_id"]
    if held is None:
        return ""
    return title_of(plans[held]) if held in plans else str(held)


@staff
@require_http_methods(["GET", "HEAD", "POST"])
def user(request: HttpRequest, user_id: int) -> HttpResponse:
    """One user; a change holds only for the version that the form was filled from."""
    found, plans = service.user_by_id(user_id), _plans()
    if request.method != "POST":
        return _page(request, found, UserForm(plans, found, initial=initial_of(found)))
    form = UserForm(plans, found, request.POST, initial=initial_of(found))
    if not form.is_valid():
        return _page(request, found, form, status=422)
    if form.cleaned_data["version"] != found["version"]:
        return _conflict(request, found, plans)
    changes = form.changes()
    if not changes:
        messages.info(request, _("Nothing was changed."))
        return SeeOther(request.path)
    try:
        with noticing_conflicts():
            service.change_user(staff_id(request), user_id, changes, expected_version=found["version"])
    except Conflict:
        return _conflict(request, service.user_by_id(user_id), plans)
    except Refusal as refusal:
        form.add_error(None, worded(refusal.detail))
        return _page(request, found, form, status=refusal.kind.status)
    messages.success(request, _("Saved."))
    return SeeOther(request.path)


def _conflict(request: HttpRequest, user: User, plans: list[Plan]) -> HttpResponse:
    stored = initial_of(user)
    typed = request.POST.copy()
    typed["version"] = str(user["version"])
    form = UserForm(plans, user, typed, initial=stored)
    return _page(request, user, form, status=412, stored=stored)


def _page(
    request: HttpRequest,
    user: User,
    form: UserForm,
    *,
    status: int = 200,
    stored: dict[str, Any] | None = None,
) -> HttpResponse:
    context = {
        "area": "users", "user": user, "name": name_of(user, user["user_id"]), "form": form,
        "rows": rows(form, FIELDS, stored), "conflict": stored is not None,
        "use": days_of_use(user["user_id"]),
        "sessions": len(repositories().sessions.list_sessions(user["user_id"], limit=MAX_LIMIT)),
    }  # fmt: skip
    return told(request, "web/staff/user.html", context, status=status)
