"""Records a run: charges one use of the day's executions, judges its results, and stores it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress
from operator import itemgetter
from typing import Any, NamedTuple

from api.accounts.identity import Identity, require_active
from api.composition import repositories
from api.dynamodb.codec.compared_output import output_digest
from api.dynamodb.errors import OutcomeUnknown
from api.dynamodb.schema.records import ProblemHead, Run, User
from api.dynamodb.usage_limits.decisions import Decision
from api.history.models import CaseResult, RunIn
from api.history.verdicts import (
    ACCEPTED,
    BY_OUTPUT,
    COMPARED,
    IN_BROWSER,
    REPORTED,
    WRONG_ANSWER,
    Basis,
    Status,
    summary_of,
)
from api.http.errors import ApiError, invalid_field
from api.limits import limiter
from metrics.recorder import recorder

ACTION = "execution"
# What is stored of a result as it was sent.
_KEPT = ("output", "stderr", "time_ms", "memory_kb")


class Judgement(NamedTuple):
    """A run's results as they are stored, and how its verdict is known.

    results: in the order of the problem's test cases.
    total_count: the number of the problem's test cases; 0 without results.
    basis: None without results.
    """

    results: list[dict[str, Any]]
    total_count: int
    basis: Basis | None


class Recorded(NamedTuple):
    """The stored run, and the limiter's decision to admit it."""

    run: Run
    decision: Decision


class Subject(NamedTuple):
    """The problem of a run. `is_latest`: it was read consistently, so that its remembered cases are in force or not."""

    problem: ProblemHead
    is_latest: bool


def author_and_subject(identity: Identity, problem_id: int) -> tuple[User, Subject]:
    """Who records a run, and the problem of it, read together.

    Raises `ApiError`: 401 for an account that is gone or closed, 404 as `record_run`. One BatchGetItem: 1 RCU, 2 if the
    problem's cases are remembered.
    """
    problems = repositories().problems
    # Read consistently, it says whether the remembered cases are in force: one call instead of two.
    is_latest = problems.remembers_cases(problem_id)
    problem, user = problems.get_head_and_user(problem_id, identity.user_id, consistent=is_latest)
    return require_active(user), _subject(problem, is_latest)


def record_run(
    user: User,
    run: RunIn,
    *,
    subject: Subject | None = None,
    history_id: int | None = None,
    is_from_browser: bool = False,
) -> Recorded:
    """Stores a run of a user, metered as an execution.

    subject: the problem of the run, if it was read already.
    history_id: the run's id, by default a new one.
    is_from_browser: whether this service's own pages ran the code, in the user's browser: times and whatever no
    output shows are kept as what was observed there.

    A run that cannot be stored is not charged; one that may have been stored (`OutcomeUnknown`) is, until it is known.

    Raises `ApiError` (404 for an unknown problem, a draft or a retired one, 422 for a result of a case that the
    problem does not have), `NotAdmitted` and `LimiterUnavailable`, and the data layer's errors: `Duplicate` if the
    id is taken. One GetItem of the problem (0.5 RCU; 1 if its cases are remembered, which then take no call; none with
    `subject`), the limiter's UpdateItem (1 to 4 WCU), and `create_history` (8 WCU, more for long code). Results take
    what `judge` costs besides, once the run is admitted.
    """
    problem, is_latest = subject or _read_subject(run.problem_id)
    check_results(run.results)
    with limiter().paid(user, ACTION, run.problem_id, is_stored=_is_stored) as decision:
        judgement = judge(problem, run.results, is_from_browser=is_from_browser, is_latest=is_latest)
        stored = repositories().history.create_history(
            {**_record(user, problem, run, judgement), "history_id": history_id}
        )
    _count(problem, stored)
    return Recorded(stored, decision)


def _count(problem: ProblemHead, run: Run) -> None:
    """Counts a run by its problem: solved if every test case passed, failed if one did not."""
    passed, total = run["passed_count"], run["total_count"]
    recorder.run(
        f"{problem['platform']} {problem['problem_number']}",
        solved=0 < total == passed, failed=run["failed_count"] > 0,
    )  # fmt: skip


def _is_stored(error: BaseException) -> bool:
    """Whether a run whose storing ended with this error is there. One GetItem, consistent: 1 RCU per 4 KB."""
    run_id = error.record_id if isinstance(error, OutcomeUnknown) else None
    return run_id is None or repositories().history.get_history(run_id, consistent=True) is not None


