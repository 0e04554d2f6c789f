"""Maps each MySQL table to records: its columns, how their text is parsed, and what happens to zero dates.

Rows arrive as the text that MySQL sends (its decoders are switched off), in the order
of `MigrationStep.columns`, and become the domain's records.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any

from api.dynamodb.codec import items, json_text
from api.dynamodb.codec.compared_output import with_output_digest
from api.dynamodb.codec.items import ItemSet
from api.dynamodb.codec.json_text import JsonText
from api.dynamodb.errors import InvalidInput
from api.dynamodb.schema.entities import PK
from api.dynamodb.schema.ids import MAX_ID
from migration.errors import BadRow
from migration.rows import UndecodableRow

Row = Sequence[str | None]
NULL_KEY = -(2**63)
Record = dict[str, Any]


@dataclass(frozen=True)
class SourceColumn:
    """A source column: its name, the record's field, and the name of its parser.

    `zero_date` is the policy for dates such as '0000-00-00': "null" (stored as no value) or "dead_letter".
    """

    name: str
    field: str
    read: str
    nullable: bool = False
    zero_date: str = "null"


@dataclass(frozen=True)
class MigrationStep:
    """One source table and the items that its rows become."""

    name: str
    entity: str
    table: str
    columns: tuple[SourceColumn, ...]
    build: Callable[[Record], ItemSet]
    versioned: bool = False
    unique: bool = False
    order_by: tuple[str, ...] = ("id",)

    def key(self, row: Row) -> tuple[int, ...]:
        """The values of `order_by` in a row; NULL sorts before every number, as in MySQL."""
        positions = self._key_positions
        return tuple(NULL_KEY if (text := row[n]) is None else int(text) for n in positions)

    @cached_property
    def _key_positions(self) -> tuple[int, ...]:
        return tuple(self.column_names.index(name) for name in self.order_by)

    @cached_property
    def column_names(self) -> tuple[str, ...]:
        """The names of the columns, in the order of a row's values."""
        return tuple(column.name for column in self.columns)


# The column types of information_schema that each parser accepts, and SQLite's declared types.
ACCEPTED_TYPES: Mapping[str, frozenset[str]] = {
    "id": frozenset({"tinyint", "smallint", "mediumint", "int", "integer", "bigint"}),
    "int": frozenset({"tinyint", "smallint", "mediumint", "int", "integer", "bigint"}),
    "bool": frozenset({"tinyint", "bit", "bool", "boolean", "smallint", "int", "integer"}),
    "text": frozenset({"char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum"}),
    "json": frozenset({"json", "text", "mediumtext", "longtext", "varchar"}),
    # MySQL prints a FLOAT with six digits; those are moved and compared.
    "float": frozenset({"float", "double", "real", "decimal", "numeric", "int", "integer"}),
    "time": frozenset({"datetime", "timestamp", "date"}),
}


def read_int(text: str) -> int:
    """Parses an integer as MySQL prints it."""
    try:
        return int(text)
    except ValueError:
        raise BadRow(f"{text[:60]!r} is not a whole number") from None


def read_id(text: str) -> int:
    """Parses an id that the service can use: 0 to 2^53 - 1, which a browser represents exactly."""
    number = read_int(text)
    if not 0 <= number <= MAX_ID:
        raise BadRow(f"id {number} is outside 0 to {MAX_ID}")
    return number


def read_bool(text: str) -> bool:
    """Parses a boolean; a tinyint(1) may also contain -128 to 127, which is rejected."""
    if text == "1":
        return True
    if text == "0":
        return False
    raise BadRow(f"tinyint {text} is neither 0 nor 1")


def read_float(text: str) -> float:
    """Parses a number that a double represents exactly; a DECIMAL may have more digits, which is rejected."""
    try:
        number, exact = float(text), Decimal(text)
    except (ValueError, InvalidOperation):
        raise BadRow(f"{text[:60]!r} is not a number") from None
    if not exact.is_finite() or Decimal(repr(number)) != exact:
        raise BadRow(f"{text[:60]} has more digits than a double holds")
    return number


