"""Parts of large texts without an item, and items without the parts of their texts.

A part is always named by a note or by an item that refers to it (see `table.pending_parts`). So a part that is in
the table, and that neither the notes name when they are read afterwards, nor its item when it is read after those,
will never be referred to again.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from api.dynamodb.codec.codec import Record, epoch_seconds
from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.codec.items import CODECS, pending_parts_key
from api.dynamodb.codec.large_text import external_part_keys
from api.dynamodb.schema import entities as e
from api.dynamodb.schema import ids, keys
from api.dynamodb.schema.entities import TTL
from api.dynamodb.table.expressions import Changes, equals, exists
from api.dynamodb.table.store import Store
from api.dynamodb.table.write_actions import Delete, Key, Update
from repair.derivation import keys_of_parts
from repair.findings import Finding
from repair.generations import is_in_force
from repair.notebook import Notebook, Part, Text

# The service collects abandoned notes itself, after 15 minutes and within 20 more.
ABANDONED_FOR = timedelta(hours=1)
# Ids of new records tell their moment. An item this recent may have been written behind the scan.
RECENT = timedelta(minutes=15)
_CASES = keys.test_case_owner("")
_LOGS = keys.usage_log_owner("")
_PREFIX = keys.parts_pk("")
_CASE_ID = e.TEST_CASE.short("test_case_id")


def owner_of(kind: str, item: WireItem) -> str | None:
    """What the parts of an item's large texts are stored under; None for a kind that has none."""
    if kind in (e.RUN.name, e.PROBLEM.name):
        return str(item["PK"]["S"])
    if kind == e.TEST_CASE.name:
        return keys.test_case_owner(str(int(item["SK"]["S"].rpartition("#")[2])))
    if kind == e.USAGE_LOG.name:
        return keys.usage_log_owner(str(int(item["SK"]["S"].split("#")[2])))
    return None


def texts_of(kind: str, item: WireItem) -> Iterator[Text]:
    """The references of an item to texts in parts."""
    owner = owner_of(kind, item)
    if owner is not None:
        ttl = item.get(TTL, {}).get("N")
        for pk, name, number in keys_of_parts(item, owner):
            yield Text(pk, name, number, item["PK"]["S"], item["SK"]["S"], ttl)


def part_of(item: WireItem) -> Part:
    """A text part as it is noted."""
    sk = item["SK"]["S"]
    name, _, number = sk.rpartition("#")
    return Part(item["PK"]["S"], name, int(number), sk, item.get(TTL, {}).get("N"))


class LargeTextChecks:
    """Looks at the parts and references that did not meet in a scan.

    now: the present moment (aware).
    """

    def __init__(self, store: Store, notebook: Notebook, now: datetime) -> None:
        self._store, self._notebook, self._now = store, notebook, now
        self._started = notebook.started_at

    def findings(self) -> Iterator[Finding]:
        """What is wrong. Four Queries of notes; for each suspicious text or part two GetItems, 1 RCU per 4 KB."""
        noted = self._noted_parts()
        for part in self._notebook.orphaned_parts():
            key = part.pk, part.sk
            if key in noted or self._will_expire(part) or self._is_referred_to(part):
                continue
            if self._store.get(key, entity=e.TEXT_PART.name, consistent=True) is None:
                continue  # it was removed since it was read
            yield Finding("text.orphaned", key, "", Delete(key, exists()))
        for text in self._notebook.incomplete_texts():
            if missing := self._missing_parts(text):
                yield Finding("text.lost", (text.main_pk, text.main_sk), f"{text.name}: {missing} missing")
        for part, text in self._notebook.parts_with_other_expiry():
            yield from self._other_expiry(part, text)

    def abandoned_notes(self) -> Iterator[Finding]:
        """The notes of interrupted writes; `PendingParts.collect` mends them, so they have no action of their own."""
        for note in self._notes():
            if note["created_at"] < self._now - ABANDONED_FOR:
                text = f"{len(note['part_sks'] or ())} parts of {note['owner']}"
                yield Finding("note.abandoned", pending_parts_key(note), text)

    def _notes(self) -> Iterator[Record]:
        for pk in keys.PENDING_PARTS.partitions():
            items = self._store.query_all(pk, entity=e.PENDING_PARTS.name, consistent=True)
            yield from map(CODECS[e.PENDING_PARTS.name].decode, items)

    def _noted_parts(self) -> set[Key]:
        return {(keys.parts_pk(note["owner"]), sk) for note in self._notes() for sk in note["part_sks"] or ()}

    def _will_expire(self, part: Part) -> bool:
        """Whether the part goes by itself: an expired log may be removed before its parts."""
        return part.ttl is not None and int(part.ttl) <= epoch_seconds(self._now)

    def _is_referred_to(self, part: Part) -> bool:
        """Whether the item refers to the part now, or may have been written behind the scan."""
        owner = part.pk.removeprefix(_PREFIX)
        number = int(owner.rpartition("#")[2])
        items: list[WireItem] = []
        if owner.startswith((_CASES, _LOGS)):
            # Their keys cannot be told from the id alone.
            if number <= ids.MAX_ID and ids.moment_of(number) > self._started - RECENT:
                return True
            if owner.startswith(_CASES):
                items = self._cases(number)
        elif (main := self._store.get((owner, keys.META), entity="main", consistent=True)) is not None:
            items = [main]
        return any((part.pk, part.sk) in external_part_keys(owner, item) for item in items)

    def _cases(self, test_case_id: int) -> list[WireItem]:
        """The test case, wherever it is among the cases of its problem."""
        problem_id = self._notebook.problem_of_case(test_case_id)
        if problem_id is None:
            return []
        pk = keys.problem_pk(problem_id)
        items = self._store.query_all(
            pk, entity=e.TEST_CASE.name, consistent=True, where=equals(_CASE_ID, {"N": str(test_case_id)})
        )
        return [item for item in items if item["SK"]["S"] != keys.META]

    def _missing_parts(self, text: Text) -> int:
        """How many parts are missing of a text to which its item still refers."""
        main_key = text.main_pk, text.main_sk
        owner = text.pk.removeprefix(_PREFIX)
        part_keys = [(text.pk, f"{text.name}#{number:04}") for number in range(text.parts)]
        stored = self._store.batch_get(part_keys, entity=e.TEXT_PART.name, consistent=True)
        item = self._store.get(main_key, entity="main", consistent=True)
        in_use = set() if item is None else set(external_part_keys(owner, item))
        if item is not None and _has_expired(item, self._now):
            return 0
        if item is not None and owner.startswith(_CASES) and not is_in_force(self._store, item):
            return 0  # its parts are removed before it
        return sum(key in in_use and key not in stored for key in part_keys)

    def _other_expiry(self, part: Part, text: Text) -> Iterator[Finding]:
        item = self._store.get((text.main_pk, text.main_sk), entity="main", consistent=True)
        key = part.pk, part.sk
        if item is None or key not in external_part_keys(part.pk.removeprefix(_PREFIX), item):
            return
        expected = item.get(TTL)
        if expected == (None if part.ttl is None else {"N": part.ttl}):
            return
        changes = Changes(remove=(TTL,)) if expected is None else Changes(set={TTL: expected})
        yield Finding("text.expiry", key, f"of {text.main_pk}", Update(key, changes, exists()))


def _has_expired(item: WireItem, now: datetime) -> bool:
    return TTL in item and int(item[TTL]["N"]) <= epoch_seconds(now)
