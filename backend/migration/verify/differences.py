"""Differences between source and table as text: the record, the attributes that differ, and their values."""

from __future__ import annotations

import tempfile
import weakref
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson

from api.dynamodb.schema.entities import ENTITIES
from api.dynamodb.schema.entity import Kind
from migration.verify.absence_policy import AbsencePolicy
from migration.verify.item_kinds import ATTRIBUTES, ID_ATTRIBUTES, OWNER_STEPS, STEP_OF, TEXTS

_SHORT = 70
_IN_MEMORY_BYTES = 1 << 20
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The id attribute of items whose kind is unknown, as of most kinds.
_ANY_ID = ATTRIBUTES["user"]["user_id"]
_FIELDS = {entity.name: {f.short: f for f in entity.fields} for entity in ENTITIES}


@dataclass(frozen=True)
class AttributeDifference:
    """One attribute that differs; a side that does not have it is None."""

    attribute: str
    field: str
    source: str | None
    table: str | None

    def __str__(self) -> str:
        name = self.field if self.field == self.attribute else f"{self.field} ({self.attribute})"
        return f"{name}: source {self.source or 'nothing'}, table {self.table or 'nothing'}"


@dataclass(frozen=True)
class ItemDifference:
    """One record that differs.

    `problem` is missing, changed, extra, duplicated, misplaced, unreadable or unmovable; unread, where the number
    of rows read from the source is not the number that it counts; or unexplained, where digests differ and no item.
    """

    problem: str
    kind: str
    id: str
    pk: str
    sk: str
    details: tuple[AttributeDifference, ...] = ()
    note: str = ""
    step: str = ""

    def __str__(self) -> str:
        text = f"{self.problem} {self.kind} {self.id}".rstrip()
        if self.pk:
            text += f" at {shorten(self.pk)} / {shorten(self.sk)}"
        parts = [self.note] if self.note else []
        parts += [str(detail) for detail in self.details[:6]]
        if len(self.details) > 6:
            parts.append(f"and {len(self.details) - 6} more attributes")
        return f"{text}: {'; '.join(parts)}" if parts else text

    def as_json(self) -> dict[str, Any]:
        """The difference for --json."""
        values = asdict(self)
        return {"what": values.pop("problem"), **values}


class DifferenceLog:
    """Collects differences: counts all of them and lists the first `limit` of each step (None lists all).

    The list is kept in a temporary file, so memory does not grow with it.
    """

    def __init__(self, limit: int | None) -> None:
        self._limit = limit
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)  # noqa: SIM115 (closed with the log)
        weakref.finalize(self, self._file.close)
        self.by_kind: Counter[str] = Counter()
        self.by_step: Counter[str] = Counter()

    def add(self, difference: ItemDifference) -> None:
        """Counts a difference, and lists it below the limit."""
        self.by_kind[difference.kind] += 1
        self.by_step[difference.step] += 1
        if self._limit is None or self.by_step[difference.step] <= self._limit:
            self._file.write(orjson.dumps(asdict(difference)) + b"\n")

    def __iter__(self) -> Iterator[ItemDifference]:
        """The listed differences in the order in which they were added."""
        self._file.seek(0)
        for line in self._file:
            values = orjson.loads(line)
            details = tuple(AttributeDifference(**detail) for detail in values.pop("details"))
            yield ItemDifference(**values, details=details)

    @property
    def listed(self) -> list[ItemDifference]:
        """The listed differences."""
        return list(self)

    @property
    def total(self) -> int:
        """The number of differences."""
        return self.by_kind.total()


def surplus_note(policy: AbsencePolicy, kind: str, number: str) -> str:
    """Why the table should not have an item with this id."""
    if kind != "usage_day" and number.isdecimal() and int(number) in policy.dead_rows(STEP_OF.get(kind, "")):
        return "its row is a dead letter, so the table should have nothing of it"
    return "the source has no such row"


def shorten(text: str) -> str:
    """The text, cut to the length that fits in a line."""
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 3]}..."


