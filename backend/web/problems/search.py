"""The search for problems: by words, platform, difficulty and topic, and one by chance."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from api.dynamodb.repositories.records import ProblemSummary
from api.http.paging import seal, unseal
from api.problems.choosing import find_without, random_problem
from web.problems.filters import ProblemFilters
from web.progress import solved_by
from web.redirects import SeeOther
from web.visitors import Visitor, visitor_of

PAGE_SIZE = 30
_NONE: frozenset[int] = frozenset()


class Chip(NamedTuple):
    """A difficulty or tag that leads to the search for it."""

    title: str
    address: str


class Line(NamedTuple):
    """A problem in the list."""

    problem: ProblemSummary
    is_solved: bool
    difficulty: Chip | None
    tags: list[Chip]


@require_safe
def problems(request: HttpRequest) -> HttpResponse:
    """The search: all of it; for htmx its results, or the lines of a further page."""
    htmx: Any = request.htmx  # type: ignore[attr-defined]
    visitor = visitor_of(request)
    filters = ProblemFilters.of(request.GET)
    if htmx.trigger_name == "platform":
        filters = filters.of_platform()
    scope = f"problems|{visitor.identity.reader}"
    cursor = unseal(request.GET.get("cursor"), scope)
    solved = _solved(request, visitor)
    found = find_without(
        solved if filters.hide_solved else _NONE, **filters.asked(), limit=PAGE_SIZE, cursor=cursor
    )
    following = seal(found.cursor, scope)
    context = {
        "filters": filters,
        "lines": [_line(problem, solved, filters) for problem in found.items],
        "is_short": found.is_short,
        "more": filters.address(cursor=following) if following else None,
        "is_first": cursor is None,
        "first": filters.address(),
        "random": filters.address("random-problem"),
        "is_piece": bool(htmx),
        # Nothing changes under somebody's hands: the fields stay what they are while a word is typed.
        "renews_fields": htmx.trigger_name in (None, "platform"),
    }
    if not htmx:
        return render(request, "web/problems/search.html", context)
    if cursor is not None:
        return render(request, "web/problems/lines.html", context)
    response = render(request, "web/problems/pieces.html", context)
    # Letters of a word being typed are one place in the browser's history, choices are places of their own.
    response["HX-Replace-Url" if htmx.trigger_name == "words" else "HX-Push-Url"] = filters.address()
    return response


@require_safe
def random_one(request: HttpRequest) -> HttpResponse:
    """Leads to some problem that matches the filters; back to the search when there is none."""
    filters = ProblemFilters.of(request.GET)
    excluding = _solved(request, visitor_of(request)) if filters.hide_solved else _NONE
    problem = random_problem(excluding, **filters.asked())
    if problem is None:
        messages.info(request, _("No problem was found that matches your filters."))
        response = SeeOther(filters.address())
    else:
        response = SeeOther(reverse("problem", args=[problem["problem_id"]]))
    response["Cache-Control"] = "no-store"
    return response


def _solved(request: HttpRequest, visitor: Visitor) -> frozenset[int]:
    """What the visitor has solved; nothing where that cannot be told in time, which a message says."""
    user = visitor.user
    return _NONE if user is None else solved_by(request, user["user_id"]) or _NONE


def _line(problem: ProblemSummary, solved: frozenset[int], filters: ProblemFilters) -> Line:
    level = problem["difficulty"]
    return Line(
        problem,
        problem["problem_id"] in solved,
        Chip(level, filters.with_difficulty(level)) if level else None,
        [Chip(tag, filters.with_tag(tag)) for tag in problem["tags"]] if filters.show_tags else [],
    )
