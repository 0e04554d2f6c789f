"""Problems for staff: drafts, writing, publishing, retiring."""

from __future__ import annotations

from typing import Annotated, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Path, Router

from api.accounts.identity import identity_of
from api.dynamodb.schema.ids import MAX_ID
from api.dynamodb.schema.records import Problem
from api.http.conditional import check_etag, expected_version
from api.http.json_responses import json_response
from api.http.openapi import ETAG, IF_MATCH, LINK, LOCATION, responses, with_headers
from api.http.paging import CursorQuery, LimitQuery, page_response, unseal
from api.http.problem_types import (
    CONFLICT,
    FORBIDDEN,
    INVALID,
    NOT_FOUND,
    PRECONDITION_FAILED,
    PRECONDITION_REQUIRED,
    TOO_LARGE,
    UNAUTHENTICATED,
)
from api.problems import editing
from api.problems.models import ProblemPage
from api.problems.staff_models import (
    ProblemChanges,
    ProblemIn,
    StaffProblemOut,
    StatementIn,
    staff_document,
)
from api.problems.statements import edit_statement, problem_etag
from api.staff.access import staff_only

router = Router(tags=["staff: problems"], auth=staff_only)
ProblemId = Annotated[int, Path(ge=0, le=MAX_ID)]
_STAFF = (UNAUTHENTICATED, FORBIDDEN, INVALID, TOO_LARGE)
_CHANGE = (*_STAFF, NOT_FOUND, PRECONDITION_FAILED, PRECONDITION_REQUIRED)


def _problem_response(problem: Problem) -> HttpResponse:
    return json_response(staff_document(problem), headers={"ETag": problem_etag(problem)})


@router.get(
    "/drafts/",
    response=responses(ProblemPage, *_STAFF),
    operation_id="list_drafts",
    openapi_extra=with_headers(200, LINK),
)
def list_drafts(request: HttpRequest, limit: LimitQuery = 50, cursor: CursorQuery = None) -> HttpResponse:
    """Problems that are not published yet, newest first."""
    scope = f"drafts|{identity_of(request).reader}"
    page = editing.drafts(limit=limit, cursor=unseal(cursor, scope))
    return page_response(request, page.items, page, scope)


@router.post(
    "/",
    response=responses(StaffProblemOut, *_STAFF, CONFLICT, status=201),
    operation_id="create_problem",
    openapi_extra=with_headers(201, ETAG, LOCATION),
)
def create_problem(request: HttpRequest, payload: ProblemIn) -> HttpResponse:
    """A new problem: it becomes a draft. 409 where the platform has one of this number."""
    problem = editing.create_problem(identity_of(request).user_id, payload.sent_fields())
    response = _problem_response(problem)
    response.status_code = 201
    response["Location"] = f"/api/staff/problems/{problem['problem_id']}/"
    return response


@router.get(
    "/{problem_id}/",
    response=responses(StaffProblemOut, *_STAFF, NOT_FOUND),
    operation_id="get_whole_problem",
    openapi_extra=with_headers(200, ETAG),
)
def get_whole_problem(request: HttpRequest, problem_id: ProblemId) -> HttpResponse:
    """A problem as it is now, draft or retired too, with solution and hints."""
    return _problem_response(editing.stored_problem(problem_id))


@router.patch(
    "/{problem_id}/",
    response=responses(StaffProblemOut, *_CHANGE, CONFLICT),
    operation_id="edit_problem",
    openapi_extra={**with_headers(200, ETAG), **IF_MATCH},
)
def edit_problem(request: HttpRequest, problem_id: ProblemId, payload: ProblemChanges) -> HttpResponse:
    """Changes the fields that are sent. Nothing to change leaves the version as it is."""
    version = expected_version(request, problem_id)
    staff_id = identity_of(request).user_id
    return _problem_response(
        editing.edit_problem(staff_id, problem_id, payload.sent_fields(), expected_version=version)
    )


@router.put(
    "/{problem_id}/statements/{language}/",
    response=responses(StaffProblemOut, *_CHANGE),
    operation_id="put_statement",
    openapi_extra={**with_headers(200, ETAG), **IF_MATCH},
)
def put_statement(
    request: HttpRequest, problem_id: ProblemId, language: Literal["ko", "en"], payload: StatementIn
) -> HttpResponse:
    """Stores the statement in one language, with the title and the hints in it; what is left out is removed.

    `If-Match` names the problem's ETag, which counts changes of statements too. They leave `version` as it is.
    """
    problem = editing.stored_problem(problem_id)
    check_etag(request, problem_etag(problem))
    changed = edit_statement(
        identity_of(request).user_id, problem_id, language, payload.model_dump(),
        expected_statement_version=problem["statement_version"] or 0,
    )  # fmt: skip
    return _problem_response(changed)


@router.post(
    "/{problem_id}/publish/",
    response=responses(StaffProblemOut, *_CHANGE),
    operation_id="publish_problem",
    openapi_extra={**with_headers(200, ETAG), **IF_MATCH},
)
def publish_problem(request: HttpRequest, problem_id: ProblemId) -> HttpResponse:
    """Makes a draft one that everybody finds; it also brings a retired problem back."""
    version = expected_version(request, problem_id)
    return _problem_response(
        editing.publish_problem(identity_of(request).user_id, problem_id, expected_version=version)
    )


@router.post(
    "/{problem_id}/retire/",
    response=responses(StaffProblemOut, *_CHANGE),
    operation_id="retire_problem",
    openapi_extra={**with_headers(200, ETAG), **IF_MATCH},
)
def retire_problem(request: HttpRequest, problem_id: ProblemId) -> HttpResponse:
    """Takes a problem out of every list; by its id and number, and for runs of it, it is still there."""
    version = expected_version(request, problem_id)
    return _problem_response(
        editing.retire_problem(identity_of(request).user_id, problem_id, expected_version=version)
    )
