"""Solutions of others to a problem: for who solved it, or wants to see them anyway."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from api.history.models import author_document
from api.history.queries import solutions
from api.http.paging import unseal
from api.problems.queries import problem_by_id
from web.problems.user_progress import progress_on
from web.runs.listing import PAGE, asks_for_lines, next_page
from web.visitors import visitor_of


@require_safe
def solutions_page(request: HttpRequest, problem_id: int) -> HttpResponse:
    """Public runs that passed every case of a problem, newest first.

    Who has not solved the problem is asked first; `show=anyway` shows them, and only who is not asked causes the list
    to be read. As `progress_on` and `solutions`.
    """
    visitor = visitor_of(request)
    problem = problem_by_id(problem_id, is_staff=visitor.is_staff)
    if request.GET.get("show") != "anyway" and not (
        visitor.user and progress_on(request, visitor.user, problem_id).is_solved
    ):
        return render(request, "web/runs/solutions.html", {"problem": problem, "is_asked": True})
    scope = f"solutions-page|{visitor.identity.reader}"
    listed = solutions(problem_id, limit=PAGE, cursor=unseal(request.GET.get("cursor"), scope))
    context: dict[str, Any] = {
        "problem": problem,
        "runs": [(run, author_document(listed.author(run))) for run in listed.page],
        "next": next_page(request, listed.page, scope),
        "is_first": "cursor" not in request.GET,
    }
    template = "parts/solution_lines.html" if asks_for_lines(request) else "solutions.html"
    return render(request, f"web/runs/{template}", context)
