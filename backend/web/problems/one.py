"""The page of a problem."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from api.dynamodb.repositories.records import Problem
from api.hints.ladder import steps_of
from api.problems.models import tags_of
from api.problems.reading import cases_of, problem_by_id
from web.problems.filters import ProblemFilters
from web.problems.standing import standing_of
from web.problems.texts import shown_cases
from web.visitors import visitor_of

_MOST_SAMPLES = 20


class TagLink(NamedTuple):
    """A tag, and the search for it."""

    title: str
    address: str


@require_safe
def problem(request: HttpRequest, problem_id: int) -> HttpResponse:
    """A problem with its samples, and how the visitor stands with it. Drafts are there for staff alone."""
    visitor = visitor_of(request)
    found = problem_by_id(problem_id, is_staff=visitor.is_staff)
    samples = cases_of(found, samples_only=True, is_signed_in=False, limit=_MOST_SAMPLES)
    user = visitor.user
    context: dict[str, Any] = {
        "problem": found,
        "statement": statement_of(found),
        "tags": [TagLink(tag, ProblemFilters(tag=tag).address()) for tag in tags_of(found)],
        "constraints": (found["constraints"] or "").strip(),
        "has_hints": bool(steps_of(found)),
        "samples": shown_cases(samples.items),
        "standing": standing_of(request, user, problem_id) if user else None,
    }
    return render(request, "web/problems/problem.html", context)


def statement_of(problem: Problem) -> str | None:
    """Where the statement stands; None for what is no address of the web."""
    url = (problem["url"] or "").strip()
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.hostname else None
