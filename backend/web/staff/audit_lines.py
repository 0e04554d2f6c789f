"""Audit log entries as text: who changed what, with the values before and after."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from api.composition import repositories
from api.dynamodb.schema.records import AuditEntry, User
from api.dynamodb.table.cursor import MAX_LIMIT
from api.http.json_responses import to_json
from api.staff.plans import list_plans

_ADDRESSES = {"user": "staff-user", "problem": "staff-problem", "plan": "staff-plan"}
TARGETS = {
    "user": gettext_lazy("user %(number)s"),
    "problem": gettext_lazy("problem %(number)s"),
    "plan": gettext_lazy("plan %(number)s"),
}
ACTIONS = {
    "user.update": gettext_lazy("updated"),
    "plan.create": gettext_lazy("created"),
    "plan.update": gettext_lazy("updated"),
    "problem.create": gettext_lazy("created"),
    "problem.update": gettext_lazy("updated"),
    "problem.statement": gettext_lazy("statement edited"),
    "problem.publish": gettext_lazy("published"),
    "problem.retire": gettext_lazy("retired"),
    "test_cases.add": gettext_lazy("test cases added"),
    "test_cases.replace": gettext_lazy("test cases replaced"),
    "test_case.update": gettext_lazy("test case edited"),
    "test_case.move": gettext_lazy("test case moved"),
    "test_case.delete": gettext_lazy("test case deleted"),
}
_FIELDS = {
    "subscription_plan_id": gettext_lazy("Plan"),
    "is_active": gettext_lazy("Active"),
    "is_staff": gettext_lazy("Staff access"),
    "is_completed": gettext_lazy("Published"),
    "is_deleted": gettext_lazy("Retired"),
    "name": gettext_lazy("Name"),
    "max_hints_per_day": gettext_lazy("Hints per day"),
    "max_executions_per_day": gettext_lazy("Runs per day"),
    "platform": gettext_lazy("Platform"),
    "problem_number": gettext_lazy("Problem number"),
    "title": gettext_lazy("Title"),
    "url": gettext_lazy("Problem URL"),
    "difficulty": gettext_lazy("Difficulty"),
    "tags": gettext_lazy("Tags"),
    "time_limit": gettext_lazy("Time limit (seconds)"),
    "memory_limit": gettext_lazy("Memory limit (MB)"),
    "constraints": gettext_lazy("Constraints"),
    "hints": gettext_lazy("Hints"),
    "language": gettext_lazy("Solution language"),
    "solution_code": gettext_lazy("Solution"),
    "statement_ko": gettext_lazy("Statement in Korean"),
    "statement_en": gettext_lazy("Statement in English"),
    "title_ko": gettext_lazy("Title in Korean"),
    "title_en": gettext_lazy("Title in English"),
    "hints_ko": gettext_lazy("Hints in Korean"),
    "hints_en": gettext_lazy("Hints in English"),
    "test_cases": gettext_lazy("Test cases"),
    "test_case": gettext_lazy("Test case ID"),
    "test_case_id": gettext_lazy("Test case ID"),
    "place": gettext_lazy("Place"),
    "position": gettext_lazy("Position"),
    "input": gettext_lazy("Input"),
    "output": gettext_lazy("Output"),
    "is_sample": gettext_lazy("Sample"),
    "stage": gettext_lazy("Stage"),
}
# A change of test cases by an earlier version of the service has an entry before it and one after it.
_STAGES = {"asked for": gettext_lazy("requested"), "done": gettext_lazy("completed")}
_SHORT = 60
# Of the largest id.
_DIGITS = 16


class Value(NamedTuple):
    """One side of a change; long texts are collapsed."""

    text: str
    is_long: bool


class Change(NamedTuple):
    """A field with its old and new value, None if there is none."""

    field: str
    old: Value | None
    new: Value | None


class AuditLine(NamedTuple):
    """One entry."""

    entry: AuditEntry
    action: str
    staff: str
    target: str
    name: str
    address: str
    changes: list[Change]


def lines_of(entries: Iterable[AuditEntry]) -> list[AuditLine]:
    """The entries with the names of the staff and of what they changed.

    One BatchGetItem of users (0.5 RCU each), one of problems (0.5 RCU per 4 KB of each), and one Query if plans were
    changed.
    """
    entries = list(entries)
    targets = {entry["target"]: _target_id(entry["target"]) for entry in entries}
    ids: dict[str, list[int]] = {kind: [] for kind in TARGETS}
    for target, number in targets.items():
        if number is not None:
            ids[target.partition(" ")[0]].append(number)
    users = repositories().users.get_users(
        dict.fromkeys([*(entry["staff_id"] for entry in entries), *ids["user"]])
    )
    names: dict[str, Mapping[int, str]] = {
        "user": {number: name_of(users[number], number) for number in ids["user"] if number in users},
        "problem": {
            number: problem["title"]
            for number, problem in repositories().problems.get_problems(ids["problem"]).items()
        },
        "plan": {plan["plan_id"]: plan["name"] for plan in list_plans(limit=MAX_LIMIT)}
        if ids["plan"]
        else {},
    }
    return [_line(entry, users.get(entry["staff_id"]), targets[entry["target"]], names) for entry in entries]


def _target_id(target: str) -> int | None:
    """The id of a target whose kind has names."""
    kind, _space, number = target.partition(" ")
    return int(number) if kind in TARGETS and number.isdecimal() and len(number) <= _DIGITS else None


def name_of(user: User | None, user_id: int) -> str:
    """The user's name, or email address, or id."""
    return (user and (user["name"] or user["email"])) or str(user_id)


def _line(
    entry: AuditEntry, staff: User | None, target_id: int | None, names: Mapping[str, Mapping[int, str]]
) -> AuditLine:
    kind, target, address, name = entry["target"].partition(" ")[0], entry["target"], "", ""
    if target_id is not None:
        target = str(TARGETS[kind]) % {"number": target_id}
        address = reverse(_ADDRESSES[kind], args=[target_id])
        name = names[kind].get(target_id, "")
    changes = entry["changes"] if isinstance(entry["changes"], Mapping) else {}
    return AuditLine(
        entry, str(ACTIONS.get(entry["action"], entry["action"])), name_of(staff, entry["staff_id"]), target, name,
        address,
        [_change(field, change) for field, change in changes.items()],
    )  # fmt: skip


def _change(name: str, change: Any) -> Change:
    field = str(_FIELDS.get(name, name))
    if isinstance(change, Mapping) and change.keys() <= {"old", "new"}:
        old, new = (_value(change[side]) if side in change else None for side in ("old", "new"))
        return Change(field, old, new)
    return Change(field, None, _value(change))


def _value(value: Any) -> Value:
    if value in (None, "", [], {}):
        return Value(_("none"), False)
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
            text = to_json(value, indented=True).decode()
    return Value(text, len(text) > _SHORT or "\n" in text)
