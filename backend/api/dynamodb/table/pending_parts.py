"""Notes of text parts that are being written or removed, so that an interrupted write does not leave them behind.

Parts are written before the item that refers to them, and removed after it. A writer that dies in between leaves
parts that no item refers to. So a note that names them is in the table meanwhile: it is written before new parts
and removed in the transaction that stores the item, or written in the transaction that removes the last reference
and removed after the parts. Whoever finds a note takes it first. The writer's transaction then fails, so that it
can never refer to parts that are being removed.

A generation of a problem's test cases is noted in the same way, as a whole (see `case_generations`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from api.dynamodb.codec.codec import Record
from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.codec.items import CODECS, pending_parts_item, pending_parts_key
from api.dynamodb.codec.large_text import external_part_keys
from api.dynamodb.errors import ConditionFailed, DataLayerError, Throttled
from api.dynamodb.schema import ids, keys
from api.dynamodb.schema.entities import PENDING_PARTS
from api.dynamodb.table.aggregate import Aggregate
from api.dynamodb.table.case_generations import NO_GENERATION, remove_generation
from api.dynamodb.table.expressions import Changes, absent, all_of, exists
from api.dynamodb.table.store import Store
from api.dynamodb.table.write_actions import Delete, Key, Put, key_of

logger = logging.getLogger(__name__)

_CODEC = CODECS["pending_parts"]
_NAME = PENDING_PARTS.name
_IS_TAKEN = PENDING_PARTS.short("is_taken")
# No writer is active after this time: a request takes seconds, a command's write less than a minute.
ABANDONED_AFTER = timedelta(minutes=15)


class Note(NamedTuple):
    """A note in the table: its key, and the keys of the parts that it names."""

    key: Key
    parts: Sequence[Key]


class PendingParts:
    """The notes of one table."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store, self._now = store, now

    def write(self, aggregate: Aggregate, record: Record, parts: Sequence[Key]) -> tuple[Note, Delete]:
        """Notes parts that will be written. Returns the note, and the write of the transaction that stores the item.

        That write removes the note, and fails if somebody else has taken it. One PutItem: 1 WCU.
        """
        return self._begin(*self.noted(aggregate, record, parts))

    def write_generation(self, problem: Aggregate, generation: int) -> tuple[Note, Delete]:
        """Notes a generation of test cases that will be written, as `write` notes parts. One PutItem: 1 WCU."""
        return self._begin(*self.noted_generation(problem, generation))

    def _begin(self, note: Note, put: Put) -> tuple[Note, Delete]:
        self._store.put_new(put.item, entity=_NAME)
        return note, Delete(note.key, all_of(exists(), absent(_IS_TAKEN)))

    def noted(self, aggregate: Aggregate, record: Record, parts: Sequence[Key]) -> tuple[Note, Put]:
        """The note of parts that will be removed, and the write that stores it."""
        part_sks = {sk for _, sk in parts}
        return self._noted(aggregate, parts, {"user_id": record.get("user_id"), "part_sks": part_sks})

    def noted_generation(self, problem: Aggregate, generation: int | None) -> tuple[Note, Put]:
        """The note of a generation of test cases that will be removed, and the write that stores it."""
        number = NO_GENERATION if generation is None else generation
        return self._noted(problem, (), {"generation": number})

    def _noted(self, aggregate: Aggregate, parts: Sequence[Key], fields: Record) -> tuple[Note, Put]:
        main_pk, main_sk = aggregate.key
        item = pending_parts_item({
            "note_id": ids.new_id(), "main_pk": main_pk, "main_sk": main_sk, "owner": aggregate.owner,
            "created_at": self._now(), **fields,
        })  # fmt: skip
        return Note(key_of(item), parts), Put(item, absent())

    def remove(self, note: Note) -> None:
        """Removes the parts of a note, then the note. After a failure, which is logged, the note stays.

        BatchWriteItem for the parts (1 WCU per KB), one DeleteItem (1 WCU).
        """
        try:
            self._remove(note)
        except DataLayerError as failure:
            logger.warning("text parts were left behind: %s", failure)

    def collect(self, *, user_id: int | None = None) -> Iterator[int]:
        """Removes what interrupted writes left behind. Returns the number of parts after each note.

        user_id: what this user's writes left, while nobody can write for them; None: every write's, if it is at
        least 15 minutes old.

        Four Queries of all notes (1 RCU per 4 KB, usually none). For each note that is collected: one UpdateItem,
        one GetItem, the parts in batches (1 WCU per KB), and one DeleteItem; for test cases, also what
        `remove_generation` costs. Raises any error of the data layer.
        """
        before = self._now() - ABANDONED_AFTER
        notes = self._notes() if user_id is None else self.notes_of(user_id)
        for note in notes:
            if user_id is not None or note["created_at"] < before:
                yield self._collect(note)

    def notes_of(self, user_id: int) -> list[Record]:
        """The notes of a user's writes. Four Queries: 1 RCU per 4 KB."""
        return [note for note in self._notes() if note["user_id"] == user_id]

    def generations_of(self, problem_pk: str) -> set[int]:
        """The noted generations of a problem's cases. Four Queries: 1 RCU per 4 KB."""
        return {
            note["generation"]
            for note in self._notes()
            if note["main_pk"] == problem_pk and note["generation"] is not None
        }

    def _notes(self) -> Iterator[Record]:
        for pk in keys.PENDING_PARTS.partitions():
            yield from map(_CODEC.decode, self._store.query_all(pk, entity=_NAME, consistent=True))

    def _collect(self, note: Record) -> int:
        key = pending_parts_key(note)
        try:
            taken: WireItem = {_IS_TAKEN: {"BOOL": True}}
            self._store.update(key, Changes(set=taken), entity=_NAME, condition=exists())
        except ConditionFailed:  # its writer has finished
            return 0
        if note["generation"] is not None:
            removed = remove_generation(self._store, note["main_pk"], note["generation"])
            self._remove(Note(key, ()))
            return removed
        main = self._store.get((note["main_pk"], note["main_sk"]), entity="main", consistent=True)
        in_use = set() if main is None else set(external_part_keys(note["owner"], main))
        pk = keys.parts_pk(note["owner"])
        parts = [(pk, sk) for sk in sorted(note["part_sks"] or ()) if (pk, sk) not in in_use]
        self._remove(Note(key, parts))
        return len(parts)

    def _remove(self, note: Note) -> None:
        if self._store.batch_write(deletes=note.parts, entity="text_part"):
            raise Throttled("not all text parts could be removed")
        self._store.delete(note.key, entity=_NAME)
