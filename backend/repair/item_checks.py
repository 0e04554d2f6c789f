"""What can be said of an item by itself: its keys, its fields, its expiry."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta

from api.dynamodb.codec.codec import Record, epoch_seconds
from api.dynamodb.codec.item_size import WireItem, WireValue
from api.dynamodb.codec.items import CODECS, expiry, usage_day_expiry
from api.dynamodb.codec.key_forms import OPERATION
from api.dynamodb.codec.statement_items import is_statement_alone
from api.dynamodb.errors import Corrupt
from api.dynamodb.schema import entities as e
from api.dynamodb.schema import keys
from api.dynamodb.schema.entities import PK, SK, TTL
from api.dynamodb.table.expressions import Changes, Condition, absent, all_of, equals, exists
from api.dynamodb.table.write_actions import Delete, Key, Update, key_of
from api.dynamodb.usage_limits.windows import day_start, next_day
from repair.derivation import SOURCE_OF
from repair.findings import Finding

# AWS removes expired items within days.
EXPIRED_FOR = timedelta(days=7)
# How long a guard or a count of sign-in lasts that was stored without an end; they last minutes.
_SIGN_IN_SECONDS = 24 * 3600
# Records of several items, whose ids are looked at with what is derived from them.
_AGGREGATES = frozenset({e.USER.name, e.PROBLEM.name, e.RUN.name})
# Caches and sign-in items: what cannot be read of them is removed.
_REPLACEABLE = {e.PROGRESS.name: "progress.unreadable", e.SESSION.name: "session.unreadable"}


def check_item(kind: str | None, item: WireItem, now: datetime) -> Iterator[Finding]:
    """What is wrong with an item, whatever else is in the table. `now` is an aware datetime. No call."""
    key = key_of(item)
    if kind is None:
        yield Finding("unknown", key, f"{len(item)} attributes")
        return
    if kind == OPERATION:
        return
    if _expired_for(item, now) > EXPIRED_FOR.total_seconds():
        condition = all_of(exists(), equals(TTL, item[TTL]))
        yield Finding("expired", key, f"a {kind}", Delete(key, condition))
        return
    if kind in SOURCE_OF:
        return  # it is compared as a whole with what its main item demands
    if is_statement_alone(item):
        return  # a move has removed the problem, and may bring it back
    record = _decoded(kind, item)
    if record is None:
        fault = _REPLACEABLE.get(kind, "unreadable")
        action = Delete(key, _as_read(item)) if kind in _REPLACEABLE else None
        yield Finding(fault, key, f"a {kind}", action)
        return
    yield from _contradictions(kind, key, item)
    yield from _wrong_expiry(kind, key, item, record, now)


def is_expired(item: WireItem, now: datetime) -> bool:
    """Whether an item has expired, so that readers do not see it."""
    return _expired_for(item, now) > 0


def _expired_for(item: WireItem, now: datetime) -> float:
    """How long ago an item expired, in seconds; negative for one that has not."""
    try:
        return epoch_seconds(now) - int(item[TTL]["N"])
    except (KeyError, ValueError):
        return -1.0


def _decoded(kind: str, item: WireItem) -> Record | None:
    """The record of an item; None if a field cannot be read, or is required and missing."""
    codec = CODECS[kind]
    try:
        record = codec.decode(item)
    except Corrupt:
        return None
    missing = [field for field in codec.entity.fields if field.required and field.short not in item]
    own = {_id_of(kind), TTL}  # these are mended
    if any(field.short not in own or kind in _REPLACEABLE for field in missing):
        return None
    return record


def _id_of(kind: str) -> str:
    fields = CODECS[kind].entity.fields
    return fields[0].short if fields else ""


_Parts = Callable[[str, str], Mapping[str, int]]
# What the keys of an item say of its attributes: by kind, from (partition key, sort key).
_IN_KEYS: Mapping[str, _Parts] = {
    e.PLAN.name: lambda pk, sk: {"plan_id": int(sk)},
    e.SESSION.name: lambda pk, sk: {"session_id": int(sk), "user_id": int(pk.split("#")[1])},
    e.PROGRESS.name: lambda pk, sk: {"user_id": int(pk.split("#")[1])},
    e.PRACTICE.name: lambda pk, sk: {"user_id": int(pk.split("#")[1])},
    e.PROBLEM_NOTE.name: lambda pk, sk: {"problem_id": int(sk), "user_id": int(pk.split("#")[1])},
    e.OPENED_HINTS.name: lambda pk, sk: {"user_id": int(pk.split("#")[1]), "problem_id": int(sk)},
    e.ERASURE.name: lambda pk, sk: {"user_id": int(sk)},
    e.AUDIT.name: lambda pk, sk: {"audit_id": int(sk.rpartition("#")[2])},
    e.PROBLEM_CHANGE.name: lambda pk, sk: {"problem_id": int(sk.rpartition("#")[2])},
    e.PENDING_PARTS.name: lambda pk, sk: {"note_id": int(sk.rpartition("#")[2])},
    e.USAGE_LOG.name: lambda pk, sk: {"log_id": int(sk.split("#")[2]), "user_id": int(pk.split("#")[1])},
    e.TEST_CASE.name: lambda pk, sk: {
        "test_case_id": int(sk.rpartition("#")[2]),
        "problem_id": int(pk.rpartition("#")[2]),
    },
}


def _contradictions(kind: str, key: Key, item: WireItem) -> Iterator[Finding]:
    """Attributes that contradict the item's key; readers find it by the key."""
    if kind in _AGGREGATES or kind not in _IN_KEYS:
        return
    entity = CODECS[kind].entity
    expected: dict[str, WireValue] = {
        entity.short(name): {"N": str(number)} for name, number in _IN_KEYS[kind](*key).items()
    }
    if kind == e.TEST_CASE.name:
        expected[entity.short("is_sample")] = {"BOOL": key[1].startswith(keys.SAMPLE_PREFIX)}
    if kind == e.USAGE_LOG.name:
        expected[entity.short("action")] = {"S": key[0].rpartition("#")[2]}
    wrong = {name: value for name, value in expected.items() if item.get(name) != value}
    if wrong:
        names = ", ".join(field.name for field in entity.fields if field.short in wrong)
        update = Update(key, Changes(set=wrong), _has(item, wrong))
        yield Finding("id.different", key, f"{names} of a {kind}", update)