def _read_subject(problem_id: int) -> Subject:
    problems = repositories().problems
    is_latest = problems.remembers_cases(problem_id)  # as in `author_and_subject`
    return _subject(problems.get_head(problem_id, consistent=is_latest), is_latest)


def _subject(problem: ProblemHead | None, is_latest: bool) -> Subject:
    if problem is None or problem["is_deleted"] or not problem["is_completed"]:
        raise ApiError("problem_not_found")
    return Subject(problem, is_latest)


def check_results(results: Sequence[CaseResult]) -> None:
    """Raises `ApiError`, 422, for a case that is named twice, and for a result without status and output. No call."""
    if len({result.test_case_id for result in results}) != len(results):
        raise invalid_field("body.results", "duplicate_case")
    for index, result in enumerate(results):
        if result.status is None and not _is_decided_by_output(result):
            raise invalid_field(f"body.results.{index}.status", "status_or_output_required")


def judge(
    problem: ProblemHead,
    results: Sequence[CaseResult],
    *,
    is_from_browser: bool = False,
    is_latest: bool = False,
) -> Judgement:
    """Judges the results of a run, which `check_results` accepts, against the problem's test cases.

    An output decides between accepted and wrong answer, whatever the status says; other verdicts are the author's.
    is_latest: whether the problem was read consistently, just now.
    Raises `ApiError`: 422 for a case that the problem does not have. No call without results; otherwise what
    `ProblemRepository.expected_outputs` costs for the results whose output decides.
    """
    if not results:
        return Judgement([], 0, None)
    decided = [_is_decided_by_output(result) for result in results]
    compared = [result.test_case_id for result in compress(results, decided)]
    expected = repositories().problems.expected_outputs(
        problem["problem_id"], compared, version=problem["version"] if is_latest else None
    )
    numbers = {case_id: number for number, case_id in enumerate(expected.test_case_ids, 1)}
    judged: list[dict[str, Any]] = []
    for index, (result, by_output) in enumerate(zip(results, decided, strict=True)):
        case_id, status = result.test_case_id, result.status
        if by_output:
            status = _compared_status(result, expected.digests.get(case_id))
        if case_id not in numbers or status is None:
            raise invalid_field(f"body.results.{index}.test_case_id", "unknown_case")
        judged.append(_stored(result, numbers[case_id], status, is_from_browser))
    judged.sort(key=itemgetter("number"))
    observed = IN_BROWSER if is_from_browser else REPORTED
    return Judgement(judged, len(numbers), COMPARED if all(decided) else observed)


def _is_decided_by_output(result: CaseResult) -> bool:
    has_output = result.output is not None or result.output_digest is not None
    return has_output and (result.status is None or result.status in BY_OUTPUT)


def _compared_status(result: CaseResult, expected: str | None) -> Status | None:
    """The verdict of a result whose output decides; None if the expected one, whose digest this is, is gone."""
    if expected is None:
        return None
    printed = result.output_digest if result.output is None else output_digest(result.output)
    return ACCEPTED if printed == expected else WRONG_ANSWER


def _stored(result: CaseResult, number: int, status: Status, is_from_browser: bool) -> dict[str, Any]:
    """A result as it is stored. `number` is the place of its case among the problem's, from 1."""
    stored: dict[str, Any] = {"test_case_id": result.test_case_id, "number": number, "status": status}
    if is_from_browser:
        stored["source"] = IN_BROWSER
    fields = vars(result)
    for name in _KEPT:
        if fields[name] is not None:
            stored[name] = fields[name]
    return stored


def _record(user: User, problem: ProblemHead, run: RunIn, judgement: Judgement) -> dict[str, Any]:
    statuses = [result["status"] for result in judgement.results]
    passed = statuses.count(ACCEPTED)
    return {
        "user_id": user["user_id"],
        "problem_id": problem["problem_id"],
        "platform": problem["platform"],
        "problem_number": problem["problem_number"],
        "problem_title": problem["title"],
        "language": run.language,
        "code": run.code,
        "passed_count": passed,
        "failed_count": len(statuses) - passed,
        "total_count": judgement.total_count,
        "is_code_public": run.is_code_public,
        "verdict_basis": judgement.basis,
        "result_summary": summary_of(statuses, judgement.total_count),
        "test_results": judgement.results or None,
    }
