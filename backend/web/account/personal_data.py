"""Exporting the user's data and deleting the account."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from api.dynamodb.clock import utc_now
from api.me.account_deletion import confirms
from api.me.deletion_worker import deletion_worker
from api.me.export import CONTENT_TYPE, ExportStream, file_name
from web.redirects import SeeOther, page_before
from web.responses import render_page
from web.session_cookie import forget_session
from web.visitors import signed_in, to_sign_in_again, user_of, visitor_of


@require_safe
@signed_in
def export(request: HttpRequest) -> HttpResponseBase:
    """Streams everything stored about the user as a file of JSON lines, after a recent sign-in."""
    if not visitor_of(request).identity.signed_in_recently:
        return to_sign_in_again(request, page_before(request))
    response = StreamingHttpResponse(ExportStream(user_of(request)), content_type=CONTENT_TYPE)
    response["Content-Disposition"] = f'attachment; filename="{file_name(utc_now())}"'
    response["Cache-Control"] = "no-store"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def delete_account(request: HttpRequest) -> HttpResponse:
    """Asks for confirmation, then deletes the account of a user who typed their email address or DELETE.

    Asking and deleting need a recent sign-in.
    """
    if not visitor_of(request).identity.signed_in_recently:
        return to_sign_in_again(request, reverse("delete-account"))
    user = user_of(request)
    if request.method != "POST":
        return render_page(request, "web/account/delete.html", {"user": user})
    typed = request.POST.get("confirm", "")
    if not confirms(user, typed):
        error = _("To confirm, type your email address or DELETE.")
        context = {"user": user, "typed": typed, "error": error}
        return render_page(request, "web/account/delete.html", context, status=422)
    deletion_worker.erase(user["user_id"])
    messages.success(
        request, _("Your account has been deleted. Any remaining data will be removed within seconds.")
    )
    response = SeeOther(reverse("problems"))
    forget_session(response)
    return response
