"""What staff do with problems: drafts, new ones, changes, publishing, retiring, test cases.

Each change is in the audit log, with who made it. Who may do this is checked by the callers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from api.composition import repositories
from api.dynamodb.cursor import Page
from api.dynamodb.repositories import AuditNote
from api.dynamodb.repositories.records import Problem, ProblemSummary, TestCase
from api.http.faults import NOT_FOUND, PRECONDITION_FAILED, Refusal
from api.problems.editing_rules import check_whole, checked_cases, checked_fields


def drafts(*, limit: int = 50, cursor: str | None = None) -> Page[ProblemSummary]:
    """Problems that are not published yet, newest first. One Query: 0.5 RCU for each 4 KB, about 15 problems."""
    return repositories().problems.list_problems(drafts=True, limit=limit, cursor=cursor)


def stored_problem(problem_id: int) -> Problem:
    """A problem as it is now: draft, published or retired. Raises `Refusal`: 404. One GetItem: 1 RCU for each 4 KB."""
    problem = repositories().problems.get_problem(problem_id, consistent=True)
    if problem is None:
        raise Refusal(NOT_FOUND, "There is no such problem.")
    return problem


def create_problem(staff_id: int, fields: Mapping[str, Any]) -> Problem:
    """A new draft of these fields; `platform`, `problem_number` and `title` must be there.

    Raises `Refusal`: 422 naming fields; `Duplicate` for a number that the platform has. Cost as the repository's.
    """
    names = dict.fromkeys(("platform", "problem_number", "title"), "")
    record = checked_fields({**names, **fields})
    check_whole(record)
    return repositories().problems.create_problem(record, audit=AuditNote(staff_id, "problem.create"))


def edit_problem(
    staff_id: int, problem_id: int, changes: Mapping[str, Any], *, expected_version: int | None
) -> Problem:
    """Changes some fields (None removes one); the problem as it is now, the same version if nothing was to change.

    Raises `Refusal`: 404, 412, 422; `ConditionFailed` if its version is not `expected_version` any more; `Duplicate`
    for a number that the platform has. One GetItem more than the repository's `update_problem`.
    """
    stored = stored_problem(problem_id)
    wanted = checked_fields(changes)
    check_whole({**stored, **wanted})
    # A TypedDict is a dict to whoever compares it by names that are known only now.
    known: Mapping[str, Any] = {**stored}
    fresh = {name: value for name, value in wanted.items() if known[name] != value}
    return _change(staff_id, "problem.update", stored, fresh, expected_version)


def publish_problem(staff_id: int, problem_id: int, *, expected_version: int | None) -> Problem:
    """Makes a draft, or a retired problem, one that everybody finds. Raises as `edit_problem`."""
    stored = stored_problem(problem_id)
    is_public = stored["is_completed"] and not stored["is_deleted"]
    fresh = {} if is_public else {"is_completed": True, "is_deleted": False}
    return _change(staff_id, "problem.publish", stored, fresh, expected_version)


def retire_problem(staff_id: int, problem_id: int, *, expected_version: int | None) -> Problem:
    """Takes a problem out of every list; it is still found by id and by number. Raises as `edit_problem`."""
    stored = stored_problem(problem_id)
    fresh = {} if stored["is_deleted"] else {"is_deleted": True}
    return _change(staff_id, "problem.retire", stored, fresh, expected_version)


def _change(
    staff_id: int, action: str, stored: Problem, fresh: Mapping[str, Any], expected_version: int | None
) -> Problem:
    if expected_version is not None and stored["version"] != expected_version:
        raise Refusal(
            PRECONDITION_FAILED, f"It has version {stored['version']} now: somebody changed it meanwhile."
        )
    if not fresh:
        return stored
    return repositories().problems.update_problem(
        stored["problem_id"], fresh, expected_version=expected_version, audit=AuditNote(staff_id, action)
    )


def replace_cases(staff_id: int, problem_id: int, cases: Sequence[Mapping[str, Any]]) -> list[TestCase]:
    """Puts test cases (`input`, `output`, `is_sample`) in the place of all that a problem has.

    Raises `Refusal`: 413, 422; `NotFound`; `Throttled` when old ones are left, and doing it again repairs that.
    Cost as the repository's `replace_test_cases`.
    """
    fresh = checked_cases(cases)
    note = AuditNote(staff_id, "test_cases.replace")
    return repositories().problems.replace_test_cases(problem_id, fresh, audit=note)


def add_cases(staff_id: int, problem_id: int, cases: Sequence[Mapping[str, Any]]) -> list[TestCase]:
    """Adds test cases behind those that a problem has. Raises `Refusal`: 413, 422; `NotFound`; `Throttled`."""
    fresh = checked_cases(cases)
    return repositories().problems.add_test_cases(
        problem_id, fresh, audit=AuditNote(staff_id, "test_cases.add")
    )
