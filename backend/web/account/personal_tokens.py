"""Makes a personal access token, shows it once, and revokes it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from api.accounts.personal_tokens import PERIODS, SCOPES, create_token, revoke_token
from api.http.errors import ApiError
from web.account.overview import account_page
from web.redirects import SeeOther
from web.visitors import signed_in, to_sign_in_again, user_of, visitor_of


@require_POST
@signed_in
def create(request: HttpRequest) -> HttpResponse:
    """Makes a token, after a recent sign-in, and shows it in the account page, which no cache keeps."""
    if not visitor_of(request).identity.signed_in_recently:
        return to_sign_in_again(request, f"{reverse('account')}#tokens")
    user = user_of(request)
    name, days = request.POST.get("token_name", ""), request.POST.get("days", "")
    scopes = [scope for scope in SCOPES if scope in request.POST.getlist("scopes")]
    try:
        created = create_token(user, name, scopes, int(days) if days in map(str, PERIODS) else 0)
    except ApiError as error:
        reason = error.fields[0].message(_) if error.fields else error.message(_)
        typed = {"name": name, "scopes": scopes, "days": days}
        return account_page(request, status=error.problem.status, token_form=typed, token_error=reason)
    return account_page(request, new_token=created)


@require_POST
@signed_in
def revoke(request: HttpRequest, token_id: int) -> HttpResponse:
    """Revokes one of the user's tokens. Raises `ApiError`: 404."""
    revoke_token(visitor_of(request).identity.user_id, token_id)
    messages.success(request, _("Token revoked."))
    return SeeOther(f"{reverse('account')}#tokens")
