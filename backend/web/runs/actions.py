"""Actions on a run: changing its visibility and deleting it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from api.composition import repositories
from api.history.queries import my_run
from api.http.errors import invalid_field
from web.redirects import SeeOther
from web.visitors import signed_in, user_of


@require_POST
@signed_in
def visibility(request: HttpRequest, history_id: int) -> HttpResponse:
    """Makes the user's run public (`public` is 1) or private (0). Raises `ApiError`: 404, 422."""
    user_id = user_of(request)["user_id"]
    public = request.POST.get("public")
    if public not in ("0", "1"):
        raise invalid_field("public", "unknown_choice")
    my_run(user_id, history_id)
    repositories().history.set_visibility(history_id, public == "1", owner_id=user_id)
    if public == "1":
        messages.success(request, _("This run is now public, along with your name and picture."))
    else:
        messages.success(request, _("This run is now private."))
    return SeeOther(reverse("run", args=[history_id]))


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def delete_run(request: HttpRequest, history_id: int) -> HttpResponse:
    """Asks for confirmation, then deletes the user's run. Raises `ApiError`: 404."""
    user_id = user_of(request)["user_id"]
    run = my_run(user_id, history_id)
    if request.method != "POST":
        return render(request, "web/runs/delete.html", {"run": run})
    repositories().history.delete_history(history_id, owner_id=user_id)
    messages.success(request, _("Run deleted."))
    return SeeOther(reverse("my-runs"))
