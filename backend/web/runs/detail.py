"""The page of a run: code, verdict, results by test case, and the owner's actions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from api.composition import repositories
from api.dynamodb.schema.records import Problem, Run
from api.hints.ladder import ladder_of, opened_in
from api.history.models import author_document
from api.history.queries import VisibleRun, visible_run
from web.rendering.listing import code_listing
from web.runs.case_details import case_details
from web.runs.results import CaseResult, compiler_message, first_failure, results_of
from web.visitors import visitor_of


@require_safe
def run_page(request: HttpRequest, history_id: int) -> HttpResponse:
    """The visitor's own run or a public one. Raises `ApiError`: 404 for any other.

    `?case=` selects a test case by its number; by default the first failed one is selected, or
    none if the code did not compile. Two GetItems (1 RCU, more for long code), one of the problem, and what
    `case_details` costs.
    """
    user = visitor_of(request).user
    access = visible_run(None if user is None else user["user_id"], history_id)
    results = results_of(access.run)
    failed = first_failure(results)
    message = compiler_message(results)
    selected = _requested(request.GET.get("case"), results) or (failed if message is None else None)
    problem = _problem(access.run) if access.is_mine or selected is not None else None
    context = {
        "run": access.run,
        "author": author_document(access.author),
        "is_mine": access.is_mine,
        "code": code_listing(access.run["code"], access.run["language"], _("Line %(number)s")),
        "results": results,
        "has_measures": any(row.time_ms is not None or row.memory_kb is not None for row in results),
        "are_from_browser": any(row.is_from_browser for row in results),
        "first_failure": failed,
        "compiler_message": message,
        "case": None if selected is None else case_details(problem, selected, is_signed_in=user is not None),
        "permalink": request.build_absolute_uri(reverse("run", args=[history_id])),
        "hints": _hints(access, problem),
        "problem": problem,
    }
    return render(request, "web/runs/run.html", context)


def _requested(number: str | None, results: list[CaseResult]) -> CaseResult | None:
    """The result with this number, None if there is none."""
    if not number or not number.isdecimal() or len(number) > 4:
        return None
    return next((result for result in results if result.number == int(number)), None)


def _problem(run: Run) -> Problem | None:
    """The run's problem, None if it was deleted or is not published."""
    problem = None if run["problem_id"] is None else repositories().problems.get_problem(run["problem_id"])
    return problem if problem is not None and problem["is_completed"] else None


def _hints(access: VisibleRun, problem: Problem | None) -> dict[str, Any] | None:
    """The number of opened hint steps for the owner, None if the problem has no hints. One GetItem: 0.5 RCU."""
    if not access.is_mine or problem is None or access.run["user_id"] is None:
        return None
    stored: Mapping[str, Any] = repositories().opened_hints.get_opened(
        access.run["user_id"], problem["problem_id"]
    )
    names = [step.name for step in ladder_of(problem)]
    opened_steps = {entry["step"] for entry in opened_in(access.run)} | {
        name for name in names if stored[f"{name}_at"]
    }
    steps, opened = len(names), len(opened_steps)
    return {"opened": opened, "steps": max(steps, opened)} if steps or opened else None
