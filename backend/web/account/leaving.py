"""Taking one's data along, and deleting the account."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from api.dynamodb.clock import utc_now
from api.me.eraser import eraser
from api.me.erasure import confirms
from api.me.export import CONTENT_TYPE, export_lines, file_name
from web.redirects import SeeOther
from web.session_cookie import forget_session
from web.telling import told
from web.visitors import signed_in, user_of


@require_safe
@signed_in
def export(request: HttpRequest) -> StreamingHttpResponse:
    """Everything that is kept about one as a file of JSON lines, sent while it is read."""
    response = StreamingHttpResponse(export_lines(user_of(request)), content_type=CONTENT_TYPE)
    response["Content-Disposition"] = f'attachment; filename="{file_name(utc_now())}"'
    response["Cache-Control"] = "no-store"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def delete_account(request: HttpRequest) -> HttpResponse:
    """Says what goes and what stays, and deletes the account of who types their e-mail address, or DELETE."""
    user = user_of(request)
    if request.method != "POST":
        return told(request, "web/account/delete.html", {"user": user})
    typed = request.POST.get("confirm", "")
    if not confirms(user, typed):
        error = _("Type your e-mail address, or DELETE, so that this does not happen by mistake.")
        context = {"user": user, "typed": typed, "error": error}
        return told(request, "web/account/delete.html", context, status=422)
    eraser.erase(user["user_id"])
    messages.success(
        request, _("Your account is deleted. What is left of your data is being removed in these seconds.")
    )
    response = SeeOther(reverse("problems"))
    forget_session(response)
    return response
