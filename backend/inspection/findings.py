"""What can be wrong with items: every check of the inspection, as functions of items that were read.

Nothing is read or written here. A finding says what is wrong with which item, and what to do about it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from api.dynamodb.codec.codec import epoch_seconds
from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.codec.items import CODECS, ItemSet
from api.dynamodb.codec.key_forms import OPERATION, entity_of, key_fields, kind_of
from api.dynamodb.codec.large_text import part_keys, unpack_parts
from api.dynamodb.errors import Corrupt
from api.dynamodb.schema import keys
from api.dynamodb.schema.entities import KEY_ATTRIBUTES, TTL
from api.dynamodb.schema.folding import folded_name
from api.dynamodb.schema.indexes import INDEXES, Index
from api.dynamodb.table.write_actions import Key, key_of
from api.dynamodb.usage_limits.ledger import DayUsage
from inspection.long_names import undeclared

_WRITE_AGAIN = "write the record again through its repository"
_REMOVE = "remove the item"
# The groups of kinds by which checks are named; a kind that is not here is a group of its own.
_GROUPS = {
    **dict.fromkeys(("user_entry", "problem_entry", "word_entry", "user_run", "user_problem_run"), "entry"),
    **dict.fromkeys(("email_guard", "google_guard", "number_guard"), "guard"),
    "pending_parts": "note", "test_case": "case", "usage_day": "counter", "usage_log": "log",
}  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """One fault: the check that found it, the entity and key of the item, what to do next."""

    check: str
    entity: str
    key: Key
    message: str
    next_step: str


def _finding(check: str, item: WireItem, message: str, next_step: str) -> Finding:
    return Finding(check, kind_of(item), key_of(item), message, next_step)


def item_findings(item: WireItem, now: datetime) -> Iterator[Finding]:
    """What is wrong with an item by itself: its form, its key, its expiry."""
    entity = entity_of(item)
    if entity is None:
        if kind_of(item) != OPERATION:
            yield _finding("unknown", item, "its key has no declared form: no reader finds it", _REMOVE)
        return
    missing = [field.name for field in entity.fields if field.required and field.short not in item]
    if missing:
        yield _finding("field.missing", item, f"it has no {', '.join(missing)}", _WRITE_AGAIN)
    try:
        record = CODECS[entity.name].decode(item)
    except Corrupt as error:
        yield _finding("unreadable", item, str(error), _WRITE_AGAIN)
    else:
        yield from _key_findings(item, record)
    names = undeclared(entity, item)
    if names:
        yield _finding(
            "field.undeclared", item, f"it has {', '.join(names)}, which {entity.name} does not declare",
            "declare the field, or remove it by a versioned change",
        )  # fmt: skip
    for index in INDEXES:
        if (index.pk in item) != (index.sk in item):
            yield _finding(
                "index.half", item, f"it has one half of the key of {index.name}, so it is not in the index",
                _WRITE_AGAIN,
            )  # fmt: skip
    if _is_expired(item, now):
        yield _finding(
            "expired", item, "it has expired and is still there: readers leave it out, and it is billed",
            "nothing: DynamoDB removes it within days, if TTL is on",
        )  # fmt: skip


def is_number(value: Mapping[str, Any] | None) -> bool:
    """Whether a value in wire form is a whole number."""
    return value is not None and str(value.get("N", "")).lstrip("-").isdecimal()


def _is_expired(item: WireItem, now: datetime) -> bool:
    return is_number(item.get(TTL)) and int(item[TTL]["N"]) <= epoch_seconds(now)


def _key_findings(item: WireItem, record: Mapping[str, Any]) -> Iterator[Finding]:
    """Parts of the key that are fields too, and differ from them."""
    for name, in_key in key_fields(item).items():
        value = record.get(name)
        if value is None:
            continue
        if isinstance(value, datetime):
            value = keys.time_text(value)
        same = value == in_key or (
            isinstance(value, str)
            and keys.escape(folded_name(value)) == keys.escape(folded_name(str(in_key)))
        )
        if not same and isinstance(value, int | str):
            yield _finding(
                "id.different", item, f"its key says {name} {in_key}, its field {value}", _WRITE_AGAIN
            )


def set_findings(expected: ItemSet, main: WireItem, stored: Mapping[Key, WireItem]) -> Iterator[Finding]:
    """What is wrong with the items that are derived from a main item.

    expected: the items that the record of `main` has today; stored: what is in the table of them, by key.
    """
    for index in INDEXES:
        if any(expected.main.get(name) != main.get(name) for name in (index.pk, index.sk)):
            yield _index_finding(index, expected.main, main)
    for guard in expected.guards:
        yield from _guard_findings(guard, stored.get(key_of(guard)))
    for entry in expected.entries:
        existing = stored.get(key_of(entry))
        if existing is None:
            yield _finding("entry.missing", entry, "the list entry of the record is missing", _WRITE_AGAIN)
        elif (names_ := _different_attributes(entry, existing)) != []:
            yield _finding(
                "entry.different", entry, f"it differs from its record in {', '.join(names_)}", _WRITE_AGAIN
            )


def _index_finding(index: Index, expected: WireItem, main: WireItem) -> Finding:
    if index.pk not in expected:
        return _finding(
            "index.superfluous", main, f"it is in {index.name}, where its fields do not put it", _WRITE_AGAIN
        )
    if index.pk not in main:
        return _finding(
            "index.missing", main, f"it is not in {index.name}, where its fields put it", _WRITE_AGAIN
        )
    return _finding(
        "index.different", main, f"its key in {index.name} is not the one of its fields", _WRITE_AGAIN
    )


def _guard_findings(guard: WireItem, stored: WireItem | None) -> Iterator[Finding]:
    if stored is None:
        yield _finding(
            "guard.missing", guard, "the guard is missing: another record could take its value", _WRITE_AGAIN
        )
    elif (holder := _holder(stored)) != _holder(guard):
        yield _finding(
            "guard.foreign", guard, f"the guard belongs to {holder}, not to this record",
            "decide which record keeps the value, and change the other one",
        )  # fmt: skip


def _holder(guard: WireItem) -> str:
    values = [next(iter(value.values())) for name, value in guard.items() if name not in KEY_ATTRIBUTES]
    return str(values[0]) if values else "nobody"


def _different_attributes(expected: WireItem, stored: WireItem) -> list[str]:
    entity = entity_of(expected)
    longs = {field.short: field.name for field in entity.fields} if entity is not None else {}
    names = sorted((expected.keys() | stored.keys()) - {*KEY_ATTRIBUTES})
    return [longs.get(n, n) for n in names if _comparable(expected.get(n)) != _comparable(stored.get(n))]


def _comparable(value: Mapping[str, Any] | None) -> object:
    return sorted(value["SS"]) if value is not None and "SS" in value else value


def unexpected_entry(entry: WireItem) -> Finding:
    """An entry in a list that does not contain its record."""
    return _finding("entry.misplaced", entry, "its record does not belong into this list", _REMOVE)


def dangling(item: WireItem, owner: str) -> Finding:
    """An item that belongs to a record which is gone; `owner` names the record."""
    group = _GROUPS.get(kind_of(item), kind_of(item))
    return _finding(f"{group}.dangling", item, f"it belongs to {owner}, which does not exist", _REMOVE)


def text_findings(
    owner: str, main: WireItem | None, parts: Mapping[Key, WireItem], pending: Collection[Key]
) -> Iterator[Finding]:
    """What is wrong with the text parts of an item: missing, damaged, or left behind.

    parts: those that are stored under the owner; pending: those that a note says are being written or removed.
    """
    in_use: set[Key] = set()
    for name, value in (main or {}).items():
        expected = part_keys(owner, name, value)
        in_use.update(expected)
        lost = [key for key in expected if key not in parts]
        if main is not None and lost:
            yield _finding(
                "text.lost", main,
                f"{len(lost)} of {len(expected)} parts of {_long_name(main, name)} are missing: it cannot be read",
                "restore the parts from a backup, or write the text again",
            )  # fmt: skip
        elif main is not None and expected:
            yield from _damage(main, name, [parts[key] for key in expected])
    for key, part in parts.items():
        if key not in in_use and key not in pending:
            yield _finding("text.orphaned", part, "no item refers to this part of a text", _REMOVE)


def _damage(main: WireItem, name: str, parts: Sequence[WireItem]) -> Iterator[Finding]:
    try:
        unpack_parts(main[name], parts)
    except (Corrupt, KeyError, ValueError) as error:
        yield _finding(
            "text.damaged", main, f"{_long_name(main, name)} cannot be read: {error}",
            "restore the parts from a backup, or write the text again",
        )  # fmt: skip


def _long_name(item: WireItem, short: str) -> str:
    entity = entity_of(item)
    return next((f.name for f in entity.fields if f.short == short), short) if entity is not None else short


def index_findings(item: WireItem, index: Index, is_listed: bool) -> Iterator[Finding]:
    """An index that does not show an item as the item says; an index follows its table after a moment."""
    has_keys = index.pk in item and index.sk in item
    if has_keys and not is_listed:
        yield _finding(
            "index.late", item, f"it has a key for {index.name}, and the index does not list it",
            "look again in a moment: an index follows its table",
        )  # fmt: skip


def usage_findings(day: WireItem | None, logs: Iterable[WireItem]) -> Iterator[Finding]:
    """Separate logs of a day that its counter does not count. Fewer logs than counted are no fault: logs expire."""
    stored = list(logs)
    counted = 0
    if day is not None:
        try:
            counted = DayUsage.of(day).separate
        except Corrupt:
            return  # `item_findings` says so
    if len(stored) > counted:
        yield _finding(
            "counter.missing" if day is None else "counter.different", day or stored[0],
            f"{len(stored)} logs of the day are in the table, {counted} are counted",
            "nothing for a day that is over; otherwise the user has more uses left than the limit allows",
        )  # fmt: skip
