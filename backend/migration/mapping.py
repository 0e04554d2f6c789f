"""What each MySQL table becomes: columns, how their texts are read, and the policy for what MySQL lets in.

Rows arrive as the texts that MySQL sends (its decoders are switched off), in the order
of `Step.columns`, and become the domain's records.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any

from api.dynamodb import items
from api.dynamodb.errors import InvalidInput
from api.dynamodb.ids import MAX_ID
from api.dynamodb.items import ItemSet
from api.dynamodb.json_text import JsonText
from migration.errors import BadRow

Row = Sequence[str | None]
NULL_KEY = -(2**63)
Record = dict[str, Any]


@dataclass(frozen=True)
class Column:
    """A source column: its name, the record's field (None: the record does not carry it), how it is read.

    `zero_date` is the policy for '0000-00-00' and its like: "null" (stored as no value) or "dead_letter".
    """

    name: str
    field: str
    read: str
    nullable: bool = False
    zero_date: str = "null"


@dataclass(frozen=True)
class Step:
    """One source table and what becomes of its rows."""

    name: str
    entity: str
    table: str
    columns: tuple[Column, ...]
    build: Callable[[Record], ItemSet]
    versioned: bool = False
    unique: bool = False
    order_by: tuple[str, ...] = ("id",)

    def key(self, row: Row) -> tuple[int, ...]:
        """A row's place in the order of reading; NULL comes before every number, as in MySQL."""
        positions = self._key_positions
        return tuple(NULL_KEY if (text := row[n]) is None else int(text) for n in positions)

    @cached_property
    def _key_positions(self) -> tuple[int, ...]:
        return tuple(self.column_names.index(name) for name in self.order_by)

    @cached_property
    def column_names(self) -> tuple[str, ...]:
        """The columns in the order in which rows arrive."""
        return tuple(column.name for column in self.columns)


# Types of information_schema that each way of reading accepts (SQLite's declared types included).
ACCEPTED_TYPES: Mapping[str, frozenset[str]] = {
    "id": frozenset({"tinyint", "smallint", "mediumint", "int", "integer", "bigint"}),
    "int": frozenset({"tinyint", "smallint", "mediumint", "int", "integer", "bigint"}),
    "bool": frozenset({"tinyint", "bit", "bool", "boolean", "smallint", "int", "integer"}),
    "text": frozenset({"char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum"}),
    "json": frozenset({"json", "text", "mediumtext", "longtext", "varchar"}),
    # MySQL prints a FLOAT with six digits: those are what is moved, and what is compared.
    "float": frozenset({"float", "double", "real", "decimal", "numeric", "int", "integer"}),
    "time": frozenset({"datetime", "timestamp", "date"}),
}


def read_int(text: str) -> int:
    """A whole number as MySQL prints it."""
    try:
        return int(text)
    except ValueError:
        raise BadRow(f"{text[:60]!r} is not a whole number") from None


def read_id(text: str) -> int:
    """An id as the service can use it: from 0 to 2^53 - 1, which a browser reads exactly."""
    number = read_int(text)
    if not 0 <= number <= MAX_ID:
        raise BadRow(f"id {number} is outside 0 to {MAX_ID}")
    return number


def read_bool(text: str) -> bool:
    """tinyint(1) holds -128 to 127, a boolean does not."""
    if text == "1":
        return True
    if text == "0":
        return False
    raise BadRow(f"tinyint {text} is neither 0 nor 1")


def read_float(text: str) -> float:
    """A DOUBLE is printed as the shortest text that reads back as the same number; a DECIMAL may hold more."""
    try:
        number, exact = float(text), Decimal(text)
    except (ValueError, InvalidOperation):
        raise BadRow(f"{text[:60]!r} is not a number") from None
    if not exact.is_finite() or Decimal(repr(number)) != exact:
        raise BadRow(f"{text[:60]} has more digits than a double holds")
    return number


def read_text(text: str) -> str:
    """Text as it stands."""
    return text


def _refuse(name: str) -> Any:
    raise BadRow(f"{name} is not JSON")


_scan_json = json.JSONDecoder(parse_constant=_refuse).decode


def read_json(text: str) -> JsonText:
    """JSON is checked and kept as the text that it is."""
    try:
        _scan_json(text)
    except (ValueError, RecursionError) as error:
        raise BadRow(f"invalid JSON: {error}") from None
    return JsonText(text)


def read_time(text: str) -> datetime | None:
    """A DATETIME or TIMESTAMP in UTC; None for a zero date, whole or in part."""
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


class Reader:
    """Turns rows of one step into records; `zero_dates` counts by column what the policy turned into no value."""

    def __init__(self, step: Step) -> None:
        self.zero_dates: dict[str, int] = {}
        self._versioned = step.versioned
        self._readers = [
            (
                n,
                c.name,
                c.field,
                None if c.read == "text" else self._time(c) if c.read == "time" else _READERS[c.read],
            )
            for n, c in enumerate(step.columns)
        ]
        self._needed = [(n, c.name) for n, c in enumerate(step.columns) if not c.nullable]

    def _time(self, column: Column) -> Callable[[str], datetime | None]:
        def read(text: str) -> datetime | None:
            moment = read_time(text)
            if moment is None:
                if column.zero_date == "dead_letter":
                    raise BadRow(f"zero date {text!r}")
                self.zero_dates[column.name] = self.zero_dates.get(column.name, 0) + 1
            return moment

        return read

    def record(self, row: Row) -> Record:
        """The record of a row. Raises `BadRow` naming the column."""
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
        for number, name in self._needed:
            if row[number] is None:
                raise BadRow(f"{name} is NULL")
        return record


def build_items(step: Step, record: Record) -> ItemSet:
    """The items of a record. Raises `BadRow` with the reason when DynamoDB cannot hold it."""
    try:
        return step.build(record)
    except InvalidInput as error:
        raise BadRow(str(error)) from None
    except (OverflowError, UnicodeEncodeError) as error:
        raise BadRow(f"cannot be stored: {error}") from None


def _build_problem(record: Record) -> ItemSet:
    tags = record.get("tags")
    return items.problem_items(record, None if tags is None else json.loads(tags))


_KEY_NAMES = {"EML": "e-mail", "GID": "Google account", "NUM": "platform and number"}


def unique_keys(built: ItemSet) -> list[tuple[str, str]]:
    """(what it is, key) of every guard: what no other row may hold."""
    return [(_KEY_NAMES[guard["PK"]["S"][:3]], guard["PK"]["S"]) for guard in built.guards]


def _c(name: str, read: str, field: str | None = None, *, null: bool = False, zero: str = "null") -> Column:
    return Column(name, field or name, read, null, zero)


PLANS = Step(
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

USERS = Step(
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

PROBLEMS = Step(
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

TEST_CASES = Step(
    "test_cases", "problems", "test_cases",
    (
        _c("id", "id", "test_case_id"),
        _c("problem_id", "id"),
        _c("input", "text"),
        _c("output", "text"),
        _c("is_sample", "bool"),
        _c("position", "int"),
    ),
    items.test_case_items,
)  # fmt: skip

HISTORY = Step(
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

USAGE = Step(
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


def steps_of(entity: str) -> tuple[Step, ...]:
    """The steps that `--entity` means, in order; "all" is every one."""
    return tuple(step for step in STEPS if entity in ("all", step.entity))


def utc_midnight(moment: datetime) -> datetime:
    """The start of that moment's UTC day: what counts as expired is fixed for a day, so that a dry run holds."""
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
