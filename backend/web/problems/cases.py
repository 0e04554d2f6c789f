"""The test cases of a problem for signed-in users, and the full text of a single input or output."""

from __future__ import annotations

from typing import Literal

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from api.composition import repositories
from api.dynamodb.errors import NotFound
from api.http.errors import invalid_field
from api.http.paging import seal, unseal
from api.problems.case_archive import archive_response
from api.problems.queries import cases_of, problem_by_id
from web.problems.case_previews import case_previews
from web.visitors import signed_in, to_sign_in, visitor_of

PAGE_SIZE = 10
_MOST = 10_000


@require_safe
@signed_in
def problem_cases(request: HttpRequest, problem_id: int) -> HttpResponse:
    """A page of the problem's test cases, in order."""
    visitor = visitor_of(request)
    problem = problem_by_id(problem_id, is_staff=visitor.is_staff)
    first = _first(request)
    scope = f"cases|{visitor.identity.reader}"
    page = cases_of(
        problem, samples_only=False, is_signed_in=True, limit=PAGE_SIZE,
        cursor=unseal(request.GET.get("cursor"), scope),
    )  # fmt: skip
    following = seal(page.cursor, scope)
    context = {
        "problem": problem,
        "cases": case_previews(page.items, first),
        "is_first": first == 1,
        "first": reverse("problem-cases", args=[problem_id]),
        "more": None
        if following is None
        else f"{reverse('problem-cases', args=[problem_id])}?from={first + len(page)}&cursor={following}",
    }
    template = "web/problems/case_list.html" if request.htmx and first > 1 else "web/problems/cases.html"  # type: ignore[attr-defined]
    return render(request, template, context)


def _first(request: HttpRequest) -> int:
    """The number of the first case on the page; cursors do not contain it."""
    text = request.GET.get("from", "1")
    if not (text.isdecimal() and len(text) < 6 and 1 <= int(text) <= _MOST):
        raise invalid_field("query.from", "not_a_case_number")
    return int(text)


@require_safe
def case_archive(request: HttpRequest, problem_id: int) -> HttpResponseBase:
    """Downloads the problem's test cases as a ZIP archive: all of them for signed-in users, samples for everyone."""
    visitor = visitor_of(request)
    problem_by_id(problem_id, is_staff=visitor.is_staff)
    return archive_response(problem_id, samples_only=not visitor.is_known, reader=visitor.identity.reader)


@require_safe
def case_text(
    request: HttpRequest, problem_id: int, case_id: int, text: Literal["input", "output"]
) -> HttpResponseBase:
    """Streams the input or output of a test case: samples to everyone, other cases to signed-in users."""
    visitor = visitor_of(request)
    problem_by_id(problem_id, is_staff=visitor.is_staff)
    try:
        pieces = repositories().problems.open_test_case(
            problem_id, case_id, text, samples_only=not visitor.is_known
        )
    except NotFound:
        if visitor.is_known:
            raise
        return to_sign_in(request)
    response = StreamingHttpResponse(iter(pieces), content_type="text/plain; charset=utf-8")
    ending = "in" if text == "input" else "out"
    response["Content-Disposition"] = f'attachment; filename="{problem_id}-{case_id}.{ending}"'
    if pieces.bytes is not None:
        response["Content-Length"] = str(pieces.bytes)
    return response
