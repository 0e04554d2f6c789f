"""The kinds of items that are told apart, the source step each comes from, and into which bucket a record falls."""

from __future__ import annotations

from collections.abc import Mapping

# Every kind by the step of the move whose rows it is made of.
KINDS: Mapping[str, tuple[str, ...]] = {
    "plans": ("plan",),
    "users": ("user", "email_guard", "google_guard", "user_entry"),
    "problems": ("problem", "number_guard", "problem_entry", "word_entry"),
    "test_cases": ("test_case",),
    "history": ("run", "user_run", "user_problem_run"),
    "usage": ("usage_log", "usage_day"),
}
STEP_OF: Mapping[str, str] = {kind: step for step, kinds in KINDS.items() for kind in kinds}
TEXTS = "text_part"
UNKNOWN = "unknown"
# What the service alone writes, about people at work with it, and the tools' own records: neither is compared.
SERVICE = "service"
OPERATION = "operation"
ALL_KINDS = (*STEP_OF, TEXTS, UNKNOWN)

# The owner that a text part's partition names, by the step of the owner.
OWNER_STEPS: Mapping[str, str] = {"PRB": "problems", "TC": "test_cases", "RUN": "history", "USE": "usage"}

BUCKETS = 8192
TEXT_BUCKETS = 4096
_SMALLEST = 32
OUTSIDE = -1

Bucket = tuple[str, int]


def bucket_width(last_id: int) -> int:
    """How many ids share a bucket, so that a step never has more than 8,192 buckets."""
    return max(_SMALLEST, -(-(last_id + 1) // BUCKETS))


def bucket_number(row_id: int, width: int) -> int:
    """The bucket of an id; all ids that the source cannot have share one."""
    number = row_id // width
    return number if 0 <= number < BUCKETS else OUTSIDE


# The command line's word for what each step moves.
ENTITY_OF_STEP: Mapping[str, str] = {
    "plans": "users", "users": "users", "problems": "problems", "test_cases": "problems",
    "history": "history", "usage": "usage",
}  # fmt: skip
