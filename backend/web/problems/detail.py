"""The problem page."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from api.dynamodb.schema.records import Problem
from api.hints.ladder import steps_of
from api.problems.models import tags_of
from api.problems.queries import cases_of, problem_by_id
from api.problems.statements import statement_in, title_in
from web.practice.problem_part import practice_on
from web.problems.case_previews import case_previews
from web.problems.filters import ProblemFilters, tag_links
from web.problems.user_progress import progress_on
from web.rendering.statements import statement_html
from web.runner.workbench import workbench_of
from web.visitors import visitor_of

_MOST_SAMPLES = 20


@require_safe
def problem(request: HttpRequest, problem_id: int) -> HttpResponse:
    """A problem with statement, samples, the visitor's progress, and the form for code. Only staff see drafts."""
    visitor = visitor_of(request)
    record = problem_by_id(problem_id, is_staff=visitor.is_staff)
    samples = cases_of(record, samples_only=True, is_signed_in=False, limit=_MOST_SAMPLES)
    user, language = visitor.user, get_language() or ""
    statement = statement_in(record, language)
    context: dict[str, Any] = {
        "problem": record,
        "title": title_in(record, language),
        "statement": None if statement is None else statement_html(statement.text),
        # The other language, where the visitor's has no statement.
        "statement_language": None
        if statement is None or statement.language == language
        else statement.language,
        "address": address_of(record),
        "tags": tag_links(tags_of(record), ProblemFilters()),
        "constraints": "" if statement else (record["constraints"] or "").strip(),
        "has_hints": bool(steps_of(record)),
        "samples": case_previews(samples.items),
        "practice": practice_on(user["user_id"], problem_id) if user else None,
        "user_progress": progress_on(request, user, problem_id) if user else None,
        "workbench": None if record["is_deleted"] else workbench_of(request, record, user),
    }
    return render(request, "web/problems/problem.html", context)


def address_of(problem: Problem) -> str | None:
    """The URL of the problem on its site, None unless it is an http or https URL."""
    url = (problem["url"] or "").strip()
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.hostname else None
