"""The kinds of items, the migration step that each comes from, its attribute names, and the buckets of records."""

from __future__ import annotations

from collections.abc import Mapping

from api.dynamodb.schema.entities import ENTITIES

# The kinds of items by the step whose rows they are derived from.
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
# Items that only the running service writes, and records of the tools: counted by kind, but not compared.
SERVICE_KINDS = frozenset(
    {
        "session",
        "used_nonce",
        "address_window",
        "progress",
        "practice",
        "problem_note",
        "opened_hints",
        "erasure",
        "audit",
        "audit_month",
        "pending_parts",
        "problem_change",
    }
)
OPERATION = "operation"
# The statements of a problem that a move has removed, which stay without it.
STATEMENTS = "statements"
# By kind, the stored attribute name of each field. Only names are shared with the service: how keys and values
# are formed is written independently in this package.
ATTRIBUTES: Mapping[str, Mapping[str, str]] = {
    entity.name: {field.name: field.short for field in entity.fields} for entity in ENTITIES
}

# By kind, the attribute that holds the id of the row, or of the row's owner for guards and list entries.
ID_ATTRIBUTES: Mapping[str, str] = {
    kind: next(iter(ATTRIBUTES[kind].values())) for kind in STEP_OF if kind != "usage_day"
}

# The step of a text part's owner, by the owner's prefix in the partition key.
OWNER_STEPS: Mapping[str, str] = {"PRB": "problems", "TC": "test_cases", "RUN": "history", "USE": "usage"}

# Few enough that the digests of all buckets take some megabytes, whatever the table's size.
BUCKETS = 2048
TEXT_BUCKETS = 1024
_SMALLEST = 32
# The largest id that the service accepts.
MAX_ID = 2**53 - 1
OUTSIDE = -1

Bucket = tuple[str, int]


def bucket_width(last_id: int) -> int:
    """The number of ids per bucket; a step has at most 2,048 buckets."""
    return max(_SMALLEST, -(-(last_id + 1) // BUCKETS))


def bucket_number(row_id: int, width: int) -> int:
    """The bucket of an id; ids outside the source's range share one bucket."""
    number = row_id // width
    return number if 0 <= number < BUCKETS else OUTSIDE


# The command line's entity for each step.
ENTITY_OF_STEP: Mapping[str, str] = {
    "plans": "users", "users": "users", "problems": "problems", "test_cases": "problems",
    "history": "history", "usage": "usage",
}  # fmt: skip
