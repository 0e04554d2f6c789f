"""The problem search by title, platform, difficulty and topic, and the random problem."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from api.dynamodb.schema.records import ProblemSummary
from api.http.paging import seal, unseal
from api.problems.selection import find_without, random_problem
from web.problems.filters import FilterLink, ProblemFilters
from web.progress import solved_by
from web.redirects import SeeOther
from web.visitors import Visitor, visitor_of

PAGE_SIZE = 30
_NONE: frozenset[int] = frozenset()


class ProblemRow(NamedTuple):
    """A problem in the list of results."""

    problem: ProblemSummary
    is_solved: bool
    difficulty: FilterLink | None
    tags: list[FilterLink]


@require_safe
def problems(request: HttpRequest) -> HttpResponse:
    """The search page; for htmx its results, or the rows of a further page."""
    htmx: Any = request.htmx  # type: ignore[attr-defined]
    visitor = visitor_of(request)
    filters = ProblemFilters.of(request.GET)
    if htmx.trigger_name == "platform":
        filters = filters.of_platform()
    scope = f"problems|{visitor.identity.reader}"
    cursor = unseal(request.GET.get("cursor"), scope)
    solved = _solved(request, visitor)
    results = find_without(
        solved if filters.hide_solved else _NONE, **filters.asked(), limit=PAGE_SIZE, cursor=cursor
    )
    following = seal(results.cursor, scope)
    context = {
        "filters": filters,
        "lines": [_line(problem, solved, filters) for problem in results.items],
        "is_short": results.is_short,
        "more": filters.address(cursor=following) if following else None,
        "is_first": cursor is None,
        "first": filters.address(),
        "random": filters.address("random-problem"),
        "is_piece": bool(htmx),
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
    filters = ProblemFilters.of(request.GET)
    excluding = _solved(request, visitor_of(request)) if filters.hide_solved else _NONE
    problem = random_problem(excluding, **filters.asked())
    if problem is None:
        messages.info(request, _("No problems match your filters."))
        response = SeeOther(filters.address())
    else:
        response = SeeOther(reverse("problem", args=[problem["problem_id"]]))
    response["Cache-Control"] = "no-store"
    return response


def _solved(request: HttpRequest, visitor: Visitor) -> frozenset[int]:
    """The ids of the visitor's solved problems. Empty, with a message, if they cannot be read in time."""
    user = visitor.user
    return _NONE if user is None else solved_by(request, user["user_id"]) or _NONE


def _line(problem: ProblemSummary, solved: frozenset[int], filters: ProblemFilters) -> ProblemRow:
    level = problem["difficulty"]
    return ProblemRow(
        problem,
        problem["problem_id"] in solved,
        FilterLink(level, filters.with_difficulty(level)) if level else None,
        [FilterLink(tag, filters.with_tag(tag)) for tag in problem["tags"]] if filters.show_tags else [],
    )
