"""One run: its code, its verdict, what it did with each test case, and what its owner can do with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from api.composition import repositories
from api.dynamodb.repositories.records import Problem, Run
from api.hints.ladder import ladder_of, opened_in
from api.history.models import author_document
from api.history.reading import SeenRun, visible_run
from web.rendering.highlighting import MAX_HIGHLIGHTED, code_lines
from web.runs.failures import case_view
from web.runs.results import CaseResult, first_failure, results_of
from web.visitors import visitor_of


class Line(NamedTuple):
    """A line of code; its number is a text, since a template writes numbers slowly, in the manner of the language."""

    number: str
    called: str
    html: SafeString


@require_safe
def run_page(request: HttpRequest, history_id: int) -> HttpResponse:
    """A run of one's own or a public one. Raises `Refusal`: 404 for any other.

    `?case=` opens a test case by its number, otherwise the first that failed is open. Two GetItems (1 RCU, more
    for long code), one of the problem, and what `case_view` costs.
    """
    user = visitor_of(request).user
    seen = visible_run(None if user is None else user["user_id"], history_id)
    results = results_of(seen.run)
    failed = first_failure(results)
    shown = _asked(request.GET.get("case"), results) or failed
    problem = _problem(seen.run) if seen.is_mine or shown is not None else None
    context = {
        "run": seen.run,
        "author": author_document(seen.author),
        "is_mine": seen.is_mine,
        "lines": _numbered(code_lines(seen.run["code"], seen.run["language"])),
        "is_plain": len(seen.run["code"]) > MAX_HIGHLIGHTED,
        "results": results,
        "has_measures": any(row.time_ms is not None or row.memory_kb is not None for row in results),
        "first_failure": failed,
        "case": None if shown is None else case_view(problem, shown, is_signed_in=user is not None),
        "permalink": request.build_absolute_uri(reverse("run", args=[history_id])),
        "hints": _hints(seen, problem),
        "problem": problem,
    }
    return render(request, "web/runs/run.html", context)


def _numbered(lines: Sequence[SafeString]) -> list[Line]:
    """The lines with their numbers, from 1, and what those are called."""
    called = _("Line %(number)s")
    return [Line(str(n), called % {"number": n}, html) for n, html in enumerate(lines, 1)]


def _asked(number: str | None, results: list[CaseResult]) -> CaseResult | None:
    """The result of a number in the address; None for a number that there is not."""
    if not number or not number.isdecimal() or len(number) > 4:
        return None
    return next((result for result in results if result.number == int(number)), None)


def _problem(run: Run) -> Problem | None:
    """The problem of a run, None where it is gone or not public yet."""
    problem = None if run["problem_id"] is None else repositories().problems.get_problem(run["problem_id"])
    return problem if problem is not None and problem["is_completed"] else None


def _hints(seen: SeenRun, problem: Problem | None) -> dict[str, Any] | None:
    """How many steps of the ladder are open, for the owner; None where there is no ladder."""
    if not seen.is_mine or problem is None:
        return None
    steps, opened = len(ladder_of(problem)), len(opened_in(seen.run))
    return {"opened": opened, "steps": max(steps, opened)} if steps or opened else None
