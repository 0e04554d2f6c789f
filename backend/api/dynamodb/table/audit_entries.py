"""The audit log: its entries are written in the same transaction as the change that they record."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from api.dynamodb.codec import json_text
from api.dynamodb.codec.codec import Record, epoch_seconds
from api.dynamodb.codec.items import audit_item, audit_month_item
from api.dynamodb.codec.json_text import JsonText
from api.dynamodb.codec.large_text import INLINE_BYTES
from api.dynamodb.codec.sign_in_items import used_nonce_item
from api.dynamodb.schema import ids, keys
from api.dynamodb.table.aggregate import Aggregate
from api.dynamodb.table.expressions import absent
from api.dynamodb.table.store import Store
from api.dynamodb.table.write_actions import Put, WriteAction

# Texts are shortened to the first of these numbers of characters with which all changes fit.
_TEXT_LENGTHS = (1_000, 300, 100, 30, 0)
# Fields that are not recorded: every change changes them, none does, or another field tells them.
_UNRECORDED = frozenset({"version", "statement_version", "created_at", "updated_at", "output_digest"})
_NOT_READ = "(a text of more than 4 KB)"
_PRIVATE = "(not kept)"
# How long it can be told that a form was sent before.
FORM_TOKEN_KEPT = timedelta(days=7)


@dataclass(frozen=True)
class AuditNote:
    """Who makes a change (`staff_id`), and what the change is called (`action`, such as `user.update`).

    form_token: names the form that asks for the change, which is then carried out once: it uses the token up in its
    transaction, and a second one raises `Duplicate("form_token")`, or `ConditionFailed` for a version that the first
    one changed. What the token was used for can be read for a week (`SignInGuardRepository.nonce_use`).
    """

    staff_id: int
    action: str
    form_token: str | None = None


@lru_cache(maxsize=64)
def marked_months(endpoint: str, table_name: str) -> set[str]:
    """The months that this process has marked in a table as having audit entries."""
    return set()


class AuditLog:
    """Writes audit entries to a table.

    An entry's month is marked before the entry is written, so that no entry is ever left out of the list. Each
    process marks a month once (1 WCU), and not in the entries' transactions, which would all meet in that item.

    endpoint: of the table, so that tables with the same name are kept separate.
    now: returns the present moment as an aware datetime.
    """

    def __init__(self, store: Store, endpoint: str, now: Callable[[], datetime]) -> None:
        self._store, self._now = store, now
        self._marked_months = marked_months(endpoint, store.table_name)

    def record(self, note: AuditNote, target: str, changes: Mapping[str, Any]) -> None:
        """Writes an entry by itself; `target` is what is changed, such as `user 7`. One PutItem: 1 WCU."""
        entry = _entry(note, target, changes, self._moment())
        self._store.put_new(entry.item, entity="audit")

    def audited(
        self, aggregate: Aggregate, note: AuditNote | None, target: str, *, private: Collection[str] = ()
    ) -> Aggregate:
        """The aggregate, extended so that its changes write an audit entry in the same transaction: 2 WCU more.

        With a form's token 2 WCU more for that.

        note: None returns the aggregate unchanged.
        target: what is changed, such as `user 7`.
        private: fields of which the entry says that they changed, but not the values, since it outlives the account.
        """
        if note is None:
            return aggregate
        moment = self._moment()

        def extra_actions(before: Record | None, after: Record | None) -> Iterable[WriteAction]:
            yield from aggregate.extra_actions(before, after)
            yield from _entries(note, target, changes_of(before, after, private), moment)

        return replace(aggregate, extra_actions=extra_actions)

    def entries(self, note: AuditNote | None, target: str, changes: Mapping[str, Any]) -> list[WriteAction]:
        """The writes that a change with these values adds to its transaction; none without a note."""
        return [] if note is None else list(_entries(note, target, changes, self._moment()))

    def _moment(self) -> datetime:
        """The present moment, whose month is marked."""
        moment = self._now()
        month = keys.audit_month(moment)
        if month not in self._marked_months:
            self._store.put(audit_month_item(month), entity="audit_month")
            self._marked_months.add(month)
        return moment


def _entries(
    note: AuditNote, target: str, changes: Mapping[str, Any], moment: datetime
) -> Iterable[WriteAction]:
    """The audit entry, and the use of the form's token."""
    yield _entry(note, target, changes, moment)
    if note.form_token is not None:
        expires_at = epoch_seconds(moment + FORM_TOKEN_KEPT)
        yield Put(used_nonce_item(note.form_token, target, expires_at), absent())


def _entry(note: AuditNote, target: str, changes: Mapping[str, Any], moment: datetime) -> Put:
    record = {
        "audit_id": ids.new_id(), "staff_id": note.staff_id, "action": note.action, "target": target,
        "changes": bounded(changes), "created_at": moment,
    }  # fmt: skip
    return Put(audit_item(record), absent())


def changes_of(
    before: Record | None, after: Record | None, private: Collection[str] = ()
) -> dict[str, dict[str, Any]]:
    """The fields that differ, with their `old` value (not of a new record) and `new` value (not of a deleted one)."""
    differences: dict[str, dict[str, Any]] = {}
    for name in dict.fromkeys((*(before or ()), *(after or ()))):
        # A large text that was not read counts as changed if the change has it.
        sides = {"old": before, "new": after}
        values = {side: record.get(name, _NOT_READ) for side, record in sides.items() if record is not None}
        is_same = len(values) == 2 and values["old"] == values["new"]
        if is_same or name in _UNRECORDED or all(value is None for value in values.values()):
            continue
        differences[name] = dict.fromkeys(values, _PRIVATE) if name in private else values
    return differences


def bounded(changes: Mapping[str, Any]) -> JsonText:
    """The changes as JSON of at most 4 KB; long texts are shortened until they fit."""
    for length in _TEXT_LENGTHS:
        text = json_text.encode({name: _shortened(value, length) for name, value in changes.items()})
        if len(text.encode()) <= INLINE_BYTES:
            return JsonText(text)
    return json_text.dumps({"count": len(changes)})


def _shortened(value: Any, length: int) -> Any:
    if isinstance(value, dict) and value.keys() <= {"old", "new"}:
        return {side: _shortened(inner, length) for side, inner in value.items()}
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    text = value if isinstance(value, str) else json_text.encode(value)
    if len(text) <= max(length, len(_NOT_READ)):
        return value
    return f"{text[:length]}... ({len(text):,} characters)"
