"""Steps shared by all ways to sign in: the sign-in page, the client, the redirect, the session cookie."""

from __future__ import annotations

from typing import NamedTuple

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from api.accounts.attempt_limits import client_address
from api.accounts.development import has_secret, is_own_machine, suggested_users
from api.accounts.devices import device_name
from api.accounts.sign_in import SignedIn, close_page_session
from api.http.error_responses import as_error_page
from api.http.errors import ApiError
from web.errors import detail_of
from web.redirects import SeeOther, own_address
from web.session_cookie import cookie_name, remember_session

# Keeps the secret of the run, for the sign-in pages alone.
DEVELOPMENT_COOKIE = "development-sign-in"


class SignInClient(NamedTuple):
    """The client that signs in: its address for rate limits, and its device name for the list of sessions."""

    address: str
    device: str | None


def client_of(request: HttpRequest) -> SignInClient:
    """The client of a request."""
    return SignInClient(client_address(request), device_name(request.META.get("HTTP_USER_AGENT")))


def development_secret(request: HttpRequest) -> str:
    """The secret that this browser got by the link of `make run`; empty without it."""
    return request.COOKIES.get(DEVELOPMENT_COOKIE, "")


def redirect_target(request: HttpRequest, address: str | None) -> str:
    """Where to go after sign-in: the requested page of this site, or the problems."""
    return own_address(request, address) or reverse("problems")


def sign_in_page(
    request: HttpRequest,
    following: str,
    error: ApiError | None = None,
    email: str = "",
    *,
    is_again: bool = False,
) -> HttpResponse:
    """The sign-in page; after an error with its message and status. `is_again`: for who is signed in for long."""
    is_development = has_secret(request, development_secret(request))
    context = {
        "following": following,
        "is_again": is_again,
        "has_google": bool(settings.GOOGLE_CLIENT_IDS),
        "is_development": is_development,
        "needs_link": is_own_machine(request) and not is_development,
        "suggestions": suggested_users() if is_development else [],
        "email": email,
        "error": detail_of(error) if error else "",
    }
    status = error.problem.status if error else 200
    response = render(request, "web/sign_in/sign_in.html", context, status=status)
    if error:
        if "Retry-After" in error.headers:
            response["Retry-After"] = error.headers["Retry-After"]
        response["Cache-Control"] = "no-store"
        as_error_page(response)
    return response


def complete_sign_in(request: HttpRequest, signed_in: SignedIn, following: str) -> HttpResponse:
    """Signs the user in: sets the session cookie and redirects."""
    before = request.COOKIES.get(cookie_name())
    if before:
        close_page_session(before)
    rotate_token(request)
    response = SeeOther(following)
    remember_session(response, signed_in.token)
    name = signed_in.user["name"] or signed_in.user["email"] or ""
    messages.success(request, _("Signed in as %(name)s.") % {"name": name})
    return response
