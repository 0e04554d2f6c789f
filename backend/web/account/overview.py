"""The account page: profile, plan, daily usage, sessions, and the form that changes the name."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from api.accounts.sign_in import list_sessions
from api.dynamodb.schema.records import User
from api.http.errors import ApiError
from api.limits.actions import ACTIONS
from api.me.profile import MAX_NAME, change_profile, clean_name, plan_of
from web.quotas import quota_of
from web.redirects import SeeOther
from web.responses import render_page
from web.visitors import signed_in, user_of, visitor_of


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def account(request: HttpRequest) -> HttpResponse:
    """The account page and the form that changes the name. An invalid name shows the form again (422)."""
    user = user_of(request)
    if request.method != "POST":
        return _page(request, user, user["name"] or "")
    typed = request.POST.get("name", "")
    try:
        name = clean_name(typed)
    except ApiError as error:
        return _page(request, user, typed, error.fields[0].message(_))
    if name != user["name"]:
        change_profile(user["user_id"], name)
    messages.success(request, _("Name saved."))
    return SeeOther(reverse("account"))


def _page(request: HttpRequest, user: User, name: str, error: str = "") -> HttpResponse:
    """Renders the page. Two GetItems of usage, one of the plan, one Query of sessions: 3 RCU."""
    context: dict[str, Any] = {
        "user": user,
        "name": name,
        "error": error,
        "max_name": MAX_NAME,
        "plan": plan_of(user),
        "quotas": [(action, quota_of(user, action)) for action in ACTIONS],
        "sessions": list_sessions(user["user_id"]),
        "this_session": visitor_of(request).identity.session_id,
    }
    return render_page(request, "web/account/account.html", context, status=422 if error else 200)
