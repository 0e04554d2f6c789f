"""Showing one's profile to everyone, or to nobody again."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from api.me.profile import set_profile_public
from web.redirects import SeeOther
from web.visitors import signed_in, user_of


@require_POST
@signed_in
def show(request: HttpRequest) -> HttpResponse:
    """Shows the user's profile with `public=yes`, and hides it with anything else."""
    is_public = request.POST.get("public") == "yes"
    set_profile_public(user_of(request)["user_id"], is_public)
    messages.success(
        request, _("Your profile is public now.") if is_public else _("Your profile is private now.")
    )
    return SeeOther(reverse("account") + "#public-profile")
