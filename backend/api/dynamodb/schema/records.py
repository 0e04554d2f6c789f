"""The types of the domain's records, as repositories return them. Times are aware datetimes in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, NamedTuple, TypedDict


class Plan(TypedDict):
    """A subscription plan; limits are uses a day."""

    plan_id: int
    name: str
    max_hints_per_day: int
    max_executions_per_day: int
    is_active: bool
    created_at: datetime | None


class User(TypedDict):
    """A person with an account; `version` counts the changes. `is_profile_public` is None for a private profile."""

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
    is_profile_public: bool | None
    version: int


class ProblemSummary(TypedDict):
    """A problem as in lists; `tags` are normalised and sorted."""

    problem_id: int
    platform: str
    problem_number: str
    title: str
    difficulty: str | None
    tags: list[str]
    created_at: datetime | None


class Problem(TypedDict):
    """An algorithm problem; `time_limit` is in seconds, `memory_limit` in MB, as on the platform.

    `version` counts the changes of the problem and of its test cases. `case_generation` is the generation of its
    test cases, None until they are replaced for the first time. A statement is Markdown with LaTeX, in Korean or
    English, with the title and the hints in that language. `solutions` has code by language, beside `solution_code`.
    `statement_version` counts the changes of these seven, which leave `version` and `updated_at` as they are; None
    before the first.
    """

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
    case_generation: int | None
    title_ko: str | None
    statement_ko: str | None
    hints_ko: Any
    title_en: str | None
    statement_en: str | None
    hints_en: Any
    solutions: Any
    statement_version: int | None


class ProblemHead(TypedDict):
    """The fields of a `Problem` that a run of it needs; all its texts are left out."""

    problem_id: int
    platform: str
    problem_number: str
    title: str
    is_completed: bool
    is_deleted: bool
    version: int


class TestCase(TypedDict):
    """One input of a problem and its expected output; cases are in order of position, then id.

    `output_digest` is `codec.compared_output.output_digest` of the output, None in items from before there was one.
    """

    test_case_id: int
    problem_id: int
    input: str
    output: str
    is_sample: bool
    position: int
    output_digest: str | None


class ListedTestCase(TypedDict):
    """A test case in lists without large texts: `input` or `output` is None if it is stored in parts.

    `input_bytes` and `output_bytes` are their lengths in UTF-8, None if not recorded.
    """

    test_case_id: int
    problem_id: int
    input: str | None
    output: str | None
    input_bytes: int | None
    output_bytes: int | None
    is_sample: bool
    position: int
    output_digest: str | None


class OpenedHints(TypedDict):
    """The hints of a problem that a user has opened: for each step when, None for one that is not open."""

    user_id: int
    problem_id: int
    nudge_at: datetime | None
    approach_at: datetime | None
    outline_at: datetime | None
    solution_at: datetime | None


class AuditEntry(TypedDict):
    """A change by a member of staff: `changes` has the old and new value of each field, long texts shortened."""

    audit_id: int
    staff_id: int
    action: str
    target: str
    changes: Any
    created_at: datetime


class RunSummary(TypedDict):
    """A run as in lists: everything but the code and its results.

    `verdict_basis` is None if it is not stored, and always on a page of the timeline's index.
    """

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
    verdict_basis: str | None


class Run(RunSummary):
    """A run of a user's code against a problem, complete."""

    code: str
    result_summary: str | None
    test_results: Any
    hints: Any
    version: int


class ChangedRun(RunSummary):
    """A run after a change: what lists show, and its new version."""

    version: int


def is_passed(run: RunSummary) -> bool:
    """Whether a run passed every test case, and had at least one."""
    return run["passed_count"] == run["total_count"] > 0


class PlatformProgress(TypedDict):
    """Number of a user's runs on a platform, and of its problems they solved."""

    runs: int
    solved: int


class SolvedDays(NamedTuple):
    """The days on which a problem was solved first and last."""

    first: date
    last: date


class Progress(TypedDict):
    """Totals of a user's runs.

    `solved` is the number of `solved_ids`: problems of which a run passed every test case. `attempted_ids` are the
    other problems that have runs. Names that differ
    only by letter case are one platform or language, under its latest spelling. `by_day` has the local days of
    the last 370 that had runs. `latest_attempted` are the latest 20 of `attempted_ids`, the latest first;
    `solved_days` are of the problems solved in the last 60 days, at most 100, in order. All days are of the time zone
    `zone`. `complete` is False while runs are still being counted: older ones for the first
    time, or all again after one was changed or removed. Call again.
    """

    runs: int
    passed_runs: int
    solved: int
    solved_ids: frozenset[int]
    attempted_ids: frozenset[int]
    by_platform: dict[str, PlatformProgress]
    by_language: dict[str, int]
    by_day: dict[date, int]
    latest_attempted: list[int]
    solved_days: dict[int, SolvedDays]
    zone: str
    complete: bool


class SolvedProblems(NamedTuple):
    """The problems that a user solved, and those that they only attempted; `complete` is as in `Progress`."""

    ids: frozenset[int]
    attempted: frozenset[int]
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
    """A signed-in device ("web" or "api") or a personal token ("token"); `expires_at` in seconds since 1970 UTC.

    `token_hash` is the hash of the token; `rotations` counts how often it was exchanged. `scopes` says what a personal
    token may do, separated by spaces; its name is its `device`.
    """

    session_id: int
    user_id: int
    kind: str
    token_hash: str
    device: str | None
    scopes: str | None
    created_at: datetime
    used_at: datetime
    rotations: int
    expires_at: int


class Practice(NamedTuple):
    """What a user keeps for practice.

    bookmarks: ids of problems, the latest first. reviewed: by problem, the day on which the user last marked it as
    reviewed. time_zone: the name of the user's own, None for the product's.
    """

    bookmarks: tuple[int, ...] = ()
    reviewed: Mapping[int, date] = MappingProxyType({})
    time_zone: str | None = None


class ProblemNote(TypedDict):
    """A user's private note on a problem; `version` counts the changes."""

    problem_id: int
    user_id: int
    text: str
    updated_at: datetime
    version: int


class Erasure(TypedDict):
    """An account whose requested deletion is not finished."""

    user_id: int
    asked_at: datetime
