"""The profile of somebody who shows it: activity and public runs."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from api.composition import repositories
from api.dynamodb.schema.records import Progress
from api.dynamodb.transport.deadlines import within
from api.history.models import author_document
from api.history.queries import my_runs
from api.http.paging import unseal
from api.me.profile import public_profile
from web.failure_notices import RECOVERABLE_ERRORS
from web.progress import SECONDS
from web.runs.activity import heat_map_of, squares_of
from web.runs.listing import PAGE, asks_for_lines, next_page
from web.visitors import visitor_of


@require_safe
def person(request: HttpRequest, user_id: int) -> HttpResponse:
    """A public profile, 404 for any other user; the first page of runs has the activity.

    One GetItem (0.5 RCU) and a Query of the user's runs, of which at most 500 are examined: 0.5 RCU per 4 KB, about 15
    runs. The first page costs a `get_progress` too.
    """
    user = public_profile(user_id)
    scope = f"person|{user_id}|{visitor_of(request).identity.reader}"
    page = my_runs(user_id, public=True, limit=PAGE, cursor=unseal(request.GET.get("cursor"), scope))
    context: dict[str, Any] = {
        "person": user,
        "author": {**(author_document(user) or {}), "profile": None},
        "page": page,
        "next": next_page(request, page, scope),
        "is_short": page.cursor is not None and len(page) < PAGE,
        "is_first": "cursor" not in request.GET,
    }
    if asks_for_lines(request):
        return render(request, "web/people/lines.html", context)
    progress = _progress_of(user_id) if context["is_first"] else None
    if progress is not None:
        heat = heat_map_of(progress)
        context |= {"progress": progress, "heat": heat, "squares": squares_of(heat)}
    return render(request, "web/people/person.html", context)


def _progress_of(user_id: int) -> Progress | None:
    """The user's totals; None if they cannot be read in time."""
    try:
        with within(SECONDS):
            return repositories().progress.get_progress(user_id)
    except RECOVERABLE_ERRORS:
        return None
