"""Builds the whole set of items that stands for one thing: its main item, guards, list entries and text parts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from api.dynamodb import entities as e
from api.dynamodb import keys
from api.dynamodb.codec import Codec, epoch_seconds
from api.dynamodb.entities import GSI1PK, GSI1SK, GSI2PK, GSI2SK, PK, SK
from api.dynamodb.errors import InvalidInput
from api.dynamodb.item_size import WireItem, item_size, text_size

CODECS = {entity.name: Codec(entity) for entity in e.ENTITIES}
RETENTION = timedelta(days=e.USAGE_RETENTION_DAYS)


@dataclass
class ItemSet:
    """The items of one thing. Parts are written first and the main item last, so that it never refers to nothing.

    Entries differ in their keys alone: their attributes are one summary.
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
    return ItemSet(with_keys(keys.PLANS, f"{record['plan_id']:016d}", main))


def user_items(record: Mapping[str, Any]) -> ItemSet:
    """A user: main item (on GSI1 if it has an e-mail), guards of e-mail and Google account, list entry."""
    main = CODECS["user"].encode(record)
    user_id: int = record["user_id"]
    item = with_keys(keys.user_pk(user_id), keys.META, main)
    holder = {"uid": main["id"]}
    items = ItemSet(item)
    if record.get("email"):
        pk = keys.email_pk(record["email"])
        if pk != "EML#":
            item[GSI1PK], item[GSI1SK] = {"S": pk}, {"S": keys.user_pk(user_id)}
            items.guards.append(with_keys(pk, keys.GUARD, holder))
    if record.get("google_id"):
        items.guards.append(with_keys(keys.google_pk(record["google_id"]), keys.GUARD, holder))
    items.entries.append(user_entry(user_id, record.get("created_at")))
    return items


def user_entry(user_id: int, created_at: datetime | None) -> WireItem:
    """A user's line in the list of all users."""
    pk = keys.user_list_pk(user_id % keys.USER_LIST_SHARDS)
    return with_keys(pk, keys.time_and_id(created_at, user_id), {"uid": {"N": str(user_id)}})


def tag_names(tags: Any) -> list[str]:
    """The tags that are indexed: the texts of a JSON list, normalised, distinct, at most 16."""
    if not isinstance(tags, list):
        return []
    names = (keys.normal_name(tag) for tag in tags if isinstance(tag, str))
    return list(dict.fromkeys(name for name in names if name))[: keys.MAX_INDEXED_TAGS]


def problem_facets(record: Mapping[str, Any], tags: Iterable[str]) -> list[keys.Facet]:
    """The lists that a problem stands in: none when deleted, the drafts' until it is complete."""
    if record["is_deleted"]:
        return []
    if not record["is_completed"]:
        return [keys.DRAFT_PROBLEMS]
    facets = [keys.ALL_PROBLEMS, keys.platform_facet(record["platform"])]
    if record.get("difficulty"):
        facets.append(keys.difficulty_facet(record["difficulty"]))
    return facets + [keys.tag_facet(tag) for tag in tags]


def problem_items(record: Mapping[str, Any], tags: Any) -> ItemSet:
    """A problem: main item, guard of platform and number, list entries, word entries, text parts.

    `tags` is the value of the record's tags (the record may hold them as JSON text).
    """
    problem_id: int = record["problem_id"]
    pk = keys.problem_pk(problem_id)
    items = ItemSet({})
    items.main = with_keys(pk, keys.META, CODECS["problem"].encode(record, owner=pk, parts=items.parts))
    guard_pk = keys.problem_number_pk(record["platform"], record["problem_number"])
    items.guards.append(with_keys(guard_pk, keys.GUARD, {"pid": items.main["id"]}))
    names = tag_names(tags)
    facets = problem_facets(record, names)
    if facets:
        summary = CODECS["problem_entry"].encode({**record, "tags": set(names) or None})
        created_at = record.get("created_at")
        sk = keys.time_and_id(created_at, problem_id)
        items.entries += [with_keys(facet.pk(problem_id % facet.shards), sk, summary) for facet in facets]
        if record["is_completed"]:
            items.entries += [
                with_keys(keys.word_pk(word), keys.word_sk(word, created_at, problem_id), summary)
                for word in keys.title_words(record["title"])
            ]
    return items


