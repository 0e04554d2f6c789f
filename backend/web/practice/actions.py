"""Buttons: bookmark a problem, mark a review as done."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from api.http.errors import ApiError
from api.practice.changes import mark_reviewed, set_bookmark
from api.problems.queries import problem_by_id
from web.redirects import SeeOther, page_before
from web.visitors import signed_in, user_of, visitor_of


@require_POST
@signed_in
def bookmark(request: HttpRequest, problem_id: int) -> HttpResponse:
    """Adds the bookmark, or removes it with `bookmark=remove`. Raises `ApiError`: 404 for no such problem."""
    user_id = user_of(request)["user_id"]
    adds = request.POST.get("bookmark") != "remove"
    if adds:
        problem_by_id(problem_id, is_staff=visitor_of(request).is_staff)
    try:
        set_bookmark(user_id, problem_id, bookmarked=adds)
    except ApiError as error:
        if error.code != "bookmarks_full":
            raise
        messages.error(request, error.message(_))
    else:
        messages.success(request, _("Bookmark added.") if adds else _("Bookmark removed."))
    return SeeOther(page_before(request))


@require_POST
@signed_in
def reviewed(request: HttpRequest, problem_id: int) -> HttpResponse:
    """Marks the review of a problem as done today."""
    try:
        mark_reviewed(user_of(request)["user_id"], problem_id)
    except ApiError as error:
        if error.code != "review_not_due":
            raise
        messages.info(request, error.message(_))
    else:
        messages.success(request, _("Review marked as done."))
    return SeeOther(page_before(request))
