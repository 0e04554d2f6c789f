"""The test cases of a problem for a run in the browser: samples for everyone, all of them for signed-in users."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from api.composition import repositories
from api.dynamodb.schema.records import ListedTestCase, Problem
from api.http.conditional import etag_of, not_modified
from api.http.errors import ApiError
from api.http.json_responses import json_response
from api.problems.queries import cases_of, problem_by_id
from web.visitors import visitor_of

MOST_CASES = 200
MOST_SAMPLES = 20


@require_safe
def run_cases(request: HttpRequest, problem_id: int) -> HttpResponse:
    """The first 200 cases in order, or with `?samples=1` the samples, as JSON.

    Texts that are stored in parts are addresses. Raises `ApiError`: 404, 401 for all cases without being signed in.
    One GetItem (0.5 RCU); unless the browser has the cases of this version of the problem, also two Queries for each
    100 cases (0.5 RCU per 4 KB, one Query for samples) and one GetItem.
    """
    visitor = visitor_of(request)
    problem = problem_by_id(problem_id, is_staff=visitor.is_staff)
    samples_only = "samples" in request.GET
    if not (samples_only or visitor.is_known):
        raise ApiError("cases_need_sign_in")
    etag = etag_of(problem_id, problem["version"], "samples" if samples_only else "all")
    unchanged = not_modified(request, etag)
    if unchanged is not None:
        return unchanged
    cases, has_more = _cases(problem, samples_only)
    document = {"cases": [_document(case) for case in cases], "has_more": has_more}
    return json_response(document, headers={"ETag": etag, "Cache-Control": "private, no-cache"})


def _cases(problem: Problem, samples_only: bool) -> tuple[list[ListedTestCase], bool]:
    """The cases, and whether there are more."""
    if samples_only:
        page = cases_of(problem, samples_only=True, is_signed_in=False, limit=MOST_SAMPLES)
    else:
        page = repositories().problems.get_all_test_cases(
            problem["problem_id"], most=MOST_CASES, large_texts=False
        )
    return page.items, page.cursor is not None


def _document(case: ListedTestCase) -> dict[str, Any]:
    document: dict[str, Any] = {
        "id": case["test_case_id"], "input": case["input"], "output": case["output"],
        "input_bytes": case["input_bytes"], "output_bytes": case["output_bytes"],
    }  # fmt: skip
    for name in ("input", "output"):
        if document[name] is None:
            arguments = [case["problem_id"], case["test_case_id"], name]
            document[f"{name}_address"] = reverse("case-text", args=arguments)
    return document
