"""Test cases for staff: more of them, others in their place, and each one alone."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Path, Router

from api.accounts.identity import identity_of
from api.dynamodb.schema.ids import MAX_ID
from api.http.conditional import etag_of, expected_version, versioned_response
from api.http.openapi import ETAG, IF_MATCH, responses, with_headers
from api.http.problem_types import (
    FORBIDDEN,
    INVALID,
    NOT_FOUND,
    PRECONDITION_FAILED,
    PRECONDITION_REQUIRED,
    TOO_LARGE,
    UNAUTHENTICATED,
)
from api.problems import case_editing
from api.problems.staff_models import (
    CaseChanges,
    CasesIn,
    PlaceIn,
    StaffCaseOut,
    StoredCases,
    case_document,
    cases_document,
)
from api.staff.access import staff_only

router = Router(tags=["staff: problems"], auth=staff_only)
ProblemId = Annotated[int, Path(ge=0, le=MAX_ID)]
CaseId = Annotated[int, Path(ge=0, le=MAX_ID)]
_STAFF = (UNAUTHENTICATED, FORBIDDEN, INVALID, TOO_LARGE, NOT_FOUND)
_CHANGE = (*_STAFF, PRECONDITION_FAILED, PRECONDITION_REQUIRED)
_CONDITIONAL = {**with_headers(200, ETAG), **IF_MATCH}


def _version_response(problem_id: int, version: int) -> HttpResponse:
    """204, with the problem's version."""
    return HttpResponse(status=204, headers={"ETag": etag_of(problem_id, version)})


@router.put(
    "/{problem_id}/test-cases/",
    response=responses(StoredCases, *_CHANGE),
    operation_id="replace_test_cases",
    openapi_extra=_CONDITIONAL,
)
def replace_test_cases(request: HttpRequest, problem_id: ProblemId, payload: CasesIn) -> HttpResponse:
    """Puts these test cases in the place of all that the problem has, at once.

    The ETag of a problem counts the changes of its test cases too. After a failure the old ones are in force.
    """
    expected = expected_version(request, problem_id)
    changed = case_editing.replace_cases(
        identity_of(request).user_id, problem_id, payload.records(), expected_version=expected
    )
    return versioned_response(cases_document(changed.cases), problem_id, changed.version)


@router.post(
    "/{problem_id}/test-cases/",
    response=responses(StoredCases, *_STAFF, PRECONDITION_FAILED, status=201),
    operation_id="add_test_cases",
    openapi_extra=with_headers(201, ETAG),
)
def add_test_cases(request: HttpRequest, problem_id: ProblemId, payload: CasesIn) -> HttpResponse:
    """Adds test cases behind those that the problem has, at once. `If-Match` is optional: nothing is overwritten."""
    expected = expected_version(request, problem_id, required=False)
    changed = case_editing.add_cases(
        identity_of(request).user_id, problem_id, payload.records(), expected_version=expected
    )
    return versioned_response(cases_document(changed.cases), problem_id, changed.version, status=201)


@router.get(
    "/{problem_id}/test-cases/{test_case_id}/",
    response=responses(StaffCaseOut, *_STAFF),
    operation_id="get_test_case",
    openapi_extra=with_headers(200, ETAG),
)
def get_test_case(request: HttpRequest, problem_id: ProblemId, test_case_id: CaseId) -> HttpResponse:
    """A test case as it is now, whole, with the ETag of its problem."""
    stored = case_editing.stored_case(problem_id, test_case_id)
    return versioned_response(case_document(stored.case), problem_id, stored.version)


@router.patch(
    "/{problem_id}/test-cases/{test_case_id}/",
    response=responses(StaffCaseOut, *_CHANGE),
    operation_id="edit_test_case",
    openapi_extra=_CONDITIONAL,
)
def edit_test_case(
    request: HttpRequest, problem_id: ProblemId, test_case_id: CaseId, payload: CaseChanges
) -> HttpResponse:
    """Changes the fields that are sent. Nothing to change leaves the version as it is."""
    expected = expected_version(request, problem_id)
    changed = case_editing.edit_case(
        identity_of(request).user_id, problem_id, test_case_id, payload.sent_fields(), expected_version=expected
    )  # fmt: skip
    return versioned_response(case_document(changed.case), problem_id, changed.version)


@router.post(
    "/{problem_id}/test-cases/{test_case_id}/move/",
    response=responses(None, *_CHANGE, status=204),
    operation_id="move_test_case",
    openapi_extra={**with_headers(204, ETAG), **IF_MATCH},
)
def move_test_case(
    request: HttpRequest, problem_id: ProblemId, test_case_id: CaseId, payload: PlaceIn
) -> HttpResponse:
    """Gives a test case another place; the cases between move by one."""
    expected = expected_version(request, problem_id)
    version = case_editing.move_case(
        identity_of(request).user_id, problem_id, test_case_id, payload.place, expected_version=expected
    )
    return _version_response(problem_id, version)


@router.delete(
    "/{problem_id}/test-cases/{test_case_id}/",
    response=responses(None, *_CHANGE, status=204),
    operation_id="delete_test_case",
    openapi_extra={**with_headers(204, ETAG), **IF_MATCH},
)
def delete_test_case(request: HttpRequest, problem_id: ProblemId, test_case_id: CaseId) -> HttpResponse:
    """Removes a test case."""
    expected = expected_version(request, problem_id)
    version = case_editing.delete_case(
        identity_of(request).user_id, problem_id, test_case_id, expected_version=expected
    )
    return _version_response(problem_id, version)
