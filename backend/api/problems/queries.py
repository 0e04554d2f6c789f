"""Queries for problems and test cases that a reader may see. Staff alone see drafts; retired problems stay readable."""

from __future__ import annotations

from api.composition import repositories
from api.dynamodb.errors import InvalidInput
from api.dynamodb.schema.records import ListedTestCase, Problem, ProblemSummary
from api.dynamodb.table.cursor import Page
from api.http.errors import ApiError, invalid_field

MAX_WORDS = 100


def _visible(problem: Problem | None, is_staff: bool) -> Problem:
    if problem is None or not (problem["is_completed"] or is_staff):
        raise ApiError("problem_not_found")
    return problem


def problem_by_id(problem_id: int, *, is_staff: bool = False) -> Problem:
    """A problem. Raises `ApiError`: 404. One GetItem: 0.5 RCU for each 4 KB, parts apart."""
    return _visible(repositories().problems.get_problem(problem_id), is_staff)


def problem_by_number(platform: str, number: str, *, is_staff: bool = False) -> Problem:
    """A platform's problem. Raises `ApiError`: 404. Two GetItems: 1 RCU."""
    return _visible(repositories().problems.get_problem_by_number(platform, number), is_staff)


def find_problems(
    *,
    platform: str | None = None,
    difficulty: str | None = None,
    tag: str | None = None,
    words: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[ProblemSummary]:
    """Problems that match every filter, newest first; empty filters are ignored.

    Raises `ApiError`: 422 for too long a text. Cost as `ProblemRepository.list_problems`: usually one Query.
    """
    filters = {
        name: _filter(name, value)
        for name, value in (
            ("platform", platform),
            ("difficulty", difficulty),
            ("tag", tag),
            ("words", words),
        )
    }
    return repositories().problems.list_problems(
        platform=filters["platform"], difficulty=filters["difficulty"], tag=filters["tag"], words=filters["words"],
        limit=limit, cursor=cursor,
    )  # fmt: skip


def _filter(name: str, value: str | None) -> str | None:
    """A filter's text, None if it is empty."""
    text = (value or "").strip()
    if len(text) > MAX_WORDS:
        raise invalid_field(f"query.{name}", "too_long", limit=MAX_WORDS)
    return text or None


def cases_of(
    problem: Problem, *, samples_only: bool, is_signed_in: bool, limit: int = 20, cursor: str | None = None
) -> Page[ListedTestCase]:
    """Test cases in order; texts stored in parts are None. Samples are public.

    Raises `ApiError`: 401 for all cases without being signed in, 422 for a cursor from before they were replaced.
    One Query for samples, two for all, and one GetItem.
    """
    if not (samples_only or is_signed_in):
        raise ApiError("cases_need_sign_in")
    try:
        return repositories().problems.get_test_cases(
            problem["problem_id"], samples_only=samples_only, limit=limit, cursor=cursor, large_texts=False
        )
    except InvalidInput:
        if cursor is None:
            raise
        # The cases were replaced after the page that gave the cursor out.
        raise invalid_field("query.cursor", "invalid_cursor") from None
