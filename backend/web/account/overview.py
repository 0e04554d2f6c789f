"""The account page: profile, plan, daily usage, sessions, personal tokens, and the form that changes the name."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from api.accounts.personal_tokens import MAX_NAME as MAX_TOKEN_NAME
from api.accounts.personal_tokens import PERIODS, SCOPES, expiry_of, list_tokens, scopes_of
from api.accounts.sign_in import list_sessions
from api.composition import repositories
from api.http.errors import ApiError
from api.limits.actions import ACTIONS
from api.me.profile import MAX_NAME, change_profile, clean_name, plan_of
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
        return account_page(request)
    typed = request.POST.get("name", "")
    try:
        name = clean_name(typed)
    except ApiError as error:
        return account_page(request, status=422, name=typed, error=error.fields[0].message(_))
    if name != user["name"]:
        change_profile(user["user_id"], name)
    messages.success(request, _("Name saved."))
    return SeeOther(reverse("account"))


def account_page(request: HttpRequest, *, status: int = 200, **additions: Any) -> HttpResponse:
    """Renders the page; `additions` is what a form of it adds to the context.

    Two GetItems of usage, one each of plan and practice, two Queries of sessions and tokens: 5 RCU.
    """
    user = user_of(request)
    practice = repositories().practice.get_practice(user["user_id"], consistent=True)
    use_zone(practice.time_zone)
    tokens = [(token, scopes_of(token), expiry_of(token)) for token in list_tokens(user["user_id"])]
    context: dict[str, Any] = {
        "time_zone": practice.time_zone,
        "time_zones": time_zone_choices(),
        "product_zone": environment().time_zone.key,
        "user": user,
        "name": user["name"] or "",
        "max_name": MAX_NAME,
        "plan": plan_of(user),
        "quotas": [(action, quota_of(user, action)) for action in ACTIONS],
        "sessions": list_sessions(user["user_id"]),
        "this_session": visitor_of(request).identity.session_id,
        "tokens": tokens,
        "scopes": [scope for scope in SCOPES if scope != "staff" or user["is_staff"]],
        "periods": PERIODS,
        "max_token_name": MAX_TOKEN_NAME,
        "token_form": {"name": "", "scopes": ["read"], "days": "30"},
        **additions,
    }
    response = render_page(request, "web/account/account.html", context, status=status)
    remember_zone(request, response, practice.time_zone)
    if "new_token" in additions:
        response["Cache-Control"] = "no-store"
    return response
