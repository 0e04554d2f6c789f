"""Editing of test cases by staff: more of them, others in their place, and each one alone.

The version of a problem counts the changes of its test cases too. Every function takes the version on which the change
is based (`expected_version`, None for any) and returns the version after it. It raises `ApiError`: 404, 412; and
`ConditionFailed` if the problem or its cases are changed meanwhile, `Duplicate` of `form_token` for a form that was
sent before. Each change is in the audit log. Who may do this is checked by the callers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from api.composition import repositories
from api.dynamodb.errors import InvalidInput
from api.dynamodb.repositories import AuditNote
from api.dynamodb.schema.records import ListedTestCase, Problem, TestCase
from api.dynamodb.table.cursor import Page
from api.http.conditional import check_version
from api.http.errors import ApiError, invalid_field
from api.problems.editing import stored_problem
from api.problems.validation import checked_case, checked_cases


class ChangedCases(NamedTuple):
    """The test cases that were stored, and the version of the problem after that."""

    cases: list[TestCase]
    version: int


class ChangedCase(NamedTuple):
    """A test case as it is stored, and the version of its problem."""

    case: TestCase
    version: int


def list_cases(problem_id: int, *, limit: int, cursor: str | None = None) -> Page[ListedTestCase]:
    """A page of a problem's cases as they are now, without large texts.

    Raises `ApiError`: 422 for a cursor from before the cases were replaced. Two Queries (1 RCU per 4 KB), one GetItem.
    """
    try:
        return repositories().problems.get_test_cases(
            problem_id, limit=limit, cursor=cursor, consistent=True, large_texts=False
        )
    except InvalidInput:
        if cursor is None:
            raise
        raise invalid_field("query.cursor", "invalid_cursor") from None


def replace_cases(
    staff_id: int,
    problem_id: int,
    cases: Sequence[Mapping[str, Any]],
    *,
    expected_version: int | None,
    form_token: str | None = None,
) -> ChangedCases:
    """Puts test cases (`input`, `output`, `is_sample`) in the place of all that a problem has, at once.

    Raises `ApiError`: 413, 422 too; `Throttled`. Cost as the repository's `replace_test_cases`, and one GetItem.
    """
    note = AuditNote(staff_id, "test_cases.replace", form_token)
    return _stored(repositories().problems.replace_test_cases, problem_id, cases, expected_version, note)


def add_cases(
    staff_id: int,
    problem_id: int,
    cases: Sequence[Mapping[str, Any]],
    *,
    expected_version: int | None = None,
    form_token: str | None = None,
) -> ChangedCases:
    """Adds test cases behind those that a problem has, at once. Raises and costs as `replace_cases`."""
    note = AuditNote(staff_id, "test_cases.add", form_token)
    return _stored(repositories().problems.add_test_cases, problem_id, cases, expected_version, note)


def _stored(
    store: Callable[..., list[TestCase]],
    problem_id: int,
    cases: Sequence[Mapping[str, Any]],
    expected_version: int | None,
    note: AuditNote,
) -> ChangedCases:
    fresh = checked_cases(cases)
    _at_version(problem_id, expected_version)
    stored = store(problem_id, fresh, expected_version=expected_version, audit=note)
    return ChangedCases(stored, _version_after(problem_id, expected_version))


def stored_case(problem_id: int, test_case_id: int) -> ChangedCase:
    """A test case as it is now, whole. The version was read before the case. Two GetItems and two Queries."""
    version = stored_problem(problem_id)["version"]
    return ChangedCase(_case(problem_id, test_case_id), version)


def edit_case(
    staff_id: int,
    problem_id: int,
    test_case_id: int,
    changes: Mapping[str, Any],
    *,
    expected_version: int | None,
    form_token: str | None = None,
) -> ChangedCase:
    """Changes `input`, `output` or `is_sample` of a case; the same version if nothing was to change.

    Raises `ApiError`: 413, 422 too. Cost as the repository's `get_test_case` and `update_test_case`, and one GetItem.
    """
    fresh = checked_case(changes)
    version = _at_version(problem_id, expected_version)["version"]
    case = _case(problem_id, test_case_id)
    stored: Mapping[str, Any] = {**case}
    fresh = {name: value for name, value in fresh.items() if value != stored[name]}
    if not fresh:
        return ChangedCase(case, version)
    case = repositories().problems.update_test_case(
        problem_id, test_case_id, fresh, expected_version=expected_version,
        audit=AuditNote(staff_id, "test_case.update", form_token),
    )  # fmt: skip
    return ChangedCase(case, _version_after(problem_id, expected_version))


def move_case(
    staff_id: int,
    problem_id: int,
    test_case_id: int,
    place: int,
    *,
    expected_version: int | None,
    form_token: str | None = None,
) -> int:
    """Gives a case another place among all cases, from 1, and returns the problem's version.

    Raises `ApiError`: 422 for a place that there is not. Cost as the repository's, and two GetItems.
    """
    version = _at_version(problem_id, expected_version)["version"]
    try:
        is_moved = repositories().problems.move_test_case(
            problem_id, test_case_id, place, expected_version=expected_version,
            audit=AuditNote(staff_id, "test_case.move", form_token),
        )  # fmt: skip
    except InvalidInput:
        raise invalid_field("body.place", "unknown_place") from None
    return _version_after(problem_id, expected_version) if is_moved else version


def delete_case(
    staff_id: int,
    problem_id: int,
    test_case_id: int,
    *,
    expected_version: int | None,
    form_token: str | None = None,
) -> int:
    """Removes a case and returns the problem's version. Cost as the repository's, and one GetItem."""
    _at_version(problem_id, expected_version)
    repositories().problems.delete_test_case(
        problem_id, test_case_id, expected_version=expected_version,
        audit=AuditNote(staff_id, "test_case.delete", form_token),
    )  # fmt: skip
    return _version_after(problem_id, expected_version)


def _at_version(problem_id: int, expected_version: int | None) -> Problem:
    """The problem, if it has the expected version."""
    problem = stored_problem(problem_id)
    check_version(problem["version"], expected_version)
    return problem


def _version_after(problem_id: int, expected_version: int | None) -> int:
    """The version after a change. Without an expected one it is read, and may be that of a later change."""
    return stored_problem(problem_id)["version"] if expected_version is None else expected_version + 1


def _case(problem_id: int, test_case_id: int) -> TestCase:
    case = repositories().problems.get_test_case(problem_id, test_case_id)
    if case is None:
        raise ApiError("test_case_not_found")
    return case
