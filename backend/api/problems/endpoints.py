"""Problems for everyone: lists, one by id or by number, its test cases."""

from __future__ import annotations

from typing import Annotated, Literal

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from ninja import Path, Query, Router

from api.accounts.bearer import maybe_signed_in, signed_in
from api.accounts.identity import identity_of
from api.composition import repositories
from api.dynamodb.schema.ids import MAX_ID
from api.dynamodb.schema.records import Problem
from api.http.conditional import not_modified
from api.http.errors import ApiError
from api.http.json_responses import json_response
from api.http.openapi import ETAG, LINK, responses, with_headers
from api.http.paging import CursorQuery, LimitQuery, page_response, unseal
from api.http.problem_types import INVALID, NOT_FOUND, UNAUTHENTICATED, UNAVAILABLE
from api.problems.case_archive import archive_response
from api.problems.models import ProblemOut, ProblemPage, TestCasePage, case_document, problem_document
from api.problems.queries import MAX_WORDS, cases_of, find_problems, problem_by_id, problem_by_number
from api.problems.statements import problem_etag

router = Router(tags=["problems"], auth=maybe_signed_in)
ProblemId = Annotated[int, Path(ge=0, le=MAX_ID)]
Text = Annotated[str | None, Query(max_length=MAX_WORDS)]
_ETAG = {**with_headers(200, ETAG)}


@router.get(
    "/",
    response=responses(ProblemPage, UNAUTHENTICATED, INVALID),
    operation_id="list_problems",
    openapi_extra=with_headers(200, LINK),
)
def list_problems(
    request: HttpRequest,
    platform: Text = None,
    difficulty: Text = None,
    tag: Text = None,
    words: Annotated[
        str | None, Query(max_length=MAX_WORDS, description="words of the title, in any order")
    ] = None,
    limit: LimitQuery = 50,
    cursor: CursorQuery = None,
) -> HttpResponse:
    """Problems that match every filter, newest first; letter case does not matter.

    A page of a search may be short or empty and still have a `next`: a page reads at most 500 problems.
    """
    scope = f"problems|{identity_of(request).reader}"
    page = find_problems(
        platform=platform,
        difficulty=difficulty,
        tag=tag,
        words=words,
        limit=limit,
        cursor=unseal(cursor, scope),
    )
    return page_response(request, page.items, page, scope)


def _problem_response(request: HttpRequest, problem: Problem) -> HttpResponse:
    etag = problem_etag(problem)
    unchanged = not_modified(request, etag)
    if unchanged is not None:
        return unchanged
    return json_response(problem_document(problem), headers={"ETag": etag, "Cache-Control": "no-cache"})


@router.get(
    "/{problem_id}/",
    response=responses(ProblemOut, UNAUTHENTICATED, NOT_FOUND, INVALID, also={304: None}),
    operation_id="get_problem",
    openapi_extra=_ETAG,
)
def get_problem(request: HttpRequest, problem_id: ProblemId) -> HttpResponse:
    """A problem, with its version as ETag; 304 for a reader whose `If-None-Match` names it."""
    return _problem_response(request, problem_by_id(problem_id, is_staff=identity_of(request).is_staff))


@router.get(
    "/by-number/{platform}/{number}/",
    response=responses(ProblemOut, UNAUTHENTICATED, NOT_FOUND, INVALID, also={304: None}),
    operation_id="get_problem_by_number",
    openapi_extra=_ETAG,
)
def get_problem_by_number(
    request: HttpRequest,
    platform: Annotated[str, Path(max_length=MAX_WORDS)],
    number: Annotated[str, Path(max_length=MAX_WORDS)],
) -> HttpResponse:
    """The problem with this number on a platform; letter case does not matter."""
    problem = problem_by_number(platform, number, is_staff=identity_of(request).is_staff)
    return _problem_response(request, problem)


@router.get(
    "/{problem_id}/test-cases/",
    response=responses(TestCasePage, UNAUTHENTICATED, NOT_FOUND, INVALID),
    operation_id="list_test_cases",
    openapi_extra=with_headers(200, LINK),
)
def list_test_cases(
    request: HttpRequest,
    problem_id: ProblemId,
    samples: Annotated[bool, Query(description="samples only, which are public")] = False,
    limit: LimitQuery = 20,
    cursor: CursorQuery = None,
) -> HttpResponse:
    """Test cases in order: samples for everyone (`samples=true`), all of them for signed-in users.

    A text of more than a few KB may be null here; `input_url` and `output_url` stream it in full.
    """
    who = identity_of(request)
    problem = problem_by_id(problem_id, is_staff=who.is_staff)
    scope = f"cases|{who.reader}"
    page = cases_of(
        problem, samples_only=samples, is_signed_in=who.is_known, limit=limit, cursor=unseal(cursor, scope)
    )
    return page_response(request, [case_document(case) for case in page], page, scope)


@router.get(
    "/{problem_id}/test-cases.zip",
    response=responses(None, UNAUTHENTICATED, NOT_FOUND, INVALID, UNAVAILABLE),
    operation_id="download_test_cases",
    openapi_extra={
        "responses": {
            200: {
                "description": "the archive",
                "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
            }
        }
    },
)
def download_test_cases(
    request: HttpRequest,
    problem_id: ProblemId,
    samples: Annotated[bool, Query(description="samples only, which are public")] = False,
) -> HttpResponseBase:
    """All test cases in one ZIP archive: `1.in`, `1.out`, `2.in` and so on, samples first.

    Samples for everyone (`samples=true`), all of them for signed-in users. An archive of more than a megabyte is
    streamed; few are at once.
    """
    who = identity_of(request)
    if not (samples or who.is_known):
        raise ApiError("cases_need_sign_in")
    problem_by_id(problem_id, is_staff=who.is_staff)
    return archive_response(problem_id, samples_only=samples, reader=who.reader)


@router.get(
    "/{problem_id}/test-cases/{test_case_id}/{text}/",
    response=responses(None, UNAUTHENTICATED, NOT_FOUND, INVALID),
    operation_id="get_test_case_text",
    auth=signed_in,
    openapi_extra={
        "responses": {
            200: {"description": "the text", "content": {"text/plain": {"schema": {"type": "string"}}}}
        }
    },
)
def get_test_case_text(
    request: HttpRequest,
    problem_id: ProblemId,
    test_case_id: Annotated[int, Path(ge=0, le=MAX_ID)],
    text: Literal["input", "output"],
) -> HttpResponseBase:
    """The full input or output of a test case, streamed."""
    problem_by_id(problem_id, is_staff=identity_of(request).is_staff)
    pieces = repositories().problems.open_test_case(problem_id, test_case_id, text)
    response = StreamingHttpResponse(pieces, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{problem_id}-{test_case_id}.{text[:-3]}"'
    response["Cache-Control"] = "no-store"
    return response
