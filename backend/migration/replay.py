"""Replays dead letters: reads each row again from the source, as it was mended there, and moves it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from api.dynamodb.item_size import item_size
from api.dynamodb.items import ItemSet
from api.dynamodb.transport import Transport
from config.environment import Environment
from migration import checkpoint as checkpoints
from migration.checkpoint import Checkpoint, job_folder
from migration.dead_letters import STEP_BY_NAME, DeadLetterFile, letter, read, recover, replace, rewrite
from migration.encode import DayCounter, StepEncoder
from migration.errors import BadRow, Collision, MigrationError
from migration.lease import Lease
from migration.loader import Chunk, Loader, Parcel
from migration.mapping import NULL_KEY, USAGE, Row, Step, steps_of, unique_keys
from migration.pump import parcels
from migration.run import Options, policy_of, source_of
from migration.source import LegacyDatabase, check_schema
from migration.target import ready_target
from migration.uniqueness import KeyBook


@dataclass
class Replay:
    """What became of the dead letters; `gone` are rows that the source does not have any more."""

    path: Path
    moved: int = 0
    gone: int = 0
    left: list[dict[str, Any]] = field(default_factory=list)

    def text(self) -> str:
        """For people."""
        lines = [
            f"{self.moved:,} rows moved, {self.gone:,} not in the source any more, {len(self.left):,} still dead"
        ]
        lines += [f"dead       {e['entity']} {e['key']}: {e['reason'][:160]}" for e in self.left[:20]]
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        left = [{k: e[k] for k in ("entity", "key", "reason")} for e in self.left]
        return {"moved": self.moved, "gone": self.gone, "left": left, "dead_letter_file": str(self.path)}


def replay(settings: Environment, options: Options) -> Replay:
    """Moves what can be moved now and keeps the rest in the file.

    Raises `MigrationError` when the job was not begun, or the file cannot be read.
    """
    steps = steps_of(options.entity)
    with source_of(settings) as source:
        check_schema(source, steps, options.ignore_columns)
        identity = ready_target(settings).identity
        with closing(Transport.of_environment()) as transport, Lease(transport, settings.table_name) as lease:
            state = checkpoints.load(job_folder(settings) / "checkpoint.json")
            if state is None or state.table_id != identity:
                raise MigrationError("nothing was moved into this table yet: run make dynamodb-migrate first")
            path = options.dead_letter or Path(state.dead_letter)
            own = path.absolute() == Path(state.dead_letter)
            if own and state.rewriting:
                recover(state)
            elif own:
                DeadLetterFile(path, state.dead_letter_bytes)  # cuts off what a killed run did not commit
            result = Replay(path)
            letters = list(read(path))
            name, workers = settings.table_name, options.workers
            with Loader(transport, name, workers, options.max_wcu, lease.check) as loader:
                for step in steps:
                    mine = [entry for entry in letters if entry["entity"] == step.name]
                    if mine:
                        _Replayer(step, source, settings, state, loader, result).replay(mine)
            lease.check()
            kept = [e for e in letters if STEP_BY_NAME[e["entity"]] not in steps] + result.left
            if own:
                rewrite(state, kept)
            else:
                replace(path, kept)
                state.save()
            return result


class _Replayer:
    """Replays the letters of one step."""

    def __init__(
        self,
        step: Step,
        source: LegacyDatabase,
        settings: Environment,
        state: Checkpoint,
        loader: Loader,
        result: Replay,
    ) -> None:
        path = job_folder(settings) / f"keys-{step.name}.sqlite3"
        self._book = KeyBook(path) if step.unique else None
        self._encoder = StepEncoder(step, policy_of(state, settings), self._book)
        self._counts = state.step(step.name).counts
        self._step, self._source, self._loader, self._result = step, source, loader, result
        self._chunk = Chunk()
        self._users: set[int] = set()

    def replay(self, letters: list[dict[str, Any]]) -> None:
        """Moves what can be moved now; the rest is left in the result."""
        for entry in letters:
            row = self._source.row(self._step, int(entry["key"]))
            self._counts.dead -= 1
            if row is None:
                self._result.gone += 1
                continue
            try:
                self._move(row)
            except BadRow as error:
                self._leave(row, str(error))
        for user_id in sorted(self._users):
            self._count_days(user_id)
        self._loader.flush(self._chunk)
        self._chunk.closed = True
        self._loader.wait(self._chunk)
        self._counts.consumed += self._chunk.consumed
        for row_id, reason in self._chunk.refused.items():
            row = self._source.row(self._step, row_id)
            if row is not None:
                self._leave(row, reason)
                self._counts.written -= 1
                self._result.moved -= 1
        if self._book is not None:
            self._book.close()

    def _leave(self, row: Row, reason: str) -> None:
        self._counts.dead += 1
        self._result.left.append(letter(self._step, row, reason))

    def _move(self, row: Row) -> None:
        built = self._encode(row)
        if self._step is USAGE:
            self._users.add(int(row[1] or 0))
        if built is None:
            self._counts.skipped += 1
            return
        self._send(parcels(built.all(), built.sizes(), int(row[0] or 0)))
        self._counts.written += 1
        self._result.moved += 1

    def _encode(self, row: Row) -> ItemSet | None:
        """The row's items; a key that its holder has let go in the source is taken over.

        The former holder is then moved again as it is now.
        """
        while True:
            try:
                return self._encoder.encode(row)
            except Collision as collision:
                holder = self._source.row(self._step, collision.holder)
                if self._book is None or (holder is not None and self._holds(holder, collision.key)):
                    raise
                self._book.release(collision.key)
                again = None if holder is None else self._encoder.encode(holder)
                if again is not None:
                    self._send(parcels(again.all(), again.sizes(), collision.holder))

    def _holds(self, row: Row, key: str) -> bool:
        plain = StepEncoder(self._step, self._encoder.policy, None)
        try:
            built = plain.encode(row)
        except BadRow:
            return True
        return built is not None and key in {held for _, held in unique_keys(built)}

    def _send(self, ready: list[Parcel]) -> None:
        for parcel in ready:
            self._loader.put(self._chunk, parcel)
            self._counts.items += 1
            self._counts.bytes += parcel.size
            self._counts.wcu += parcel.units

    def _count_days(self, user_id: int) -> None:
        """Writes a user's day counters again: a row that was mended may count now, or on another day."""
        days = DayCounter(self._encoder.policy)
        for row in self._source.rows(self._step, (user_id, NULL_KEY), (user_id, -NULL_KEY - 1)):
            days.add(row)
        counters = list(days.take(user_id))
        self._send(parcels(counters, map(item_size, counters), user_id))
