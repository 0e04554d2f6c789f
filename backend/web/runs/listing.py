"""Run lists: the user's own runs with the activity heat map, and the public timeline."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from api.dynamodb.schema.records import RunSummary
from api.dynamodb.table.cursor import Page
from api.history.languages import LANGUAGES
from api.history.languages import title_of as language_title
from api.history.models import author_document
from api.history.queries import my_runs, timeline
from api.http.paging import next_address, seal, unseal
from api.problems.platforms import PLATFORMS
from api.problems.platforms import title_of as platform_title
from web.progress import progress_of
from web.runs.activity import heat_map_of, squares_of
from web.runs.filters import RunFilters
from web.visitors import signed_in, user_of, visitor_of

PAGE = 20


def next_page(request: HttpRequest, page: Page[Any], scope: str) -> str | None:
    """The URL of the next page."""
    cursor = seal(page.cursor, scope)
    return None if cursor is None else next_address(request, cursor)


def asks_for_lines(request: HttpRequest) -> bool:
    """Whether htmx asks for more rows of a page that it already has."""
    return bool(getattr(request, "htmx", False)) and "cursor" in request.GET


def _languages(names: set[str]) -> list[tuple[str, str]]:
    """Choices as pairs of stored name and title, sorted by title."""
    return _titled(names, language_title)


def _platforms(names: set[str]) -> list[tuple[str, str]]:
    return _titled(names, platform_title)


def _titled(names: set[str], title_of: Callable[[str], str]) -> list[tuple[str, str]]:
    return sorted(((name, title_of(name)) for name in names if name), key=lambda pair: pair[1].casefold())


@require_safe
@signed_in
def my_runs_page(request: HttpRequest) -> HttpResponse:
    """The user's filtered runs, newest first; the first page has the heat map and the totals."""
    user_id = user_of(request)["user_id"]
    filters = RunFilters.of(request.GET)
    scope = f"my-runs|{user_id}"
    page = my_runs(
        user_id, problem_id=filters.problem_id, platform=filters.platform, language=filters.language,
        passed=filters.passed, public=filters.public, limit=PAGE, cursor=unseal(request.GET.get("cursor"), scope),
    )  # fmt: skip
    context: dict[str, Any] = {
        "page": page,
        "next": next_page(request, page, scope),
        "filters": filters,
        "is_short": page.cursor is not None and len(page) < PAGE,
        "is_first": "cursor" not in request.GET,
        "problem": _problem_of(page, filters),
    }
    if asks_for_lines(request):
        return render(request, "web/runs/parts/lines.html", context)
    return render(request, "web/runs/my_runs.html", context | _about(request, user_id, filters))


def _problem_of(page: Page[RunSummary], filters: RunFilters) -> str:
    """The title of the problem that filters the runs; its id if the page has no run."""
    if filters.problem_id is None:
        return ""
    run = next(iter(page), None)
    return str(filters.problem_id) if run is None else run["problem_title"]


def _about(request: HttpRequest, user_id: int, filters: RunFilters) -> dict[str, Any]:
    """Totals, heat map, and the platforms and languages to choose from."""
    progress = progress_of(request, user_id)
    if progress is None:
        return {
            "platforms": _platforms({filters.platform}),
            "code_languages": _languages({filters.language}),
            "has_filters": True,
        }
    heat = heat_map_of(progress)
    return {
        "progress": progress,
        "heat": heat,
        "squares": squares_of(heat),
        "platforms": _platforms({*progress["by_platform"], filters.platform}),
        "code_languages": _languages({*progress["by_language"], filters.language}),
        "by_platform": sorted(
            ((name, platform_title(name), part) for name, part in progress["by_platform"].items()),
            key=lambda row: -row[2]["runs"],
        ),
        "by_language": sorted(
            ((name, language_title(name), runs) for name, runs in progress["by_language"].items()),
            key=lambda row: -row[2],
        ),
    }


@require_safe
def timeline_page(request: HttpRequest) -> HttpResponse:
    """Public runs as filtered, newest first, with the name and picture of their authors."""
    filters = RunFilters.of(request.GET)
    scope = f"timeline-page|{visitor_of(request).identity.reader}"
    feed = timeline(
        platform=filters.platform, language=filters.language, limit=PAGE,
        cursor=unseal(request.GET.get("cursor"), scope),
    )  # fmt: skip
    context: dict[str, Any] = {
        "runs": [(run, author_document(feed.author(run))) for run in feed.page],
        "next": next_page(request, feed.page, scope),
        "filters": filters,
        "is_short": feed.page.cursor is not None and len(feed.page) < PAGE,
        "is_first": "cursor" not in request.GET,
    }
    if asks_for_lines(request):
        return render(request, "web/runs/parts/timeline_lines.html", context)
    context |= {
        "platforms": _platforms({*PLATFORMS, filters.platform}),
        "code_languages": _languages({*LANGUAGES, filters.language}),
    }
    return render(request, "web/runs/timeline.html", context)
