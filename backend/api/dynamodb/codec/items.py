"""Builds all items of a record: its main item, guards, list entries and text parts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from api.dynamodb.codec.codec import Codec, epoch_seconds
from api.dynamodb.codec.derivation import PROBLEM_DERIVATIONS, USER_DERIVATIONS, Derivation
from api.dynamodb.codec.item_size import WireItem, item_size, text_size
from api.dynamodb.errors import InvalidInput
from api.dynamodb.schema import entities as e
from api.dynamodb.schema import keys
from api.dynamodb.schema.entities import GSI1PK, GSI1SK, GSI2PK, GSI2SK, PK, SK
from api.dynamodb.schema.key_rules import ProblemRules, UserRules
from api.dynamodb.schema.list_shards import written_shards
from api.dynamodb.schema.records import Practice

CODECS = {entity.name: Codec(entity) for entity in e.ENTITIES}
_USER_ID, _PROBLEM_ID = e.USER.short("user_id"), e.PROBLEM.short("problem_id")
_GUARD_USER_ID, _GUARD_PROBLEM_ID = e.EMAIL_GUARD.short("user_id"), e.NUMBER_GUARD.short("problem_id")
_ENTRY_USER_ID = e.USER_ENTRY.short("user_id")
RETENTION = timedelta(days=e.USAGE_RETENTION_DAYS)
# For how long the note of a change of a list entry is kept.
CHANGES_KEPT = timedelta(days=1)


@dataclass
class ItemSet:
    """The items of one record.

    Parts are written first and the main item last, so that its references are always valid. Entries share
    their attributes and differ in their keys.
    """

    main: WireItem
    guards: list[WireItem] = field(default_factory=list)
    entries: list[WireItem] = field(default_factory=list)
    parts: list[WireItem] = field(default_factory=list)

    def all(self) -> list[WireItem]:
        """Every item, in the order in which they should be written."""
        if self.parts or self.guards:
            return [*self.parts, *self.guards, *self.entries, self.main]
        return [*self.entries, self.main]

    def sizes(self) -> list[int]:
        """Bytes of every item, in the order of `all`."""
        first = [item_size(item) for item in (*self.parts, *self.guards)]
        if self.entries:
            keys_only = {PK, SK}
            summary = item_size(
                {name: value for name, value in self.entries[0].items() if name not in keys_only}
            )
            first += [
                summary + 4 + text_size(entry[PK]["S"]) + text_size(entry[SK]["S"]) for entry in self.entries
            ]
        return [*first, item_size(self.main)]


def with_keys(pk: str, sk: str, attributes: Mapping[str, dict[str, Any]]) -> WireItem:
    """An item of these keys and attributes."""
    return {PK: {"S": pk}, SK: {"S": sk}, **attributes}


def plan_items(record: Mapping[str, Any]) -> ItemSet:
    """A subscription plan: one item."""
    main = CODECS["plan"].encode(record)
    return ItemSet(with_keys(keys.PLANS, keys.plan_sk(record["plan_id"]), main))


def user_items(record: Mapping[str, Any], derivation: Derivation[UserRules] | None = None) -> ItemSet:
    """A user: main item (on GSI1 if it has an e-mail), guards of e-mail and Google account, list entry.

    `derivation` of the keys is that of a new user by default.
    """
    derivation = USER_DERIVATIONS.new() if derivation is None else derivation
    main = CODECS["user"].encode(record)
    user_id: int = record["user_id"]
    item = with_keys(keys.user_pk(user_id), keys.META, main)
    item.update(derivation.attributes())
    holder = {_GUARD_USER_ID: main[_USER_ID]}
    items = ItemSet(item)
    pk = derivation.rules.email_pk(record["email"]) if record.get("email") else None
    if pk is not None:
        item[GSI1PK], item[GSI1SK] = {"S": pk}, {"S": keys.user_pk(user_id)}
        items.guards.append(with_keys(pk, keys.GUARD, holder))
    if record.get("google_id"):
        items.guards.append(with_keys(keys.google_pk(record["google_id"]), keys.GUARD, holder))
    sk = keys.time_and_id(record.get("created_at"), user_id)
    listed = {_ENTRY_USER_ID: {"N": str(user_id)}}
    items.entries += [with_keys(pk, sk, listed) for pk in derivation.entry_pks(keys.USER_LIST, user_id)]
    return items


def problem_items(
    record: Mapping[str, Any], tags: Any, derivation: Derivation[ProblemRules] | None = None
) -> ItemSet:
    """A problem: main item, guard of platform and number, list entries, word entries, text parts.

    `tags` is the value of the record's tags (the record may hold them as JSON text). `derivation` of the keys is
    that of a new problem by default.
    """
    derivation = PROBLEM_DERIVATIONS.new() if derivation is None else derivation
    rules = derivation.rules
    problem_id: int = record["problem_id"]
    pk = keys.problem_pk(problem_id)
    items = ItemSet({})
    items.main = with_keys(pk, keys.META, CODECS["problem"].encode(record, owner=pk, parts=items.parts))
    items.main.update(derivation.attributes())
    guard_pk = rules.number_pk(record["platform"], record["problem_number"])
    items.guards.append(with_keys(guard_pk, keys.GUARD, {_GUARD_PROBLEM_ID: items.main[_PROBLEM_ID]}))
    names = rules.tags(tags)
    lists = rules.lists(record, names)
    if lists:
        summary = CODECS["problem_entry"].encode({**record, "tags": set(names) or None})
        created_at = record.get("created_at")
        sk = keys.time_and_id(created_at, problem_id)
        items.entries += [
            with_keys(pk, sk, summary)
            for entries in lists
            for pk in derivation.entry_pks(entries, problem_id)
        ]
        if record["is_completed"]:
            items.entries += [
                with_keys(keys.word_pk(title_word), keys.word_sk(title_word, created_at, problem_id), summary)
                for title_word in rules.title_words(record["title"])
            ]
    return items


def problem_change_item(
    problem_id: int, version: int, changed_at: datetime, entry: WireItem | None
) -> WireItem:
    """The note of a change: the problem's new entry in the list of all, None if it left that list.

    `version` is the problem's. The note expires a day after `changed_at`.
    """
    item = {} if entry is None else {name: entry[name] for name in entry if name not in (PK, SK)}
    expires_at = epoch_seconds(changed_at + CHANGES_KEPT)
    fields = {"problem_id": problem_id, "version": version, "expires_at": expires_at}
    item.update(CODECS["problem_change"].encode(fields))
    return with_keys(keys.PROBLEM_CHANGES, keys.problem_change_sk(changed_at, problem_id), item)


def test_case_items(record: Mapping[str, Any], generation: int | None = None) -> ItemSet:
    """A test case: one item in its problem's partition, and text parts; `generation` as in `keys.test_case_sk`."""
    position: int = record["position"]
    if not -(2**31) <= position < 2**31:
        raise InvalidInput(f"position {position} is not a 32-bit number")
    items = ItemSet({})
    owner = keys.test_case_owner(record["test_case_id"])
    attributes = CODECS["test_case"].encode(record, owner=owner, parts=items.parts)
    sk = keys.test_case_sk(record["is_sample"], position, record["test_case_id"], generation)
    items.main = with_keys(keys.problem_pk(record["problem_id"]), sk, attributes)
    return items


