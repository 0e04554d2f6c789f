"""Differences in words for people: what a record stands for, which attributes differ and how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from api.dynamodb.entities import ENTITIES, Kind
from migration.verify.kinds import STEP_OF, TEXTS

_SHORT = 70
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIELDS = {entity.name: {f.short: f for f in entity.fields} for entity in ENTITIES}
_ID = {"email_guard": "uid", "google_guard": "uid", "user_entry": "uid", "number_guard": "pid"}


@dataclass(frozen=True)
class Detail:
    """One attribute that differs; None where a side does not have it."""

    attribute: str
    field: str
    source: str | None
    table: str | None

    def __str__(self) -> str:
        name = self.field if self.field == self.attribute else f"{self.field} ({self.attribute})"
        return f"{name}: source {self.source or 'nothing'}, table {self.table or 'nothing'}"


@dataclass(frozen=True)
class Difference:
    """One thing that is not as it should be.

    `what` is missing, changed, extra, duplicated, misplaced, unreadable or unmovable; unread where reading
    the source's rows and counting them came to different numbers.
    """

    what: str
    kind: str
    id: str
    pk: str
    sk: str
    details: tuple[Detail, ...] = ()
    note: str = ""
    step: str = field(default="")

    def __str__(self) -> str:
        text = f"{self.what} {self.kind} {self.id}".rstrip()
        if self.pk:
            text += f" at {shorten(self.pk)} / {shorten(self.sk)}"
        parts = [self.note] if self.note else []
        parts += [str(detail) for detail in self.details[:6]]
        if len(self.details) > 6:
            parts.append(f"and {len(self.details) - 6} more attributes")
        return f"{text}: {'; '.join(parts)}" if parts else text

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {**asdict(self), "details": [asdict(detail) for detail in self.details]}


def shorten(text: str) -> str:
    """A text that fits a line."""
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 3]}..."


def step_of(kind: str, pk: str) -> str:
    """The step of the move that a kind belongs to."""
    if kind == TEXTS:
        heads = {"PRB": "problems", "TC": "test_cases", "RUN": "history", "USE": "usage"}
        return heads.get(pk[4:].partition("#")[0], "unknown")
    return STEP_OF.get(kind, "unknown")


def identity(kind: str, record: Mapping[str, Any], pk: str, sk: str) -> tuple[str, str]:
    """(id for people, what may stand in the table once) of a record."""
    name = _ID.get(kind, "id")
    value = record.get(name)
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


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    if one == other:
        return True
    if set(one) == set(other) == {"N"}:
        try:
            return Decimal(one["N"]) == Decimal(other["N"])
        except (InvalidOperation, TypeError):
            return False
    return False


def compare(kind: str, source: Mapping[str, Any], table: Mapping[str, Any]) -> tuple[Detail, ...]:
    """The attributes that differ between an expected record and the one found, keys first."""
    details = []
    fields = _FIELDS.get(kind, {})
    names = sorted(source.keys() | table.keys(), key=lambda name: (not name.isupper(), name))
    for name in names:
        mine, theirs = source.get(name), table.get(name)
        if mine is not None and theirs is not None and _same(mine, theirs):
            continue
        known = fields.get(name)
        shown = _pair(mine, theirs, known.kind if known else None)
        details.append(Detail(name, known.name if known else name, *shown))
    return tuple(details)


def _pair(mine: Any, theirs: Any, kind: Kind | None) -> tuple[str | None, str | None]:
    """Both values so that the difference can be seen: types when they differ, long texts from where they part."""
    types = mine is not None and theirs is not None and set(mine) != set(theirs)
    start = 0
    if mine is not None and theirs is not None and set(mine) == set(theirs) == {"S"}:
        one, other = mine["S"], theirs["S"]
        if max(len(one), len(other)) > _SHORT:
            pairs = zip(one, other, strict=False)
            start = next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
    return _value(mine, kind, types, start), _value(theirs, kind, types, start)


def _value(value: Any, kind: Kind | None, with_type: bool, start: int) -> str | None:
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
