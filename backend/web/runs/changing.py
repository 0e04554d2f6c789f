"""Changing a run: showing it to everyone or hiding it again, and removing it for good."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from api.composition import repositories
from api.history.reading import my_run
from api.http.faults import invalid
from web.redirects import SeeOther
from web.visitors import signed_in, user_of


@require_POST
@signed_in
def visibility(request: HttpRequest, history_id: int) -> HttpResponse:
    """Shows one's own run to everyone (`public` is 1), or to oneself alone (0). Raises `Refusal`: 404, 422."""
    user_id = user_of(request)["user_id"]
    asked = request.POST.get("public")
    if asked not in ("0", "1"):
        raise invalid("public", _("choose one of those that the page offers"))
    my_run(user_id, history_id)
    repositories().history.set_visibility(history_id, asked == "1", owner_id=user_id)
    if asked == "1":
        messages.success(request, _("Everyone can see this run now, with your name and picture."))
    else:
        messages.success(request, _("Only you can see this run now."))
    return SeeOther(reverse("run", args=[history_id]))


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def delete_run(request: HttpRequest, history_id: int) -> HttpResponse:
    """Asks whether to remove one's own run, and removes it. Raises `Refusal`: 404."""
    user_id = user_of(request)["user_id"]
    run = my_run(user_id, history_id)
    if request.method != "POST":
        return render(request, "web/runs/delete.html", {"run": run})
    repositories().history.delete_history(history_id, owner_id=user_id)
    messages.success(request, _("The run is removed."))
    return SeeOther(reverse("my-runs"))
