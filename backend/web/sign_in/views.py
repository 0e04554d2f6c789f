"""The sign-in page, and signing out."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from api.accounts.sign_in import close_page_session
from api.accounts.sign_in import sign_out_everywhere as end_all_sessions
from web.redirects import SeeOther
from web.session_cookie import cookie_name, forget_session
from web.sign_in.flow import redirect_target, sign_in_page
from web.visitors import signed_in, user_of, visitor_of


@require_safe
def sign_in(request: HttpRequest) -> HttpResponse:
    """The sign-in page. Signed-in users are redirected to the page that `next` names, unless they must do it again."""
    following = redirect_target(request, request.GET.get("next"))
    visitor = visitor_of(request)
    if not visitor.is_known:
        return sign_in_page(request, following)
    if "again" in request.GET and not visitor.identity.signed_in_recently:
        return sign_in_page(request, following, is_again=True)
    return SeeOther(following)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Ends this browser's session, if there is one."""
    cookie = request.COOKIES.get(cookie_name())
    if cookie:
        close_page_session(cookie)
    messages.success(request, _("Signed out."))
    response = SeeOther(reverse("problems"))
    forget_session(response)
    return response


@require_POST
@signed_in
def sign_out_everywhere(request: HttpRequest) -> HttpResponse:
    """Ends all sessions of the user, including this one."""
    count = end_all_sessions(user_of(request)["user_id"])
    text = ngettext("Signed out of %(count)d device.", "Signed out of %(count)d devices.", count)
    messages.success(request, text % {"count": count})
    response = SeeOther(reverse("problems"))
    forget_session(response)
    return response
