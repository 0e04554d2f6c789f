"""Notes on problems: the list of all, and the page on which one is written."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from api.composition import repositories
from api.dynamodb.errors import ConditionFailed
from api.dynamodb.repositories.practice_repository import MAX_NOTE
from api.dynamodb.schema.records import Problem, ProblemNote
from api.http.errors import ApiError
from api.http.paging import next_address, seal, unseal
from api.practice.changes import clean_note, write_note
from api.problems.queries import problem_by_id
from api.problems.search.process import search_snapshot
from web.redirects import SeeOther
from web.responses import render_page
from web.visitors import signed_in, user_of, visitor_of

PAGE = 20


@require_safe
@signed_in
def my_notes(request: HttpRequest) -> HttpResponse:
    """A page of the user's notes. One Query: 1 RCU per 4 KB of them."""
    user_id = user_of(request)["user_id"]
    scope = f"notes-page|{user_id}"
    page = repositories().practice.list_notes(
        user_id, limit=PAGE, cursor=unseal(request.GET.get("cursor"), scope)
    )
    snapshot = search_snapshot()
    problems = {} if snapshot is None else snapshot.summaries({note["problem_id"] for note in page})
    following = seal(page.cursor, scope)
    context = {
        "notes": [(note, problems.get(note["problem_id"])) for note in page],
        "next": None if following is None else next_address(request, following),
        "is_first": "cursor" not in request.GET,
    }
    return render(request, "web/practice/notes.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def note(request: HttpRequest, problem_id: int) -> HttpResponse:
    """The note on a problem in a form. An empty text removes the note; one that was changed elsewhere is not lost.

    Raises `ApiError`: 404 for no such problem.
    """
    user_id = user_of(request)["user_id"]
    problem = problem_by_id(problem_id, is_staff=visitor_of(request).is_staff)
    stores = repositories().practice
    if request.method != "POST":
        return _page(request, problem, stores.get_note(user_id, problem_id))
    typed, version = request.POST.get("text", ""), _version(request)
    try:
        if typed.strip():
            write_note(user_id, problem_id, clean_note(typed), expected_version=version)
            messages.success(request, _("Note saved."))
        else:
            # A note that is not there is removed already.
            stores.delete_note(user_id, problem_id, expected_version=version or None)
            messages.success(request, _("Note removed."))
    except ConditionFailed:
        stored = stores.get_note(user_id, problem_id)
        return _page(request, problem, stored, typed, is_conflict=True)
    except ApiError as error:
        if not error.fields:
            raise
        stored = stores.get_note(user_id, problem_id)
        return _page(request, problem, stored, typed, error.fields[0].message(_))
    return SeeOther(f"{reverse('problem', args=[problem_id])}#note")


def _version(request: HttpRequest) -> int | None:
    """The version of the note that the form was made of, 0 for none; None from a form without it."""
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None


def _page(
    request: HttpRequest,
    problem: Problem,
    stored: ProblemNote | None,
    typed: str | None = None,
    error: str = "",
    *,
    is_conflict: bool = False,
) -> HttpResponse:
    context = {
        "problem": problem,
        "note": stored,
        "text": typed if typed is not None else stored["text"] if stored else "",
        "error": error,
        "is_conflict": is_conflict,
        "max_note": MAX_NOTE,
    }
    status = 409 if is_conflict else 422 if error else 200
    return render_page(request, "web/practice/note.html", context, status=status)
