"""The problem search by text, number, platform, difficulty, topic and progress, and the random problem."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from api.dynamodb.schema.records import ProblemSummary
from api.http.paging import seal, unseal
from api.problems.search.results import NO_ATTEMPTS, Attempts
from api.problems.search.service import random_match, search
from web.practice.home import problem_for_visitors
from web.preferences.spoilers import spoilers_hidden
from web.problems.filters import FilterLink, ProblemFilters, near_link, not_applied_titles, tag_links
from web.progress import attempts_by, bookmarks_of
from web.redirects import SeeOther
from web.visitors import Visitor, visitor_of

PAGE_SIZE = 30


class ProblemRow(NamedTuple):
    """A problem in the list of results; without difficulty and tags for visitors who hide them."""

    problem: ProblemSummary
    is_solved: bool
    is_attempted: bool
    difficulty: FilterLink | None
    tags: list[FilterLink]


@require_safe
def problems(request: HttpRequest) -> HttpResponse:
    """The search page; for htmx its results, or the rows of a further page."""
    htmx: Any = request.htmx  # type: ignore[attr-defined]
    visitor = visitor_of(request)
    filters = _filters(request, visitor)
    if htmx.trigger_name == "platform":
        filters = filters.of_platform()
    scope = f"problems|{visitor.identity.reader}"
    cursor = unseal(request.GET.get("cursor"), scope)
    attempts = _attempts(request, visitor, filters)
    results = search(filters.search_query(), attempts, limit=PAGE_SIZE, cursor=cursor)
    following = seal(results.cursor, scope)
    hides = spoilers_hidden(request)
    welcomes = visitor.user is None and not filters.is_narrow and cursor is None and not htmx
    context = {
        "filters": filters,
        "results": results,
        "lines": [_line(problem, attempts, filters, hides) for problem in results.items],
        "near": [near_link(near, filters) for near in results.near],
        "not_applied": not_applied_titles(results.not_applied),
        "is_plain": not results.is_from_memory,
        "more": filters.address(cursor=following) if following else None,
        "is_first": cursor is None,
        "first": filters.address(),
        "random": filters.address("random-problem"),
        "is_piece": bool(htmx),
        "welcomes": welcomes,
        "try_problem": problem_for_visitors() if welcomes else None,
        # While a word is typed the fields stay as they are.
        "renews_fields": htmx.trigger_name in (None, "platform"),
    }
    if not htmx:
        return render(request, "web/problems/search.html", context)
    if cursor is not None:
        return render(request, "web/problems/lines.html", context)
    response = render(request, "web/problems/pieces.html", context)
    # Typing replaces the URL; choosing a filter adds an entry to the browser's history.
    response["HX-Replace-Url" if htmx.trigger_name == "words" else "HX-Push-Url"] = filters.address()
    return response


@require_safe
def random_one(request: HttpRequest) -> HttpResponse:
    """Redirects to a random problem that matches the filters, or back to the search if none does."""
    visitor = visitor_of(request)
    filters = _filters(request, visitor)
    attempts = _attempts(request, visitor, filters) if filters.status else NO_ATTEMPTS
    problem = random_match(filters.search_query(), attempts)
    if problem is None:
        messages.info(request, _("No problems match your filters."))
        response = SeeOther(filters.address())
    else:
        response = SeeOther(reverse("problem", args=[problem["problem_id"]]))
    response["Cache-Control"] = "no-store"
    return response


def _filters(request: HttpRequest, visitor: Visitor) -> ProblemFilters:
    """The filters of the query string; what a visitor solved filters for those who are signed in."""
    filters = ProblemFilters.of(request.GET)
    return filters if visitor.user is not None else replace(filters, status="")


def _attempts(request: HttpRequest, visitor: Visitor, filters: ProblemFilters) -> Attempts:
    """What the visitor solved and attempted, and their bookmarks if these are asked for.

    Nothing, with a message, if it cannot be read in time.
    """
    user = visitor.user
    if user is None:
        return NO_ATTEMPTS
    attempts = attempts_by(request, user["user_id"]) or NO_ATTEMPTS
    if filters.status != "bookmarked":
        return attempts
    return attempts._replace(bookmarked=bookmarks_of(request, user["user_id"]))


def _line(problem: ProblemSummary, attempts: Attempts, filters: ProblemFilters, hides: bool) -> ProblemRow:
    level = None if hides else problem["difficulty"]
    return ProblemRow(
        problem,
        problem["problem_id"] in attempts.solved,
        problem["problem_id"] in attempts.attempted,
        FilterLink(level, filters.with_difficulty(level)) if level else None,
        [] if hides else tag_links(problem["tags"], filters),
    )
