"""What all ways to sign in share: the page that offers them, who asks, and what follows when somebody is in."""

from __future__ import annotations

from typing import NamedTuple

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from api.accounts.addresses import client_address
from api.accounts.development import is_own_machine, suggested_users
from api.accounts.devices import device_name
from api.accounts.sign_in import SignedIn, close_page_session
from api.http.faults import Refusal
from web.redirects import SeeOther, own_address
from web.session_cookie import cookie_name, remember_session
from web.wording import worded


class Asker(NamedTuple):
    """Who asks to sign in: from where, as limits count it, and on what, as the user knows it."""

    address: str
    device: str | None


def asker_of(request: HttpRequest) -> Asker:
    """Who asks."""
    return Asker(client_address(request), device_name(request.META.get("HTTP_USER_AGENT")))


def after_sign_in(request: HttpRequest, address: str | None) -> str:
    """Where somebody goes who is in: one of our pages that they came for, else the problems."""
    return own_address(request, address) or reverse("problems")


def ways_page(
    request: HttpRequest, following: str, refusal: Refusal | None = None, email: str = ""
) -> HttpResponse:
    """The page with the ways to sign in; after a refusal it says why, with the refusal's status."""
    is_here = is_own_machine(request)
    context = {
        "following": following,
        "has_google": bool(settings.GOOGLE_CLIENT_IDS),
        "is_development": is_here,
        "suggestions": suggested_users() if is_here else [],
        "email": email,
        "error": worded(refusal.detail) if refusal else "",
    }
    status = refusal.kind.status if refusal else 200
    response = render(request, "web/sign_in/sign_in.html", context, status=status)
    if refusal:
        if "Retry-After" in refusal.headers:
            response["Retry-After"] = refusal.headers["Retry-After"]
        response["Cache-Control"] = "no-store"
        # It says what is wrong in its own words; no other page takes its place.
        response.is_fault = True  # type: ignore[attr-defined]
    return response


def entered(request: HttpRequest, signed_in: SignedIn, following: str) -> HttpResponse:
    """Lets a user in: the browser keeps the session's cookie and goes where it wanted to go."""
    before = request.COOKIES.get(cookie_name())
    if before:
        close_page_session(before)
    rotate_token(request)
    response = SeeOther(following)
    remember_session(response, signed_in.token)
    name = signed_in.user["name"] or signed_in.user["email"] or ""
    messages.success(request, _("You are signed in as %(name)s.") % {"name": name})
    return response
