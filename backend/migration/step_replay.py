"""Retries the dead letters of one step, and removes what the mended rows leave behind in the table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from api.dynamodb.codec.item_size import WireItem, is_same_item, item_size
from api.dynamodb.codec.items import ItemSet, with_keys
from api.dynamodb.codec.statement_items import without_statements
from api.dynamodb.schema import keys
from api.dynamodb.schema.entities import PK, PROGRESS, SK
from api.dynamodb.table.run_aggregate import new_progress_stamp
from api.dynamodb.usage_limits.ledger import is_moved
from api.dynamodb.usage_limits.windows import USES
from migration.checkpoint import Checkpoint
from migration.claimed_keys import open_claimed_keys
from migration.dead_letters import Letter, letter
from migration.errors import BadRow, Collision
from migration.job import policy_of
from migration.ledger_merge import LedgerMerge
from migration.loader import Chunk, Loader, PendingItem
from migration.mapping import HISTORY, NULL_KEY, USAGE, MigrationStep, Row, read_id, unique_keys
from migration.overwrites import Overwrites
from migration.pipeline import ledger_item
from migration.replay_report import ReplayReport
from migration.row_encoder import RowEncoder
from migration.source import LegacyDatabase
from migration.stored_records import Key, StoredRecords, key_of
from migration.table_contents import counted_by_service
from migration.unique_key_index import UniqueKeyIndex
from migration.usage_ledgers import UsageLedgers

CHUNK_ROWS = 500


class StepReplay:
    """Retries letters of one step. Its items are acknowledged when `finish_chunk` or `end` is exhausted."""

    def __init__(
        self,
        step: MigrationStep,
        source: LegacyDatabase,
        state: Checkpoint,
        loader: Loader,
        stored: StoredRecords,
        overwrites: Overwrites,
        report: ReplayReport,
    ) -> None:
        self.step = step
        self._unique_keys = open_claimed_keys(state, step, source)
        self._encoder = RowEncoder(step, policy_of(state), None)
        self._state = state.step(step.name)
        self._source, self._loader, self._stored = source, loader, stored
        self._overwrites, self._report = overwrites, report
        self._ledgers = LedgerMerge(stored, self._encoder, overwrites) if step is USAGE else None
        self._chunk = Chunk()
        self._rows = 0
        self._users: set[int] = set()

    def close(self) -> None:
        """Closes the index of unique keys, without saving it unless `end` was reached."""
        if self._unique_keys is not None:
            self._unique_keys.abandon()

    def retry(self, entry: Letter) -> Iterator[Letter]:
        """Moves the letter's row if it can be moved now; yields letters that remain, of this row or earlier ones."""
        self._note_user(entry["row"].get("user_id"))
        row = self._source.row(self.step, int(entry["key"]))
        self._rows += 1
        self._chunk.counts.dead -= 1
        if row is None:
            self._report.gone += 1
        else:
            try:
                yield from self._move(row)
            except BadRow as error:
                yield self._letter(row, str(error))
            except RecursionError:
                yield self._letter(row, "its JSON is nested too deeply")
        if self._rows >= CHUNK_ROWS:
            yield from self.finish_chunk()

    def finish_chunk(self) -> Iterator[Letter]:
        """Waits until the items are acknowledged; yields the letters of rows with an item that was refused."""
        chunk, self._chunk, self._rows = self._chunk, Chunk(), 0
        for ledger in self._ledgers.take() if self._ledgers is not None else ():
            chunk.count_item(ledger)
            self._loader.put(chunk, ledger)
        self._loader.close(chunk)
        self._loader.wait(chunk)
        counts = chunk.counts
        for row_id, reason in chunk.refused.items():
            row = self._source.row(self.step, row_id)
            if row is not None:
                counts.written -= 1
                counts.dead += 1
                self._report.moved -= 1
                yield letter(self.step, row, reason)
        counts.consumed = chunk.consumed
        self._state.counts.add(counts)

    def end(self) -> Iterator[Letter]:
        """Waits for the last items, then writes what is derived from all rows of a user."""
        yield from self.finish_chunk()
        for user_id in sorted(self._users):
            if self.step is USAGE:
                self._rewrite_day_counters(user_id)
            elif self.step is HISTORY:
                self._invalidate_progress(user_id)
        yield from self.finish_chunk()
        if self._unique_keys is not None:
            self._unique_keys.close()

    def _note_user(self, user_id: str | None) -> None:
        """Notes a user whose logs or runs may have changed."""
        try:
            if user_id is not None:
                self._users.add(read_id(user_id))
        except BadRow:
            pass

    def _letter(self, row: Row, reason: str) -> Letter:
        self._chunk.counts.dead += 1
        return letter(self.step, row, reason)

    def _move(self, row: Row) -> Iterator[Letter]:
        """Moves one row; yields the letters of earlier rows whose items were refused. Raises `BadRow`."""
        if "user_id" in self.step.column_names:
            self._note_user(row[self.step.column_names.index("user_id")])
        record = self._encoder.record(row)
        if record is None:
            self._chunk.counts.skipped += 1
            return
        added = None if self._ledgers is None else self._ledgers.add(record)
        if added is not None:
            self._chunk.counts.written += added  # a row that was moved before is counted already
            self._report.moved += 1
            return
        item_set = self._encoder.items(row, record)
        row_id = int(row[0] or 0)
        stored = self._stored.get([key_of(item_set.main)])
        stale = self._stale_items(stored, item_set, f"{self.step.name} {row_id}")
        former_holders = self._take_over_keys(row_id, item_set)
        for holder_id, holder_items in former_holders.items():
            holder_key = self._stored.main_key(self.step.name, holder_id)
            stale += self._stale_items(self._stored.get([holder_key]), holder_items)
        if stale:
            # A key that is removed here may be written again for another row, so the removal comes first.
            for item in stale:
                self._loader.put(self._chunk, PendingItem.removal(item, row_id))
            yield from self.finish_chunk()
        for holder_id, holder_items in former_holders.items():
            if holder_items is not None:
                self._load(holder_items.all(), holder_items.sizes(), holder_id)
        self._load(item_set.all(), item_set.sizes(), row_id)
        self._chunk.counts.written += not stored  # a row that was moved before is counted already
        self._report.moved += 1

    def _take_over_keys(self, row_id: int, item_set: ItemSet) -> dict[int, ItemSet | None]:
        """Claims the row's unique keys; returns the items of their former holders by id, None for one that is gone.

        A key is taken over from a row that no longer has it in the source. Raises `Collision` for one that has, and
        `BadRow` when the former holder cannot be written again; nothing is claimed then.
        """
        index = self._unique_keys
        if index is None:
            return {}
        row_keys = unique_keys(item_set)
        guards = self._stored.get(key_of(guard) for guard in item_set.guards)
        holders: dict[int, ItemSet | None] = {}
        former: list[tuple[int, str]] = []
        for description, key in row_keys:
            holder_ids = (index.holder(key), _guard_holder(guards.get((key, keys.GUARD))))
            for holder_id in {number for number in holder_ids if number not in (None, row_id)}:
                holder = self._source.row(self.step, holder_id)
                holders[holder_id] = (
                    None if holder is None else self._encode_holder(holder, description, key, index)
                )
                former.append((holder_id, key))
        for holder_id, key in former:
            self._overwrites.allow(f"{self.step.name} {holder_id}, which had {key}")
        for _, key in former:
            index.release(key)
        index.claim(row_id, row_keys)
        for holder_id, holder_items in holders.items():
            if holder_items is not None:
                index.claim(holder_id, unique_keys(holder_items))
        return holders

    def _encode_holder(
        self, holder: Row, description: str, key: str, index: UniqueKeyIndex
    ) -> ItemSet | None:
        """The items of a former holder of a key as it is now. Raises `Collision` if it still has the key."""
        holder_id = int(holder[0] or 0)
        try:
            holder_items = self._encoder.encode(holder)
            for _, holder_key in [] if holder_items is None else unique_keys(holder_items):
                if holder_key == key:
                    raise Collision(description, key, holder_id)
                if index.holder(holder_key) not in (None, holder_id):
                    raise BadRow(f"its {holder_key} belongs to another row")
        except Collision:
            raise
        except BadRow as error:
            raise BadRow(
                f"{key} is held by row {holder_id}, which cannot be moved as it is now: {error}"
            ) from None
        return holder_items

    def _stale_items(
        self, stored: Mapping[Key, WireItem], item_set: ItemSet | None, name: str = ""
    ) -> list[WireItem]:
        """The items of a row whose main item is in `stored` that are not among its new ones (None: the row is gone).

        `name` asks whether the row may be overwritten, which raises `BadRow`. A Query for the text parts of a row
        that is stored in another form.
        """
        main = next(iter(stored.values()), None)
        if main is None or (item_set is not None and without_statements(main) == item_set.main):
            return []
        if name:
            self._overwrites.allow(name)
        new_keys = set() if item_set is None else {key_of(item) for item in item_set.all()}
        return [item for item in self._stored.items_of(self.step.name, main) if key_of(item) not in new_keys]

    def _load(self, items: Iterable[WireItem], sizes: Iterable[int], row_id: int) -> None:
        for pending in self._chunk.pending_items(items, sizes, row_id):
            self._loader.put(self._chunk, pending)

    def _rewrite_day_counters(self, user_id: int) -> None:
        """Counts a user's days again, and removes the ledgers of days and actions without logs.

        A ledger in which the service has counted since is left as it is, unless it may be overwritten.
        """
        usage = UsageLedgers(self._encoder.policy)
        for row in self._source.rows(self.step, (user_id, NULL_KEY), (user_id, -NULL_KEY - 1)):
            usage.count(row)
        existing = {key_of(item): item for item in self._stored.day_counters(user_id)}
        for (pk, sk), item in existing.items():
            if moved := sorted(filter(is_moved, item.get(USES, {}).get("SS", ()))):
                usage.restore(
                    pk.rpartition("#")[2], date.fromisoformat(sk.removeprefix(keys.DAY_PREFIX)), moved
                )
        ledgers = {key_of(ledger.item): ledger for ledger in usage.take(user_id)}
        for key, item in existing.items():
            if counted_by_service(item):
                action, day = key[0].rpartition("#")[2], key[1].removeprefix(keys.DAY_PREFIX)
                name = f"user {user_id}'s count of the action {action} on {day}"
                if not self._overwrites.is_forced:
                    ledgers.pop(key, None)
                    self._overwrites.skip(name)
                    continue
                self._overwrites.note(name)
            if key not in ledgers:
                self._loader.put(self._chunk, PendingItem.removal(item))
            elif is_same_item(ledgers[key].item, item):
                del ledgers[key]
        for ledger in ledgers.values():
            self._loader.put(self._chunk, ledger_item(self._chunk, ledger))

    def _invalidate_progress(self, user_id: int) -> None:
        """Drops a user's stored totals, which lack the runs that were moved now."""
        key = (keys.progress_pk(user_id), keys.META)
        if self._stored.get([key]):
            short = PROGRESS.short
            attributes = {short("user_id"): {"N": str(user_id)}, short("stamp"): {"S": new_progress_stamp()}}
            item = with_keys(*key, attributes)
            self._loader.put(self._chunk, PendingItem(item, item_size(item), 1, 0))


def _guard_holder(guard: WireItem | None) -> int | None:
    """The id of the record that holds a guard item."""
    if guard is None:
        return None
    return next(int(value["N"]) for name, value in guard.items() if name not in (PK, SK))