_RUN_CODEC, _RUN_SUMMARY_CODEC = CODECS["run"], CODECS["user_run"]
_SUMMARY_SHORTS = tuple(f.short for f in e.USER_RUN.fields)


def is_public_solution(record: Mapping[str, Any]) -> bool:
    """Whether a run is public and passed every case of at least one: others find it under its problem."""
    return bool(record["is_code_public"]) and record["passed_count"] == record["total_count"] > 0


def run_items(record: Mapping[str, Any]) -> ItemSet:
    """A run: main item (on GSI2 if public, on GSI1 if it is a public solution), entries in the user's lists, parts."""
    history_id: int = record["history_id"]
    pk = keys.run_pk(history_id)
    items = ItemSet({})
    main = _RUN_CODEC.encode(record, owner=pk, parts=items.parts)
    sort_key = keys.time_and_id(record["created_at"], history_id)
    items.main = with_keys(pk, keys.META, main)
    if record["is_code_public"]:
        items.main[GSI2PK] = {"S": keys.TIMELINE.resharded(written_shards(keys.TIMELINE)).pk_of(history_id)}
        items.main[GSI2SK] = {"S": sort_key}
    user_id, problem_id = record.get("user_id"), record.get("problem_id")
    if problem_id is not None and is_public_solution(record):
        items.main[GSI1PK] = {"S": keys.solutions_pk(problem_id)}
        items.main[GSI1SK] = {"S": sort_key}
    if user_id is not None:
        summary = {short: main[short] for short in _SUMMARY_SHORTS if short in main}
        items.entries.append(with_keys(keys.user_runs_pk(user_id), sort_key, summary))
        if problem_id is not None:
            items.entries.append(with_keys(keys.user_problem_runs_pk(user_id, problem_id), sort_key, summary))
    return items


