"""Editing of problems by staff: drafts, new problems, changes, publishing, retiring.

Each change is in the audit log, with who made it. Who may do this is checked by the callers. `form_token` names the
form that asks for a change, which is then made once (see `AuditNote`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.composition import repositories
from api.dynamodb.repositories import AuditNote
from api.dynamodb.schema.records import Problem, ProblemSummary
from api.dynamodb.table.cursor import Page
from api.http.conditional import check_version
from api.http.errors import ApiError
from api.problems.validation import check_consistency, checked_fields


def drafts(*, limit: int = 50, cursor: str | None = None) -> Page[ProblemSummary]:
    """Problems that are not published yet, newest first. One Query: 0.5 RCU for each 4 KB, about 15 problems."""
    return repositories().problems.list_problems(drafts=True, limit=limit, cursor=cursor)


def stored_problem(problem_id: int) -> Problem:
    """A problem as it is now: draft, published or retired. Raises `ApiError`: 404. One GetItem: 1 RCU for each 4 KB."""
    problem = repositories().problems.get_problem(problem_id, consistent=True)
    if problem is None:
        raise ApiError("problem_not_found")
    return problem


def create_problem(staff_id: int, fields: Mapping[str, Any], *, form_token: str | None = None) -> Problem:
    """A new draft of these fields; `platform`, `problem_number` and `title` must be there.

    Raises `ApiError`: 422 naming fields; `Duplicate` for a number that the platform has, and of `form_token` for a
    form that was sent before. Cost as the repository's.
    """
    names = dict.fromkeys(("platform", "problem_number", "title"), "")
    record = checked_fields({**names, **fields})
    check_consistency(record)
    note = AuditNote(staff_id, "problem.create", form_token)
    return repositories().problems.create_problem(record, audit=note)


def edit_problem(
    staff_id: int,
    problem_id: int,
    changes: Mapping[str, Any],
    *,
    expected_version: int | None,
    form_token: str | None = None,
) -> Problem:
    """Changes some fields (None removes one); the problem as it is now, the same version if nothing was to change.

    Raises `ApiError`: 404, 412, 422; `ConditionFailed` if its version is not `expected_version` any more; `Duplicate`
    for a number that the platform has, and of `form_token`. One GetItem more than the repository's `update_problem`.
    """
    stored = stored_problem(problem_id)
    checked = checked_fields(changes)
    check_consistency({**stored, **checked})
    current: Mapping[str, Any] = {**stored}  # a TypedDict cannot be indexed by a variable name
    fresh = {name: value for name, value in checked.items() if current[name] != value}
    return _change(AuditNote(staff_id, "problem.update", form_token), stored, fresh, expected_version)


def publish_problem(
    staff_id: int, problem_id: int, *, expected_version: int | None, form_token: str | None = None
) -> Problem:
    """Makes a draft, or a retired problem, one that everybody finds. Raises as `edit_problem`."""
    stored = stored_problem(problem_id)
    is_public = stored["is_completed"] and not stored["is_deleted"]
    fresh = {} if is_public else {"is_completed": True, "is_deleted": False}
    return _change(AuditNote(staff_id, "problem.publish", form_token), stored, fresh, expected_version)


def retire_problem(
    staff_id: int, problem_id: int, *, expected_version: int | None, form_token: str | None = None
) -> Problem:
    """Takes a problem out of every list; it is still found by id and by number. Raises as `edit_problem`."""
    stored = stored_problem(problem_id)
    fresh = {} if stored["is_deleted"] else {"is_deleted": True}
    return _change(AuditNote(staff_id, "problem.retire", form_token), stored, fresh, expected_version)


def _change(
    note: AuditNote, stored: Problem, fresh: Mapping[str, Any], expected_version: int | None
) -> Problem:
    check_version(stored["version"], expected_version)
    if not fresh:
        return stored
    return repositories().problems.update_problem(
        stored["problem_id"], fresh, expected_version=expected_version, audit=note
    )
