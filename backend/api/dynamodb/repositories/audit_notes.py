"""Changes of staff and the record of them, committed together: entries of the audit log and how they are written."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from api.dynamodb import ids, json_text
from api.dynamodb.codec import Record
from api.dynamodb.expressions import absent
from api.dynamodb.items import audit_items
from api.dynamodb.json_text import JsonText
from api.dynamodb.large_text import INLINE_BYTES
from api.dynamodb.repositories.things import Thing
from api.dynamodb.store import Action, Put

# How many characters of a text are kept: the first of these with which all changes fit.
_KEPT = (1_000, 300, 100, 30, 0)
# What every change changes, or nothing ever does.
_OF_COURSE = frozenset({"version", "created_at", "updated_at"})
_NOT_READ = "(a text of more than 4 KB)"
_NOT_KEPT = "(not kept)"


@dataclass(frozen=True)
class AuditNote:
    """Who changes something, and what the change is called (`user.update`)."""

    staff_id: int
    action: str


def audited(
    thing: Thing,
    note: AuditNote | None,
    target: str,
    now: Callable[[], datetime],
    *,
    private: Collection[str] = (),
) -> Thing:
    """The thing, whose change also writes an audit entry in the same transaction: 4 WCU more; as it is without a note.

    `target` says what is changed (`user 7`). Of `private` fields the entry says that they changed, and no value:
    it outlives the person.
    """
    if note is None:
        return thing

    def also(was: Record | None, becomes: Record | None) -> Iterable[Action]:
        yield from thing.also(was, becomes)
        yield from audit_actions(note, target, changes_of(was, becomes, private), now())

    return replace(thing, also=also)


def audit_actions(note: AuditNote, target: str, changes: Mapping[str, Any], moment: datetime) -> list[Action]:
    """The two writes of an entry: itself, and that its month has some."""
    record = {
        "audit_id": ids.new_id(), "staff_id": note.staff_id, "action": note.action, "target": target,
        "changes": bounded(changes), "created_at": moment,
    }  # fmt: skip
    items = audit_items(record)
    return [Put(items.main, absent()), *(Put(entry) for entry in items.entries)]


def changes_of(
    was: Record | None, becomes: Record | None, private: Collection[str] = ()
) -> dict[str, dict[str, Any]]:
    """What really changed: by field its old value, unless there was no record, and its new one, unless it goes."""
    found: dict[str, dict[str, Any]] = {}
    for name in dict.fromkeys((*(was or ()), *(becomes or ()))):
        # A large text that nobody needed was not read: it counts as changed when a new one is given.
        sides = {"old": was, "new": becomes}
        values = {side: record.get(name, _NOT_READ) for side, record in sides.items() if record is not None}
        is_same = len(values) == 2 and values["old"] == values["new"]
        if is_same or name in _OF_COURSE or all(value is None for value in values.values()):
            continue
        found[name] = dict.fromkeys(values, _NOT_KEPT) if name in private else values
    return found


def bounded(changes: Mapping[str, Any]) -> JsonText:
    """The changes as JSON of at most 4 KB; texts are shortened as far as that needs."""
    for length in _KEPT:
        text = json_text.dumps({name: _shown(value, length) for name, value in changes.items()})
        if len(text.encode()) <= INLINE_BYTES:
            return text
    return json_text.dumps({"count": len(changes)})


def _shown(value: Any, length: int) -> Any:
    if isinstance(value, dict) and value.keys() <= {"old", "new"}:
        return {side: _shown(inner, length) for side, inner in value.items()}
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    text = value if isinstance(value, str) else json_text.dumps(value)
    if len(text) <= max(length, len(_NOT_READ)):
        return value
    return f"{text[:length]}... ({len(text):,} characters)"