def expiry(created_at: datetime) -> int:
    """When a usage log of that moment expires, in epoch seconds: 90 days later."""
    return epoch_seconds(created_at + RETENTION)


def usage_log_items(record: Mapping[str, Any], *, expires: bool = True) -> ItemSet:
    """A usage log: one item and text parts, with a TTL 90 days after `created_at` unless `expires` is False."""
    if record.get("action") not in e.USAGE_ACTIONS:
        raise InvalidInput(f"action {record.get('action')!r} is not one of {', '.join(e.USAGE_ACTIONS)}")
    created_at: datetime = record["created_at"]
    expires_at = expiry(created_at) if expires else None
    items = ItemSet({})
    attributes = CODECS["usage_log"].encode(
        {**record, "expires_at": expires_at},
        owner=keys.usage_log_owner(record["log_id"]),
        parts=items.parts,
        expires_at=expires_at,
    )
    pk = keys.usage_pk(record["user_id"], record["action"])
    items.main = with_keys(pk, keys.usage_log_sk(created_at, record["log_id"]), attributes)
    return items


def audit_item(record: Mapping[str, Any]) -> WireItem:
    """An audit entry; `audit_month_item` marks its month."""
    created_at: datetime = record["created_at"]
    sort_key = keys.time_and_id(created_at, record["audit_id"])
    return with_keys(keys.audit_pk(keys.audit_month(created_at)), sort_key, CODECS["audit"].encode(record))


def audit_month_item(month: str) -> WireItem:
    """The item that marks a month (`keys.audit_month`) as having audit entries."""
    return with_keys(keys.AUDIT_MONTHS, month, {})


def usage_day_expiry(day_end: datetime) -> int:
    """When a day's counter expires: 90 days after the day's end, in epoch seconds."""
    return epoch_seconds(day_end + RETENTION)


def usage_day_item(
    user_id: int, action: str, day: date, count: int, expires_at: int, entries: Sequence[str] = ()
) -> WireItem:
    """The ledger of a user's uses of an action on one local day: its entries, and the number of all other uses."""
    attributes = CODECS["usage_day"].encode(
        {"count": count or None, "uses": set(entries) or None, "expires_at": expires_at}
    )
    return with_keys(keys.usage_pk(user_id, action), keys.usage_day_sk(day), attributes)


def pending_parts_key(record: Mapping[str, Any]) -> tuple[str, str]:
    """(PK, SK) of a note of text parts."""
    note_id: int = record["note_id"]
    return keys.PENDING_PARTS.pk_of(note_id), keys.time_and_id(record["created_at"], note_id)


def pending_parts_item(record: Mapping[str, Any]) -> WireItem:
    """A note of text parts that are being written or removed."""
    return with_keys(*pending_parts_key(record), CODECS["pending_parts"].encode(record))


def practice_item(user_id: int, practice: Practice, version: int) -> WireItem:
    """What a user keeps for practice; reviews by the day, as the text of its ordinal."""
    reviewed: defaultdict[str, list[int]] = defaultdict(list)
    for problem_id, day in practice.reviewed.items():
        reviewed[str(day.toordinal())].append(problem_id)
    record = {
        "user_id": user_id, "bookmarks": list(practice.bookmarks) or None, "reviewed": reviewed or None,
        "time_zone": practice.time_zone, "version": version,
    }  # fmt: skip
    return with_keys(keys.practice_pk(user_id), keys.META, CODECS["practice"].encode(record))


def problem_note_item(record: Mapping[str, Any]) -> WireItem:
    """A user's note on a problem."""
    pk = keys.problem_notes_pk(record["user_id"])
    return with_keys(pk, keys.problem_note_sk(record["problem_id"]), CODECS["problem_note"].encode(record))


def erasure_item(record: Mapping[str, Any]) -> WireItem:
    """The record of an account's unfinished deletion."""
    attributes = CODECS["erasure"].encode(record)
    return with_keys(keys.ERASURES, keys.erasure_sk(record["user_id"]), attributes)
