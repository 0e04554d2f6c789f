"""Recording a run: its results are counted, its use of the day's executions is paid, then it is stored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from api.composition import repositories
from api.dynamodb.decisions import Decision
from api.dynamodb.repositories.records import Problem, Run, User
from api.history.models import CaseResult, RunIn
from api.http.faults import NOT_FOUND, Refusal, invalid
from api.limits import limiter

ACTION = "execution"
PASSED = "AC"
VERDICTS = {
    "AC": "Accepted",
    "WA": "Wrong answer",
    "TLE": "Time limit exceeded",
    "MLE": "Memory limit exceeded",
    "RE": "Runtime error",
    "CE": "Compile error",
}


class Recorded(NamedTuple):
    """The stored run, and the decision that let it in."""

    run: Run
    decision: Decision


def record_run(user: User, given: RunIn) -> Recorded:
    """Stores a run of a user, metered as an execution; one that cannot be stored is not charged.

    Raises `Refusal` (404 for a problem that is not there or a draft, 422 for a result of a case that the
    problem does not have), `NotAdmitted` and `LimiterUnavailable`, and the data layer's errors. One GetItem of
    the problem (0.5 RCU), the limiter's UpdateItem (1 to 4 WCU), and `create_history` (8 WCU, more for long
    code). Results without a status take all of the problem's test cases besides.
    """
    problem = _problem(given.problem_id)
    results = judged(problem, given.results)
    with limiter().paid(user, ACTION, given.problem_id) as decision:
        run = repositories().history.create_history(_record(user, problem, given, results))
    return Recorded(run, decision)


def _problem(problem_id: int) -> Problem:
    problem = repositories().problems.get_problem(problem_id)
    if problem is None or problem["is_deleted"] or not problem["is_completed"]:
        raise Refusal(NOT_FOUND, "There is no such problem to run code for.", fields=())
    return problem


def judged(problem: Problem, results: Sequence[CaseResult]) -> list[dict[str, Any]]:
    """The results as they are stored, each with a status; outputs are compared where none was given.

    Raises `Refusal`: 422 for a result without both, and for one of an unknown case. No call if each has a status.
    """
    if len({result.test_case_id for result in results}) != len(results):
        raise invalid("body.results", "each test case may stand here once")
    expected = _expected(problem, results)
    found = []
    for number, result in enumerate(results):
        status: str | None = result.status
        if status is None:
            where = f"body.results.{number}"
            if result.output is None:
                raise invalid(f"{where}.status", "give a status, or the output to be compared")
            if result.test_case_id not in expected:
                raise invalid(f"{where}.test_case_id", "the problem has no such test case")
            status = PASSED if is_same(result.output, expected[result.test_case_id]) else "WA"
        stored = {"test_case_id": result.test_case_id, "status": status}
        for name in ("output", "stderr", "time_ms", "memory_kb"):
            value = getattr(result, name)
            if value is not None:
                stored[name] = value
        found.append(stored)
    return found


def is_same(output: str, expected: str) -> bool:
    """Whether an output is the expected one; spaces at ends of lines and empty lines at the end do not count."""
    return compared_lines(output) == compared_lines(expected)


def compared_lines(text: str) -> list[str]:
    """The lines of an output as they are compared: without spaces at their ends and empty lines at the end."""
    return [line.rstrip() for line in text.rstrip().splitlines()]


def _expected(problem: Problem, results: Sequence[CaseResult]) -> dict[int, str]:
    """The expected output of each test case, read only when some result lacks a status."""
    if all(result.status is not None for result in results):
        return {}
    found: dict[int, str] = {}
    cursor = None
    while True:
        page = repositories().problems.get_test_cases(problem["problem_id"], limit=100, cursor=cursor)
        found |= {case["test_case_id"]: case["output"] for case in page}
        cursor = page.cursor
        if cursor is None:
            return found


def _record(user: User, problem: Problem, given: RunIn, results: list[dict[str, Any]]) -> dict[str, Any]:
    passed = sum(result["status"] == PASSED for result in results)
    return {
        "user_id": user["user_id"],
        "problem_id": problem["problem_id"],
        "platform": problem["platform"],
        "problem_number": problem["problem_number"],
        "problem_title": problem["title"],
        "language": given.language,
        "code": given.code,
        "passed_count": passed,
        "failed_count": len(results) - passed,
        "total_count": len(results),
        "is_code_public": given.is_code_public,
        "result_summary": _summary(results, passed),
        "test_results": results or None,
    }


def _summary(results: list[dict[str, Any]], passed: int) -> str | None:
    if not results:
        return None
    verdict = next((result["status"] for result in results if result["status"] != PASSED), PASSED)
    return f"{VERDICTS[verdict]} ({passed}/{len(results)})"
