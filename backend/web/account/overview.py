"""The account page: profile, plan, daily usage, sessions, and the form that changes the name."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from api.accounts.sign_in import list_sessions
from api.composition import repositories
from api.dynamodb.schema.records import User
from api.http.errors import ApiError
from api.limits.actions import ACTIONS
from api.me.profile import MAX_NAME, clean_name, plan_of, rename
from config.environment import environment
from web.account.time_zone import time_zone_choices
from web.preferences.time_zone import remember_zone, use_zone
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
        rename(user["user_id"], name)
    messages.success(request, _("Name saved."))
    return SeeOther(reverse("account"))


def _page(request: HttpRequest, user: User, name: str, error: str = "") -> HttpResponse:
    """Renders the page. Two GetItems of usage, one each of plan and practice, one Query of sessions: 4 RCU."""
    practice = repositories().practice.get_practice(user["user_id"], consistent=True)
    use_zone(practice.time_zone)
    context: dict[str, Any] = {
        "time_zone": practice.time_zone,
        "time_zones": time_zone_choices(),
        "product_zone": environment().time_zone.key,
        "user": user,
        "name": name,
        "error": error,
        "max_name": MAX_NAME,
        "plan": plan_of(user),
        "quotas": [(action, quota_of(user, action)) for action in ACTIONS],
        "sessions": list_sessions(user["user_id"]),
        "this_session": visitor_of(request).identity.session_id,
    }
    response = render_page(request, "web/account/account.html", context, status=422 if error else 200)
    remember_zone(request, response, practice.time_zone)
    return response
