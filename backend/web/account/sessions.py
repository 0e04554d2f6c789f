"""Ends a session of the user: on another device or on this one."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from api.accounts.sign_in import end_session
from web.redirects import SeeOther
from web.session_cookie import forget_session
from web.visitors import signed_in, visitor_of


@require_POST
@signed_in
def end(request: HttpRequest, session_id: int) -> HttpResponse:
    """Ends one of the user's sessions. Raises `ApiError`: 404."""
    identity = visitor_of(request).identity
    end_session(identity.user_id, session_id)
    if session_id == identity.session_id:
        messages.success(request, _("Signed out."))
        response = SeeOther(reverse("problems"))
        forget_session(response)
        return response
    messages.success(request, _("Device signed out."))
    return SeeOther(f"{reverse('account')}#sessions")
