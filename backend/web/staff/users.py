"""Staff pages of users: the list, and a single user with plan, access and usage."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from api.composition import repositories
from api.dynamodb.schema.ids import MAX_ID
from api.dynamodb.schema.records import Plan, User
from api.dynamodb.table.cursor import MAX_LIMIT
from api.http.errors import ApiError
from api.staff import users as service
from api.staff.plans import list_plans
from web.errors import detail_of
from web.redirects import SeeOther
from web.responses import render_page
from web.staff.audit_lines import name_of
from web.staff.conflicts import Conflict, raising_conflicts, staff_id
from web.staff.fields import rows
from web.staff.form_tokens import earlier_use, token_of
from web.staff.listing import cursor_of, pager
from web.staff.usage import usage_by_day
from web.staff.user_form import FIELDS, UserForm, initial_of, title_of
from web.visitors import staff

_PAGE = 50
# A search for one character would match nearly everybody; addresses have at most 254.
_SHORTEST, _LONGEST = 2, 254


class UserRow(NamedTuple):
    """A user in the list."""

    user: User
    name: str
    plan: str


@staff
@require_safe
def users(request: HttpRequest) -> HttpResponse:
    """Users, newest first. With `who` redirects to the user with this email address or id, or searches for it."""
    who = request.GET.get("who", "").strip()[:_LONGEST]
    match = find_user(who) if who and "cursor" not in request.GET else None
    if match is not None:
        return SeeOther(reverse("staff-user", args=[match["user_id"]]))
    search = None
    if len(who) >= _SHORTEST:
        search = service.search_users(who, cursor=cursor_of(request, f"users-with|{who}"))
        page = search.page
    else:
        page = service.list_users(limit=_PAGE, cursor=cursor_of(request, "users"))
    plans = {plan["plan_id"]: plan for plan in _plans()}
    context = {
        "area": "users", "who": who, "search": search, "too_short": 0 < len(who) < _SHORTEST,
        "rows": [UserRow(user, name_of(user, user["user_id"]), _plan_of(user, plans)) for user in page],
        **pager(request, f"users-with|{who}" if search else "users", page),
    }  # fmt: skip
    return render(request, "web/staff/users.html", context)


def find_user(who: str) -> User | None:
    """The user of an id or an email address; None if there is none. One or two GetItems."""
    if who.isdecimal():
        return repositories().users.get_user(int(who)) if int(who) <= MAX_ID else None
    return repositories().users.get_user_for_sign_in(who)


def _plans() -> list[Plan]:
    return list_plans(limit=MAX_LIMIT).items


def _plan_of(user: User, plans: dict[int, Plan]) -> str:
    plan_id = user["subscription_plan_id"]
    if plan_id is None:
        return ""
    return title_of(plans[plan_id]) if plan_id in plans else str(plan_id)


@staff
@require_http_methods(["GET", "HEAD", "POST"])
def user(request: HttpRequest, user_id: int) -> HttpResponse:
    """A single user. Saves only if the version is still the one that the form was filled from."""
    account, plans = service.user_by_id(user_id), _plans()
    if request.method != "POST":
        return _page(request, account, UserForm(plans, account, initial=initial_of(account)))
    form = UserForm(plans, account, request.POST, initial=initial_of(account))
    if not form.is_valid():
        return _page(request, account, form, status=422)
    if form.cleaned_data["version"] != account["version"]:
        return _conflict(request, account, plans)
    changes = form.changes()
    if not changes:
        messages.info(request, _("No changes to save."))
        return SeeOther(request.path)
    try:
        with raising_conflicts():
            service.change_user(
                staff_id(request), user_id, changes, expected_version=account["version"],
                form_token=token_of(request),
            )  # fmt: skip
    except Conflict:
        return _conflict(request, service.user_by_id(user_id), plans)
    except ApiError as error:
        form.add_error(None, detail_of(error))
        return _page(request, account, form, status=error.problem.status)
    messages.success(request, _("Saved."))
    return SeeOther(request.path)


def _conflict(request: HttpRequest, user: User, plans: list[Plan]) -> HttpResponse:
    if earlier_use(request) is not None:  # by this form, which was sent before
        messages.success(request, _("Saved."))
        return SeeOther(request.path)
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
        "usage": usage_by_day(user["user_id"]),
        "sessions": len(repositories().sessions.list_sessions(user["user_id"], limit=MAX_LIMIT)),
    }  # fmt: skip
    return render_page(request, "web/staff/user.html", context, status=status)
