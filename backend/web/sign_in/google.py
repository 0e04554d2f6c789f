"""Signing in with Google: there by a form, back by a form that Google lets the browser send (OpenID Connect).

Google's answer comes from another site, so it carries no CSRF token. What ties it to the browser that asked is a
signed cookie of ten minutes with the `state` and the nonce that Google must send back; the nonce serves once.
"""

from __future__ import annotations

import hmac
import secrets
from typing import NamedTuple
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from api.accounts.google import require_google
from api.accounts.nonces import NONCE_SECONDS, new_nonce
from api.accounts.sign_in import sign_in_with_google
from api.http.faults import INVALID, Refusal
from web.redirects import SeeOther
from web.sign_in.entering import after_sign_in, asker_of, entered, ways_page

ENDPOINT = "https://accounts.google.com/o/oauth2/v2/auth"
_SALT = "algoitny.google-sign-in"


class Asked(NamedTuple):
    """What a browser asked Google with, and where it wants to go afterwards."""

    state: str
    nonce: str
    following: str


def asked_cookie() -> str:
    """The name of the cookie that keeps it."""
    return "__Host-google-sign-in" if settings.SESSION_COOKIE_SECURE else "google-sign-in"


@require_POST
def google_sign_in(request: HttpRequest) -> HttpResponse:
    """Sends the browser to Google. Raises `Refusal`: 404 where Google is not set up."""
    require_google()
    asked = Asked(secrets.token_urlsafe(24), new_nonce(), after_sign_in(request, request.POST.get("next")))
    query = {
        "client_id": settings.GOOGLE_CLIENT_IDS[0],
        "redirect_uri": request.build_absolute_uri(reverse("google-callback")),
        "response_type": "id_token",
        "response_mode": "form_post",
        "scope": "openid email profile",
        "state": asked.state,
        "nonce": asked.nonce,
        "prompt": "select_account",
    }
    response = SeeOther(f"{ENDPOINT}?{urlencode(query)}")
    _keep(response, signing.dumps(list(asked), salt=_SALT), NONCE_SECONDS)
    return response


def _keep(response: HttpResponse, value: str, seconds: int) -> None:
    # The browser has to send it along with a form of Google's. Browsers take such a cookie over TLS alone, which
    # they count a machine's own address among.
    response.set_cookie(
        asked_cookie(), value, max_age=seconds, secure=True, httponly=True, samesite="None"
    )  # fmt: skip


@csrf_exempt
@require_POST
def google_callback(request: HttpRequest) -> HttpResponse:
    """Google's answer: signs in who its ID token speaks of, if it answers what this very browser asked."""
    require_google()
    asked = _asked(request)
    following = after_sign_in(request, asked.following if asked else None)
    try:
        response = _answered(request, asked, following)
    except Refusal as refusal:
        response = ways_page(request, following, refusal)
    _keep(response, "", 0)
    return response


def _asked(request: HttpRequest) -> Asked | None:
    """What this browser asked, if the answer carries the `state` of it."""
    try:
        values = signing.loads(request.COOKIES.get(asked_cookie(), ""), salt=_SALT, max_age=NONCE_SECONDS)
        asked = Asked(*map(str, values))
    except (signing.BadSignature, TypeError, ValueError):
        return None
    same = hmac.compare_digest(asked.state.encode(), request.POST.get("state", "").encode())
    return asked if same else None


def _answered(request: HttpRequest, asked: Asked | None, following: str) -> HttpResponse:
    if asked is None:
        raise Refusal(INVALID, "This sign-in was not begun in this browser, or took too long: begin anew.")
    token = request.POST.get("id_token", "")
    if not token:
        # Most often somebody decided not to.
        messages.info(request, _("Google did not sign you in."))
        return SeeOther(f"{reverse('sign-in')}?{urlencode({'next': following})}")
    asker = asker_of(request)
    user = sign_in_with_google(token, asked.nonce, kind="web", device=asker.device, address=asker.address)
    return entered(request, user, following)
