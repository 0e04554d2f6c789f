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
_ACTIONS = {
    "user.update": gettext_lazy("changed"),
    "plan.create": gettext_lazy("created"),
    "plan.update": gettext_lazy("changed"),
    "problem.create": gettext_lazy("created"),
    "problem.update": gettext_lazy("changed"),
    "problem.publish": gettext_lazy("published"),
    "problem.retire": gettext_lazy("retired"),
    "test_cases.add": gettext_lazy("test cases added"),
    "test_cases.replace": gettext_lazy("test cases replaced"),
}
_FIELDS = {
    "subscription_plan_id": gettext_lazy("Plan"),
    "is_active": gettext_lazy("Open or offered"),
    "is_staff": gettext_lazy("Staff right"),
    "is_completed": gettext_lazy("Published"),
    "is_deleted": gettext_lazy("Retired"),
    "name": gettext_lazy("Name"),
    "max_hints_per_day": gettext_lazy("Hints a day"),
    "max_executions_per_day": gettext_lazy("Executions a day"),
    "platform": gettext_lazy("Platform"),
    "problem_number": gettext_lazy("Number on the platform"),
    "title": gettext_lazy("Title"),
    "url": gettext_lazy("Address of the statement"),
    "difficulty": gettext_lazy("Difficulty"),
    "tags": gettext_lazy("Tags"),
    "time_limit": gettext_lazy("Time limit in seconds"),
    "memory_limit": gettext_lazy("Memory limit in MB"),
    "constraints": gettext_lazy("Constraints"),
    "hints": gettext_lazy("Hints"),
    "language": gettext_lazy("Language of the solution"),
    "solution_code": gettext_lazy("Solution"),
    "test_cases": gettext_lazy("Test cases"),
    "stage": gettext_lazy("Stage"),
}
# What cannot be one transaction has an entry before it and one after it.
_STAGES = {"asked for": gettext_lazy("asked for"), "done": gettext_lazy("done")}
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
    action: str
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
        entry, str(_ACTIONS.get(entry["action"], entry["action"])), name_of(staff, entry["staff_id"]), target,
        address,
        [_change(field, given) for field, given in changes.items()],
    )  # fmt: skip


def _change(name: str, given: Any) -> Change:
    field = str(_FIELDS.get(name, name))
    if isinstance(given, Mapping) and given.keys() <= {"old", "new"}:
        old, new = (_value(given[side]) if side in given else None for side in ("old", "new"))
        return Change(field, old, new)
    return Change(field, None, _value(given))


def _value(value: Any) -> Value:
    if value in (None, "", [], {}):
        return Value(_("nothing"), False)
    match value:
        case True:
            return Value(_("yes"), False)
        case False:
            return Value(_("no"), False)
        case str():
            text = str(_STAGES.get(value, value))
        case list() if all(isinstance(item, str) for item in value):
            text = ", ".join(value)
            if len(text) > _SHORT or "\n" in text:
                text = "\n\n".join(value)
        case _:
            text = orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
    return Value(text, len(text) > _SHORT or "\n" in text)