def _wrong_expiry(kind: str, key: Key, item: WireItem, record: Record, now: datetime) -> Iterator[Finding]:
    expected: int | None = None
    if kind == e.USAGE_LOG.name:
        if TTL not in item or record["created_at"] is None:
            return  # a move may keep logs that had expired
        expected = expiry(record["created_at"])
        if item[TTL] == {"N": str(expected)}:
            return
        fault = "expiry.different"
    elif TTL not in item and kind == e.USAGE_DAY.name:
        day = date.fromisoformat(key[1].removeprefix(keys.DAY_PREFIX))
        expected, fault = usage_day_expiry(day_start(next_day(day))), "expiry.missing"
    elif TTL not in item and kind in (e.USED_NONCE.name, e.ADDRESS_WINDOW.name):
        expected, fault = epoch_seconds(now) + _SIGN_IN_SECONDS, "expiry.missing"
    if expected is not None:
        update = Update(key, Changes(set={TTL: {"N": str(expected)}}), _has(item, {TTL: {}}))
        yield Finding(fault, key, f"a {kind}", update)


def _has(item: WireItem, names: Mapping[str, object]) -> Condition:
    """The item exists and these attributes are stored as they were read."""
    return all_of(exists(), *(equals(name, item[name]) if name in item else absent(name) for name in names))


def _as_read(item: WireItem) -> Condition:
    """The item is stored as it was read."""
    return _has(item, {name: None for name in item if name not in (PK, SK)})
