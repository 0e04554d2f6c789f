"""Entries of the audit log as people read them: who did what to which thing, and what it was before and after."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import orjson
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from api.composition import repositories
from api.dynamodb.repositories.records import AuditEntry, User

_ADDRESSES = {"user": "staff-user", "problem": "staff-problem", "plan": "staff-plan"}
_TARGETS = {
    "user": gettext_lazy("user %(number)s"),
    "problem": gettext_lazy("problem %(number)s"),
    "plan": gettext_lazy("plan %(number)s"),
}
_SHORT = 60


class Value(NamedTuple):
    """One side of a change; a long text is shown when it is asked for."""

    text: str
    is_long: bool


class Change(NamedTuple):
    """A field, and what it was and became; None for a side that there is not."""

    field: str
    old: Value | None
    new: Value | None


class Line(NamedTuple):
    """One entry."""

    entry: AuditEntry
    staff: str
    target: str
    address: str
    changes: list[Change]


def lines_of(entries: Iterable[AuditEntry]) -> list[Line]:
    """The entries with the names of who made them. One BatchGetItem: 0.5 RCU for each member of staff."""
    entries = list(entries)
    staff = repositories().users.get_users(dict.fromkeys(entry["staff_id"] for entry in entries))
    return [_line(entry, staff.get(entry["staff_id"])) for entry in entries]


def name_of(user: User | None, user_id: int) -> str:
    """What staff call a user: the name, else the address, else the number."""
    return (user and (user["name"] or user["email"])) or str(user_id)


def _line(entry: AuditEntry, staff: User | None) -> Line:
    kind, _space, number = entry["target"].partition(" ")
    named = _TARGETS.get(kind)
    target = str(named) % {"number": number} if named else entry["target"]
    is_known = kind in _ADDRESSES and number.isdecimal()
    address = reverse(_ADDRESSES[kind], args=[int(number)]) if is_known else ""
    changes = entry["changes"] if isinstance(entry["changes"], Mapping) else {}
    return Line(
        entry, name_of(staff, entry["staff_id"]), target, address,
        [_change(field, given) for field, given in changes.items()],
    )  # fmt: skip


def _change(field: str, given: Any) -> Change:
    if isinstance(given, Mapping) and given.keys() <= {"old", "new"}:
        old, new = (_value(given[side]) if side in given else None for side in ("old", "new"))
        return Change(field, old, new)
    return Change(field, None, _value(given))


def _value(value: Any) -> Value:
    match value:
        case None | "" | [] | {}:
            return Value(_("nothing"), False)
        case True:
            return Value(_("yes"), False)
        case False:
            return Value(_("no"), False)
        case str():
            text = value
        case list() if all(isinstance(item, str) and "\n" not in item for item in value):
            text = ", ".join(value)
        case _:
            text = orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
    return Value(text, len(text) > _SHORT or "\n" in text)
