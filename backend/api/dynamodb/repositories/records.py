"""The shapes of the domain's records, as repositories hand them out. Times are aware datetimes in UTC."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, TypedDict


class Plan(TypedDict):
    """A subscription plan; limits are uses a day."""

    plan_id: int
    name: str
    max_hints_per_day: int
    max_executions_per_day: int
    is_active: bool
    created_at: datetime | None


class User(TypedDict):
    """A person with an account; `version` counts the changes."""

    user_id: int
    email: str | None
    name: str | None
    picture: str | None
    google_id: str | None
    subscription_plan_id: int | None
    is_active: bool
    is_staff: bool
    created_at: datetime | None
    updated_at: datetime | None
    last_login: datetime | None
    version: int


class ProblemSummary(TypedDict):
    """A problem as lists show it; `tags` are normalised and sorted."""

    problem_id: int
    platform: str
    problem_number: str
    title: str
    difficulty: str | None
    tags: list[str]
    created_at: datetime | None


class Problem(TypedDict):
    """An algorithm problem; `time_limit` is in seconds, `memory_limit` in MB, as the platform has them."""

    problem_id: int
    platform: str
    problem_number: str
    title: str
    url: str | None
    tags: Any
    difficulty: str | None
    language: str | None
    solution_code: str | None
    constraints: str | None
    hints: Any
    time_limit: float | None
    memory_limit: int | None
    is_completed: bool
    is_deleted: bool
    metadata: Any
    created_at: datetime | None
    updated_at: datetime | None
    version: int


class TestCase(TypedDict):
    """One input of a problem and the output it wants; cases are in order of position, then id."""

    test_case_id: int
    problem_id: int
    input: str
    output: str
    is_sample: bool
    position: int


class ListedTestCase(TypedDict):
    """A test case as lists show it that leave large texts out: `input` or `output` is None where it stands apart.

    `input_bytes` and `output_bytes` are their lengths in UTF-8, None where that was not recorded.
    """

    test_case_id: int
    problem_id: int
    input: str | None
    output: str | None
    input_bytes: int | None
    output_bytes: int | None
    is_sample: bool
    position: int


class AuditEntry(TypedDict):
    """What a member of staff changed: `changes` has, by field, its old and new value, long texts shortened."""

    audit_id: int
    staff_id: int
    action: str
    target: str
    changes: Any
    created_at: datetime


class RunSummary(TypedDict):
    """A run as lists show it: everything but the code and its results."""

    history_id: int
    user_id: int | None
    problem_id: int | None
    platform: str
    problem_number: str
    problem_title: str
    language: str
    passed_count: int
    failed_count: int
    total_count: int
    is_code_public: bool
    created_at: datetime


class Run(RunSummary):
    """A run of somebody's code against a problem, whole."""

    code: str
    result_summary: str | None
    test_results: Any
    hints: Any
    version: int


def is_passed(run: RunSummary) -> bool:
    """Whether a run passed every test case, of one at least."""
    return run["passed_count"] == run["total_count"] > 0


class PlatformProgress(TypedDict):
    """A user's runs on a platform, and how many of its problems they solved."""

    runs: int
    solved: int


class Progress(TypedDict):
    """A user's runs added up.

    `solved` is the number of `solved_ids`: problems of which a run passed every test case. Names that differ
    by letter case alone are one platform or language, under its latest spelling. `by_day` has the local
    days of the last 370 on which there were runs. `complete` is False when there are older runs than could
    be added up until now: ask again.
    """

    runs: int
    passed_runs: int
    solved: int
    solved_ids: frozenset[int]
    by_platform: dict[str, PlatformProgress]
    by_language: dict[str, int]
    by_day: dict[date, int]
    complete: bool


class UsageLog(TypedDict):
    """One use of a limited action; `expires_at` is in seconds since 1970 UTC, None if it is kept."""

    log_id: int
    user_id: int
    action: str
    problem_id: int | None
    metadata: Any
    created_at: datetime
    expires_at: int | None


class Session(TypedDict):
    """A signed-in device; `kind` is "web" or "api", `expires_at` in seconds since 1970 UTC.

    `token_hash` is what is kept of the token; `rotations` counts how often it was exchanged.
    """

    session_id: int
    user_id: int
    kind: str
    token_hash: str
    device: str | None
    created_at: datetime
    used_at: datetime
    rotations: int
    expires_at: int


class Erasure(TypedDict):
    """An account whose deletion was asked for and is not finished."""

    user_id: int
    asked_at: datetime
