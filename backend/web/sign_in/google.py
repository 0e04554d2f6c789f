"""Sign-in with Google by OpenID Connect, with `response_mode=form_post`.

Google's response is a cross-site POST without a CSRF token. A signed cookie, valid for ten minutes, ties it to the
browser that started the sign-in: it holds the `state` and the nonce that Google must return. A nonce is accepted once.
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
from api.http.errors import ApiError
from web.redirects import SeeOther
from web.sign_in.flow import client_of, complete_sign_in, redirect_target, sign_in_page

ENDPOINT = "https://accounts.google.com/o/oauth2/v2/auth"
_SALT = "algoitny.google-sign-in"


class PendingSignIn(NamedTuple):
    """The state and nonce sent to Google, and the page to open afterwards."""

    state: str
    nonce: str
    following: str


def _state_cookie() -> str:
    """The name of the cookie that keeps the pending sign-in."""
    return "__Host-google-sign-in" if settings.SESSION_COOKIE_SECURE else "google-sign-in"


@require_POST
def google_sign_in(request: HttpRequest) -> HttpResponse:
    """Redirects the browser to Google. Raises `ApiError`: 404 if Google sign-in is not set up."""
    require_google()
    pending = PendingSignIn(
        secrets.token_urlsafe(24), new_nonce(), redirect_target(request, request.POST.get("next"))
    )
    query = {
        "client_id": settings.GOOGLE_CLIENT_IDS[0],
        "redirect_uri": request.build_absolute_uri(reverse("google-callback")),
        "response_type": "id_token",
        "response_mode": "form_post",
        "scope": "openid email profile",
        "state": pending.state,
        "nonce": pending.nonce,
        "prompt": "select_account",
    }
    response = SeeOther(f"{ENDPOINT}?{urlencode(query)}")
    _keep(response, signing.dumps(list(pending), salt=_SALT), NONCE_SECONDS)
    return response


def _keep(response: HttpResponse, value: str, seconds: int) -> None:
    # The cookie must be sent with Google's cross-site POST. Browsers accept SameSite=None over TLS only, and treat
    # the machine's own address as secure.
    response.set_cookie(
        _state_cookie(), value, max_age=seconds, secure=True, httponly=True, samesite="None"
    )  # fmt: skip


@csrf_exempt
@require_POST
def google_callback(request: HttpRequest) -> HttpResponse:
    """Google's response: signs in the user of its ID token if this browser started the sign-in."""
    require_google()
    pending = _pending(request)
    following = redirect_target(request, pending.following if pending else None)
    try:
        response = _answered(request, pending, following)
    except ApiError as refusal:
        response = sign_in_page(request, following, refusal)
    _keep(response, "", 0)
    return response


def _pending(request: HttpRequest) -> PendingSignIn | None:
    """The sign-in that this browser started, if the response has its `state`."""
    try:
        values = signing.loads(request.COOKIES.get(_state_cookie(), ""), salt=_SALT, max_age=NONCE_SECONDS)
        pending = PendingSignIn(*map(str, values))
    except (signing.BadSignature, TypeError, ValueError):
        return None
    same = hmac.compare_digest(pending.state.encode(), request.POST.get("state", "").encode())
    return pending if same else None


def _answered(request: HttpRequest, pending: PendingSignIn | None, following: str) -> HttpResponse:
    if pending is None:
        raise ApiError("sign_in_not_started")
    token = request.POST.get("id_token", "")
    if not token:
        # Most often the user cancelled.
        messages.info(request, _("Google sign-in failed."))
        return SeeOther(f"{reverse('sign-in')}?{urlencode({'next': following})}")
    client = client_of(request)
    user = sign_in_with_google(token, pending.nonce, kind="web", device=client.device, address=client.address)
    return complete_sign_in(request, user, following)
