"""The size of a demonstration source and the columns of its tables."""

from __future__ import annotations

from dataclasses import dataclass

Value = str | int | float | None
Row = tuple[Value, ...]

DEFAULT_SEED = 20240229

# In the order in which foreign keys allow the tables to be filled.
COLUMNS: dict[str, tuple[str, ...]] = {
    "subscription_plans": (
        "id", "name", "max_hints_per_day", "max_executions_per_day", "is_active", "created_at",
    ),
    "users": (
        "id", "email", "name", "picture", "google_id", "subscription_plan_id", "is_active", "is_staff",
        "created_at", "updated_at", "last_login",
    ),
    "problems": (
        "id", "platform", "problem_id", "title", "url", "tags", "difficulty", "language", "solution_code",
        "constraints", "hints", "time_limit", "memory_limit", "is_completed", "is_deleted", "metadata",
        "created_at", "updated_at",
    ),
    "test_cases": ("id", "problem_id", "input", "output", "is_sample", "position"),
    "search_history": (
        "id", "user_id", "problem_id", "platform", "problem_number", "problem_title", "language", "code",
        "result_summary", "passed_count", "failed_count", "total_count", "is_code_public", "test_results",
        "hints", "created_at",
    ),
    "usage_logs": ("id", "user_id", "action", "problem_id", "metadata", "created_at"),
}  # fmt: skip

TABLES = tuple(COLUMNS)


@dataclass(frozen=True)
class DemoSize:
    """How many rows to generate; each problem has 3 to 40 test cases.

    `large_cases` is the number of test cases with an input of 100 KB to 2 MB,
    at most three of one problem.
    """

    users: int = 500
    problems: int = 300
    history: int = 20_000
    usage: int = 50_000
    large_cases: int = 12

    def __post_init__(self) -> None:
        for name, lowest in (("users", 1), ("problems", 1), ("history", 0), ("usage", 0), ("large_cases", 0)):
            if getattr(self, name) < lowest:
                raise ValueError(f"{name} is {getattr(self, name)}: it must be {lowest} or more")
