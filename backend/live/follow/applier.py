"""Applies one batch: barrier, snapshot, items, ledger, writes, deletions, and only then the position.

The order carries the invariants, which are asserted here, refused by the stores, or both. The model in
`tests/unit/live/following.py` has them as properties of every state that a crash or a pause can leave:

- I1 every item key in the table is in the ledger: keys are added durably before they are written.
- I2 what is written is as of a moment at or after the position: the snapshot begins behind the barrier.
- I3 a guard is deleted by its owner alone, and taken over only from a row that no longer holds it.
- I4 counters are recounts of whole days, for the groups of both images of each row.
- I5 the position moves in the transaction that records what was acknowledged.
- I6 every write is under the fence of this run, and so is the ledger.
- I7 what the source's reader does not understand ends it, so nothing is passed over.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from api.dynamodb.codec.items import with_keys
from api.dynamodb.codec.statement_items import is_problem
from api.dynamodb.schema import keys
from api.dynamodb.transport.retry import Caller
from live.follow.batch import Batch, Unit
from live.follow.contents import UnitBuilder, UnitContent
from live.follow.guards import GUARD_OWNERS, GuardWriter, is_guard
from live.follow.lanes import Lanes, Write
from live.follow.ledger import Key, Ledger
from live.follow.snapshot import Snapshot
from live.source.changes import Position
from live.source.server import SourceServer
from migration.dead_letters import STEP_BY_NAME
from migration.errors import MigrationError
from migration.kept_statements import emptied
from migration.source import LegacyDatabase
from migration.stored_records import key_of

MOST_UNITS = 1_000


@dataclass
class Totals:
    """What was applied since the run began. `seconds` was spent on it."""

    batches: int = 0
    units: int = 0
    items: int = 0
    removals: int = 0
    seconds: float = 0.0


@dataclass
class Applier:
    """Applies batches, one at a time. `at_step` is called at each durable step: tests end the process there."""

    ledger: Ledger
    lanes: Lanes
    caller: Caller
    table: str
    server: SourceServer
    database: LegacyDatabase
    builder: UnitBuilder
    at_step: Callable[[str], None] = lambda step: None
    totals: Totals = field(default_factory=Totals)

    def apply(self, batch: Batch, position: Position | None, status: dict[str, object] | None = None) -> None:
        """Makes the table's items of the batch's units what the source has now, then notes the position.

        Raises `SourceLost`, `Fenced`, and `MigrationError` when either side has failed for long; the position stays.
        """
        started = time.monotonic()
        units = sorted(batch.units)
        for start in range(0, max(1, len(units)), MOST_UNITS):
            chosen = set(units[start : start + MOST_UNITS])
            is_last = start + MOST_UNITS >= len(units)
            users = batch.users if is_last else set()
            self._apply(chosen, users, position if is_last else None, status if is_last else None)
        self.totals.seconds += time.monotonic() - started

    def _apply(
        self,
        units: set[Unit],
        users: set[int],
        position: Position | None,
        status: dict[str, object] | None,
    ) -> None:
        number = int(self.ledger.note("batch") or 0) + 1
        mark = self.server.mark(time.time_ns() // 1_000)
        with Snapshot(self.database) as snapshot:
            snapshot.require(mark)  # I2
            contents = self.builder.build(snapshot, units)
            owned = {unit: self.ledger.keys_of(unit) for unit in contents}
            self._add_keys(contents, owned)
            assert all(_keys(content) <= owned[unit] for unit, content in contents.items())  # noqa: S101 (I1)
            self._write(contents, snapshot)
        gone = [(unit, key) for unit, content in contents.items() for key in owned[unit] - _keys(content)]
        freed = self._delete(gone, users)
        with self.ledger.transaction():
            self.ledger.remove_keys(gone)
            self._note_letters(contents)
            self.ledger.retry_waiting(freed)
            self.ledger.touch(contents, number)
            notes = {"batch": str(number)}
            if position is not None:
                self.ledger.note_position(position)
            if status is not None:
                notes["status"] = json.dumps(status)
            self.ledger.set_notes(**notes)
        self.at_step("committed")
        self.totals.batches += 1
        self.totals.units += len(units)
        self.totals.removals += len(gone)

    def _add_keys(self, contents: dict[Unit, UnitContent], owned: dict[Unit, set[Key]]) -> None:
        """Adds new keys to the ledger, durably, and to `owned`."""
        new = [(unit, key) for unit, content in contents.items() for key in _keys(content) - owned[unit]]
        if new:
            with self.ledger.transaction():
                self.ledger.add_keys(new)
            for unit, key in new:
                owned[unit].add(key)
        self.at_step("ledger")

    def _write(self, contents: dict[Unit, UnitContent], snapshot: Snapshot) -> None:
        """Writes text parts, guards, entries and main items, in this order: a reader finds what a main item names."""

        def row_of(unit: Unit) -> UnitContent:
            step = STEP_BY_NAME[unit.step]
            return self.builder.of_row(unit.step, snapshot.rows(step, [unit.id]).get(unit.id))

        self._put(contents, "parts")
        GuardWriter(self.caller, self.table, self.lanes, row_of).write(contents)
        self.at_step("guards")
        self._put(contents, "entries")
        self._put(contents, "main")
        self.at_step("main items")

    def _put(self, contents: dict[Unit, UnitContent], stage: str) -> None:
        """Writes one kind of items of all units; a row whose item the engine refuses becomes a dead letter."""
        units = {key_of(item): unit for unit, content in contents.items() for item in getattr(content, stage)}
        writes = [Write(item) for content in contents.values() for item in getattr(content, stage)]
        assert len(units) == len(writes)  # noqa: S101 (no key belongs to two units)
        self.totals.items += len(writes)
        for write, reason in self.lanes.write(writes):
            unit = units[key_of(write.item)]
            if unit.day:
                raise MigrationError(f"the usage of user {unit.id} on a day cannot be written: {reason}")
            contents[unit].bury(str(reason))

    def _delete(self, gone: list[tuple[Unit, Key]], users: set[int]) -> set[str]:
        """Deletes items that no unit has any more, guards only of their owner; drops totals of users' runs.

        Returns the partition keys of the guards that are free now. One that has another owner by now stays, and so do
        the statements of a problem.
        """
        writes = []
        for unit, (pk, sk) in gone:
            key = with_keys(pk, sk, {})
            if not is_guard((pk, sk)):
                writes.append(Write(key, is_removal=True))
                continue
            owner = (GUARD_OWNERS[pk[:3]], {"N": str(unit.id)})
            writes.append(Write(key, is_removal=True, owner=owner))
        writes += [
            Write(with_keys(keys.progress_pk(user), keys.META, {}), is_removal=True) for user in sorted(users)
        ]
        failed = [write.item for write, _ in self.lanes.write(writes)]
        refused = {key_of(item) for item in failed}
        self.lanes.write([Write(emptied(item)) for item in failed if is_problem(item)])
        self.at_step("deletions")
        return {key[0] for _, key in gone if is_guard(key) and key not in refused}

    def _note_letters(self, contents: dict[Unit, UnitContent]) -> None:
        for unit, content in contents.items():
            if unit.day:
                self.ledger.tried(unit)
                continue
            self.ledger.revive(unit)
            if content.problem:
                self.ledger.bury(unit, dict(content.letter(unit)), content.waits_for)


def _keys(content: UnitContent) -> set[Key]:
    return {key_of(item) for item in content.items()}
