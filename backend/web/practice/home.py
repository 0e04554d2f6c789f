"""Home: for users what to do today and how far they are, for visitors a problem to try."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from api.dynamodb.clock import utc_now
from api.dynamodb.schema.records import ProblemSummary
from api.practice.daily_problem import problem_to_try
from api.practice.home import Home, home_of
from api.practice.topics import TagProgress
from api.problems.search.process import search_snapshot
from config.environment import environment
from web.preferences.time_zone import remember_zone, use_zone
from web.problems.filters import FilterLink, ProblemFilters, title_of_tag
from web.runs.activity import heat_map_of, squares_of
from web.visitors import visitor_of


class TagRow(NamedTuple):
    """A tag's progress, with the search for its problems."""

    link: FilterLink
    progress: TagProgress


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The visitor's home. Costs as `home_of`, and 1 RCU for session and user."""
    user = visitor_of(request).user
    if user is None:
        return render(request, "web/practice/welcome.html", {"try_problem": problem_for_visitors()})
    home = home_of(user["user_id"])
    use_zone(home.zone)
    response = render(request, "web/practice/home.html", _context(home))
    remember_zone(request, response, home.practice.time_zone)
    return response


def problem_for_visitors() -> ProblemSummary | None:
    """The problem that visitors can try today; None without the list of problems in memory. Usually no call."""
    snapshot = search_snapshot()
    if snapshot is None:
        return None
    return problem_to_try(snapshot, utc_now().astimezone(environment().time_zone).date())


def _context(home: Home) -> dict[str, Any]:
    heat = heat_map_of(home.progress)
    tags = [] if home.topics is None else home.topics.tags
    return {
        "home": home,
        "heat": heat,
        "squares": squares_of(heat),
        "tags": [
            TagRow(FilterLink(title_of_tag(part.tag), ProblemFilters().with_tag(part.tag)), part) for part in tags
        ],
    }  # fmt: skip