def read_text(text: str) -> str:
    """The text, unchanged."""
    return text


def read_json(text: str) -> JsonText:
    """Validates JSON and keeps its text unchanged: what the service itself would store, and nothing else."""
    try:
        return json_text.checked(text)
    except InvalidInput as error:
        raise BadRow(str(error)) from None


def read_time(text: str) -> datetime | None:
    """Parses a DATETIME or TIMESTAMP in UTC; None for a date with a zero year, month or day."""
    try:
        return datetime.fromisoformat(text + "+00:00" if len(text) > 10 else text + " 00:00:00+00:00")
    except ValueError:
        if text.startswith("0000-") or "-00" in text[:10]:
            return None
        raise BadRow(f"{text[:40]!r} is not a date and time") from None


_READERS: dict[str, Callable[[str], Any]] = {
    "id": read_id,
    "int": read_int,
    "bool": read_bool,
    "float": read_float,
    "text": read_text,
    "json": read_json,
}


class RowReader:
    """Parses the rows of one step; `zero_dates` counts by column the zero dates that became no value."""

    def __init__(self, step: MigrationStep) -> None:
        self.zero_dates: dict[str, int] = {}
        self._versioned = step.versioned
        self._names = step.column_names
        self._readers = [
            (
                n,
                c.name,
                c.field,
                None if c.read == "text" else self._time(c) if c.read == "time" else _READERS[c.read],
            )
            for n, c in enumerate(step.columns)
        ]
        self._required = [(n, c.name) for n, c in enumerate(step.columns) if not c.nullable]

    def _time(self, column: SourceColumn) -> Callable[[str], datetime | None]:
        def read(text: str) -> datetime | None:
            moment = read_time(text)
            if moment is None:
                if column.zero_date == "dead_letter":
                    raise BadRow(f"zero date {text!r}")
                self.zero_dates[column.name] = self.zero_dates.get(column.name, 0) + 1
            return moment

        return read

    def record(self, row: Row) -> Record:
        """The record of a row. Raises `BadRow`, which names the column."""
        if isinstance(row, UndecodableRow):
            raise BadRow(row.reason(self._names))
        record: Record = {"version": 1} if self._versioned else {}
        for number, name, field, read in self._readers:
            text = row[number]
            if text is None:
                record[field] = None
            elif read is None:
                record[field] = text
            else:
                try:
                    record[field] = read(text)
                except BadRow as error:
                    raise BadRow(f"{name}: {error}") from None
        for number, name in self._required:
            if row[number] is None:
                raise BadRow(f"{name} is NULL")
        return record


def build_items(step: MigrationStep, record: Record) -> ItemSet:
    """The items of a record. Raises `BadRow` with the reason when DynamoDB cannot store it."""
    try:
        return step.build(record)
    except InvalidInput as error:
        raise BadRow(str(error)) from None
    except (OverflowError, UnicodeEncodeError) as error:
        raise BadRow(f"cannot be stored: {error}") from None


def _build_problem(record: Record) -> ItemSet:
    tags = record.get("tags")
    return items.problem_items(record, None if tags is None else json_text.loads(tags))


def _build_test_case(record: Record) -> ItemSet:
    return items.test_case_items(with_output_digest(record))


UNIQUE_KEYS = {"EML": "e-mail", "GID": "Google account", "NUM": "platform and number"}


def unique_keys(item_set: ItemSet) -> list[tuple[str, str]]:
    """(description, key) of every guard item: the keys that no other row may have."""
    return [(UNIQUE_KEYS[guard[PK]["S"][:3]], guard[PK]["S"]) for guard in item_set.guards]


def _c(
    name: str, read: str, field: str | None = None, *, null: bool = False, zero: str = "null"
) -> SourceColumn:
    return SourceColumn(name, field or name, read, null, zero)


