"""Signing in as a user of the demonstration, and signing out."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from api.accounts.development import require_own_machine, sign_in_by_email
from api.accounts.sign_in import close_page_session
from api.accounts.sign_in import sign_out_everywhere as end_all_sessions
from api.http.faults import Refusal
from web.redirects import SeeOther
from web.session_cookie import cookie_name, forget_session
from web.sign_in.entering import after_sign_in, asker_of, entered, ways_page
from web.visitors import signed_in, user_of, visitor_of


@require_safe
def sign_in(request: HttpRequest) -> HttpResponse:
    """The ways to sign in; who is signed in goes on to the page that `next` names."""
    following = after_sign_in(request, request.GET.get("next"))
    if visitor_of(request).is_known:
        return SeeOther(following)
    return ways_page(request, following)


@require_POST
def development(request: HttpRequest) -> HttpResponse:
    """Signs in whoever has the e-mail address, on the developer's own machine; elsewhere there is no such page."""
    require_own_machine(request)
    following = after_sign_in(request, request.POST.get("next"))
    email, asker = request.POST.get("email", "").strip(), asker_of(request)
    try:
        user = sign_in_by_email(email, kind="web", device=asker.device, address=asker.address)
    except Refusal as refusal:
        return ways_page(request, following, refusal, email)
    return entered(request, user, following)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Ends the session of this browser; without one there is nothing to end."""
    cookie = request.COOKIES.get(cookie_name())
    if cookie:
        close_page_session(cookie)
    messages.success(request, _("You are signed out."))
    response = SeeOther(reverse("problems"))
    forget_session(response)
    return response


@require_POST
@signed_in
def sign_out_everywhere(request: HttpRequest) -> HttpResponse:
    """Ends every session of the user, this one as well."""
    count = end_all_sessions(user_of(request)["user_id"])
    text = ngettext(
        "You are signed out of %(count)d device.", "You are signed out of %(count)d devices.", count
    )
    messages.success(request, text % {"count": count})
    response = SeeOther(reverse("problems"))
    forget_session(response)
    return response
