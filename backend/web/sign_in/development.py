"""Development sign-in: the link that `make run` prints opens it for this browser; a click then signs in a user."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from api.accounts.development import require_secret, sign_in_by_email
from api.http.errors import ApiError
from web.redirects import SeeOther
from web.sign_in.flow import (
    DEVELOPMENT_COOKIE,
    client_of,
    complete_sign_in,
    development_secret,
    redirect_target,
    sign_in_page,
)


@require_safe
def open_link(request: HttpRequest) -> HttpResponse:
    """Keeps the secret of the printed link in a cookie, which ends with the browser, and leads to the sign-in page.

    404 for any other secret, and on any other machine.
    """
    secret = request.GET.get("secret", "")
    require_secret(request, secret)
    response = SeeOther(reverse("sign-in"))
    response.set_cookie(
        DEVELOPMENT_COOKIE, secret, path=reverse("sign-in"), secure=bool(settings.SESSION_COOKIE_SECURE),
        httponly=True, samesite="Lax",
    )  # fmt: skip
    return response


@require_POST
def sign_in(request: HttpRequest) -> HttpResponse:
    """Signs in the user with this email address, for a browser that has opened the link; for others 404."""
    require_secret(request, development_secret(request))
    following = redirect_target(request, request.POST.get("next"))
    email, client = request.POST.get("email", "").strip(), client_of(request)
    try:
        user = sign_in_by_email(email, kind="web", device=client.device, address=client.address)
    except ApiError as refusal:
        return sign_in_page(request, following, refusal, email)
    return complete_sign_in(request, user, following)