def test_case_items(record: Mapping[str, Any]) -> ItemSet:
    """A test case: one item in its problem's partition, and text parts."""
    position: int = record["position"]
    if not -(2**31) <= position < 2**31:
        raise InvalidInput(f"position {position} is not a 32-bit number")
    items = ItemSet({})
    owner = f"TC#{record['test_case_id']}"
    attributes = CODECS["test_case"].encode(record, owner=owner, parts=items.parts)
    sk = keys.test_case_sk(record["is_sample"], position, record["test_case_id"])
    items.main = with_keys(keys.problem_pk(record["problem_id"]), sk, attributes)
    return items


_RUN_CODEC, _RUN_SUMMARY_CODEC = CODECS["run"], CODECS["user_run"]
_SUMMARY_SHORTS = tuple(f.short for f in e.USER_RUN.fields)


def run_items(record: Mapping[str, Any]) -> ItemSet:
    """A run: main item (on GSI2 if public), its lines in the user's lists, text parts."""
    history_id: int = record["history_id"]
    pk = keys.run_pk(history_id)
    items = ItemSet({})
    main = _RUN_CODEC.encode(record, owner=pk, parts=items.parts)
    place = keys.time_and_id(record["created_at"], history_id)
    items.main = with_keys(pk, keys.META, main)
    if record["is_code_public"]:
        items.main[GSI2PK] = {"S": keys.timeline_pk(history_id % keys.TIMELINE_SHARDS)}
        items.main[GSI2SK] = {"S": place}
    user_id = record.get("user_id")
    if user_id is not None:
        summary = {short: main[short] for short in _SUMMARY_SHORTS if short in main}
        items.entries.append(with_keys(keys.user_runs_pk(user_id), place, summary))
        problem_id = record.get("problem_id")
        if problem_id is not None:
            items.entries.append(with_keys(keys.user_problem_runs_pk(user_id, problem_id), place, summary))
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
        owner=f"USE#{record['log_id']}",
        parts=items.parts,
        expires_at=expires_at,
    )
    pk = keys.usage_pk(record["user_id"], record["action"])
    items.main = with_keys(pk, keys.usage_log_sk(created_at, record["log_id"]), attributes)
    return items


def audit_items(record: Mapping[str, Any]) -> ItemSet:
    """An audit entry, and the line that says that its month has some."""
    created_at: datetime = record["created_at"]
    month = keys.audit_month(created_at)
    place = keys.time_and_id(created_at, record["audit_id"])
    main = with_keys(keys.audit_pk(month), place, CODECS["audit"].encode(record))
    return ItemSet(main, entries=[with_keys(keys.AUDIT_MONTHS, month, {})])


def usage_day_expiry(day_end: datetime) -> int:
    """When a day's counter expires: 90 days after the day's end, in epoch seconds."""
    return epoch_seconds(day_end + RETENTION)


def usage_day_item(user_id: int, action: str, day: date, count: int, expires_at: int) -> WireItem:
    """The counter of a user's uses of an action on one local day."""
    attributes = CODECS["usage_day"].encode({"count": count, "expires_at": expires_at})
    return with_keys(keys.usage_pk(user_id, action), keys.usage_day_sk(day), attributes)


def erasure_item(record: Mapping[str, Any]) -> WireItem:
    """The note that an account is to be removed."""
    attributes = CODECS["erasure"].encode(record)
    return with_keys(keys.ERASURES, keys.erasure_sk(record["user_id"]), attributes)