PLANS = MigrationStep(
    "plans", "users", "subscription_plans",
    (
        _c("id", "id", "plan_id"),
        _c("name", "text"),
        _c("max_hints_per_day", "int"),
        _c("max_executions_per_day", "int"),
        _c("is_active", "bool"),
        _c("created_at", "time", null=True),
    ),
    items.plan_items,
)  # fmt: skip

USERS = MigrationStep(
    "users", "users", "users",
    (
        _c("id", "id", "user_id"),
        _c("email", "text", null=True),
        _c("name", "text", null=True),
        _c("picture", "text", null=True),
        _c("google_id", "text", null=True),
        _c("subscription_plan_id", "id", null=True),
        _c("is_active", "bool"),
        _c("is_staff", "bool"),
        _c("created_at", "time", null=True),
        _c("updated_at", "time", null=True),
        _c("last_login", "time", null=True),
    ),
    items.user_items, versioned=True, unique=True,
)  # fmt: skip

PROBLEMS = MigrationStep(
    "problems", "problems", "problems",
    (
        _c("id", "id", "problem_id"),
        _c("platform", "text"),
        _c("problem_id", "text", "problem_number"),
        _c("title", "text"),
        _c("url", "text", null=True),
        _c("tags", "json", null=True),
        _c("difficulty", "text", null=True),
        _c("language", "text", null=True),
        _c("solution_code", "text", null=True),
        _c("constraints", "text", null=True),
        _c("hints", "json", null=True),
        _c("time_limit", "float", null=True),
        _c("memory_limit", "int", null=True),
        _c("is_completed", "bool"),
        _c("is_deleted", "bool"),
        _c("metadata", "json", null=True),
        _c("created_at", "time", null=True),
        _c("updated_at", "time", null=True),
    ),
    _build_problem, versioned=True, unique=True,
)  # fmt: skip

TEST_CASES = MigrationStep(
    "test_cases", "problems", "test_cases",
    (
        _c("id", "id", "test_case_id"),
        _c("problem_id", "id"),
        _c("input", "text"),
        _c("output", "text"),
        _c("is_sample", "bool"),
        _c("position", "int"),
    ),
    _build_test_case,
)  # fmt: skip

HISTORY = MigrationStep(
    "history", "history", "search_history",
    (
        _c("id", "id", "history_id"),
        _c("user_id", "id", null=True),
        _c("problem_id", "id", null=True),
        _c("platform", "text"),
        _c("problem_number", "text"),
        _c("problem_title", "text"),
        _c("language", "text"),
        _c("code", "text"),
        _c("result_summary", "text", null=True),
        _c("passed_count", "int"),
        _c("failed_count", "int"),
        _c("total_count", "int"),
        _c("is_code_public", "bool"),
        _c("test_results", "json", null=True),
        _c("hints", "json", null=True),
        _c("created_at", "time", zero="dead_letter"),
    ),
    items.run_items, versioned=True,
)  # fmt: skip

USAGE = MigrationStep(
    "usage", "usage", "usage_logs",
    (
        _c("id", "id", "log_id"),
        _c("user_id", "id"),
        _c("action", "text"),
        _c("problem_id", "id", null=True),
        _c("metadata", "json", null=True),
        _c("created_at", "time", zero="dead_letter"),
    ),
    items.usage_log_items, order_by=("user_id", "id"),
)  # fmt: skip

STEPS = (PLANS, USERS, PROBLEMS, TEST_CASES, HISTORY, USAGE)
ENTITIES = ("users", "problems", "history", "usage")


def steps_of(entity: str) -> tuple[MigrationStep, ...]:
    """The steps of an `--entity` value, in order; "all" selects every step."""
    return tuple(step for step in STEPS if entity in ("all", step.entity))


def utc_midnight(moment: datetime) -> datetime:
    """The start of the UTC day: the expiry limit is fixed for a day, so that a dry run predicts the migration."""
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