def step_of(kind: str, pk: str) -> str:
    """The migration step of a kind; for text parts, the step of the owner in the partition key."""
    if kind == TEXTS:
        return OWNER_STEPS.get(pk[4:].partition("#")[0], "unknown")
    return STEP_OF.get(kind, "unknown")


def identity(kind: str, record: Mapping[str, Any], pk: str, sk: str) -> tuple[str, str]:
    """(id to display, logical key) of a record; a logical key should occur only once among a kind's records."""
    value = record.get(ID_ATTRIBUTES.get(kind, _ANY_ID))
    number = str(value.get("N", "")) if isinstance(value, dict) else ""
    if kind == "usage_day":
        return f"{pk[4:]} {sk[4:]}", f"{pk}|{sk}"
    if not number:
        return "", f"{pk}|{sk}"
    if kind == "problem_entry":
        return number, f"{number}|{pk}"
    if kind == "word_entry":
        return number, f"{number}|{sk.partition('#')[0]}"
    return number, number


def compare(
    kind: str, source: Mapping[str, Any], table: Mapping[str, Any]
) -> tuple[AttributeDifference, ...]:
    """The attributes that differ between an expected and a stored record, keys first."""
    details = []
    fields = _FIELDS.get(kind, {})
    names = sorted(source.keys() | table.keys(), key=lambda name: (not name.isupper(), name))
    for name in names:
        expected, stored = source.get(name), table.get(name)
        field = fields.get(name)
        field_kind = field.kind if field else None
        if expected is not None and stored is not None and _equal(expected, stored, field_kind):
            continue
        texts = _pair_text(expected, stored, field_kind)
        details.append(AttributeDifference(name, field.name if field else name, *texts))
    return tuple(details)


def _equal(expected: Mapping[str, Any], stored: Mapping[str, Any], kind: Kind | None) -> bool:
    """Whether two values are the same for a reader, which takes whole numbers only in their plain spelling."""
    if expected == stored:
        return True
    if set(expected) == set(stored) == {"N"}:
        try:
            if kind is Kind.FLOAT:
                return Decimal(expected["N"]) == Decimal(stored["N"])
            return int(expected["N"]) == int(stored["N"])
        except (InvalidOperation, TypeError, ValueError):
            return False
    return False


def _pair_text(expected: Any, stored: Any, kind: Kind | None) -> tuple[str | None, str | None]:
    """Both values as text: with their types if these differ, and long texts from where they differ."""
    comparable = expected is not None and stored is not None
    with_types = comparable and set(expected) != set(stored)
    start = 0
    if comparable and set(expected) == set(stored) == {"S"}:
        left, right = expected["S"], stored["S"]
        if max(len(left), len(right)) > _SHORT:
            pairs = zip(left, right, strict=False)
            start = next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(left), len(right)))
    return _value_text(expected, kind, with_types, start), _value_text(stored, kind, with_types, start)


def _value_text(value: Any, kind: Kind | None, with_type: bool, start: int) -> str | None:
    if value is None:
        return None
    if not isinstance(value, dict) or len(value) != 1:
        return shorten(repr(value))
    ((type_name, inner),) = value.items()
    if type_name == "D":
        return f"a text of more than 4 KB with digest {inner}"
    if type_name == "S" and isinstance(inner, str):
        from_start = max(0, start - 10)
        text = repr(inner[from_start : from_start + 50])
        if len(inner) > _SHORT:
            text += f" (from character {from_start} of {len(inner)})"
    elif type_name == "N" and kind is Kind.TIME:
        text = _time(inner)
    elif type_name == "N" and kind is Kind.EPOCH:
        text = _time(f"{inner}000000")
    else:
        text = shorten(str(inner).lower() if type_name == "BOOL" else str(inner))
    return f"{text} of type {type_name}" if with_type else text


def _time(number: str) -> str:
    try:
        return (_EPOCH + timedelta(microseconds=int(number))).isoformat()
    except (ValueError, OverflowError):
        return number
