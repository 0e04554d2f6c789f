"""Which problems and test cases somebody may see. Drafts are staff's; retired problems stay, for the runs of them."""

from __future__ import annotations

from api.composition import repositories
from api.dynamodb.cursor import Page
from api.dynamodb.repositories.records import ListedTestCase, Problem, ProblemSummary
from api.http.faults import NOT_FOUND, UNAUTHENTICATED, Refusal, invalid

MAX_WORDS = 100


def _seen(problem: Problem | None, is_staff: bool) -> Problem:
    if problem is None or not (problem["is_completed"] or is_staff):
        raise Refusal(NOT_FOUND, "There is no such problem.")
    return problem


def problem_by_id(problem_id: int, *, is_staff: bool = False) -> Problem:
    """A problem. Raises `Refusal`: 404. One GetItem: 0.5 RCU for each 4 KB, parts apart."""
    return _seen(repositories().problems.get_problem(problem_id), is_staff)


def problem_by_number(platform: str, number: str, *, is_staff: bool = False) -> Problem:
    """A platform's problem. Raises `Refusal`: 404. Two GetItems: 1 RCU."""
    return _seen(repositories().problems.get_problem_by_number(platform, number), is_staff)


def find_problems(
    *,
    platform: str | None = None,
    difficulty: str | None = None,
    tag: str | None = None,
    words: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[ProblemSummary]:
    """Problems that match everything given, newest first; empty texts ask for nothing.

    Raises `Refusal`: 422 for too long a text. Cost as `ProblemRepository.list_problems`: 1 or 4 Queries.
    """
    wanted = {
        name: _asked(name, value)
        for name, value in (
            ("platform", platform),
            ("difficulty", difficulty),
            ("tag", tag),
            ("words", words),
        )
    }
    return repositories().problems.list_problems(
        platform=wanted["platform"], difficulty=wanted["difficulty"], tag=wanted["tag"], words=wanted["words"],
        limit=limit, cursor=cursor,
    )  # fmt: skip


def _asked(name: str, value: str | None) -> str | None:
    """A filter's text, None for one that asks for nothing."""
    text = (value or "").strip()
    if len(text) > MAX_WORDS:
        raise invalid(f"query.{name}", f"at most {MAX_WORDS} characters")
    return text or None


def cases_of(
    problem: Problem, *, samples_only: bool, is_signed_in: bool, limit: int = 20, cursor: str | None = None
) -> Page[ListedTestCase]:
    """Test cases in order; texts that stand in parts are None. Samples are everybody's.

    Raises `Refusal`: 401 for all cases without being signed in. One Query for samples, two for all.
    """
    if not (samples_only or is_signed_in):
        raise Refusal(UNAUTHENTICATED, "Samples are for everyone; sign in to see all test cases.")
    return repositories().problems.get_test_cases(
        problem["problem_id"], samples_only=samples_only, limit=limit, cursor=cursor, whole=False
    )
