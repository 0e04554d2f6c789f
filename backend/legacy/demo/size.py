"""The size of a demonstration source and the columns of its tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

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
PRACTICE_SIZES = {"users": 60, "history": 1_500, "usage": 3_000}


@dataclass(frozen=True)
class DemoSize:
    """How many rows to generate.

    The default is volume for benchmarks and tests: problems that only look real, of 3 to 40 test cases each;
    `large_cases` is the number of test cases with an input of 100 KB to 2 MB, at most three of one problem.
    With `is_practice` the problems are those of the practice set, all of them.
    """

    users: int = 500
    problems: int = 300
    history: int = 20_000
    usage: int = 50_000
    large_cases: int = 12
    is_practice: bool = False

    @classmethod
    def practice(cls, **sizes: int) -> Self:
        """The demonstration that `make run` shows: the practice set and people who solve its problems.

        `sizes` has what differs from `PRACTICE_SIZES`. Raises `ProblemFolderError` when a problem's folder is not in
        the form.
        """
        from legacy.demo.practice.folders import read_folders

        sizes = {**PRACTICE_SIZES, **sizes}
        return cls(**sizes, problems=len(read_folders()), large_cases=0, is_practice=True)

    def __post_init__(self) -> None:
        for name, lowest in (("users", 1), ("problems", 1), ("history", 0), ("usage", 0), ("large_cases", 0)):
            if getattr(self, name) < lowest:
                raise ValueError(f"{name} is {getattr(self, name)}: it must be {lowest} or more")
