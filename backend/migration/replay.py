"""Replays dead letters: reads each row again from the source, as it was mended there, and moves it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from api.dynamodb.transport import Transport
from config.environment import Environment
from migration import checkpoint as checkpoints
from migration.checkpoint import Checkpoint, job_folder
from migration.dead_letters import STEP_BY_NAME, DeadLetterFile, letter, read, replace
from migration.encode import StepEncoder
from migration.errors import BadRow, MigrationError
from migration.lease import Lease
from migration.loader import Chunk, Loader
from migration.mapping import Step, steps_of
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
            if path == Path(state.dead_letter):
                # What a killed run wrote and did not commit is cut off.
                DeadLetterFile(path, state.dead_letter_bytes)
            result = Replay(path)
            letters = list(read(path))
            with Loader(transport, settings.table_name, options.workers, options.max_wcu) as loader:
                for step in steps:
                    mine = [entry for entry in letters if entry["entity"] == step.name]
                    if mine:
                        _replay_step(step, mine, source, settings, state, loader, result)
            lease.check()
            others = [e for e in letters if STEP_BY_NAME[e["entity"]] not in steps]
            length = replace(path, others + result.left)
            if path == Path(state.dead_letter):
                state.dead_letter_bytes = length
            state.save()
            return result


def _replay_step(
    step: Step, letters: list[dict[str, Any]], source: LegacyDatabase, settings: Environment, state: Checkpoint,
    loader: Loader, result: Replay,
) -> None:  # fmt: skip
    book = KeyBook(job_folder(settings) / f"keys-{step.name}.sqlite3") if step.unique else None
    encoder = StepEncoder(step, policy_of(state, settings), book)
    counts = state.step(step.name).counts
    chunk = Chunk()
    for entry in letters:
        row_id = int(entry["key"])
        row = source.row(step, row_id)
        counts.dead -= 1
        if row is None:
            result.gone += 1
            continue
        try:
            built = encoder.encode(row)
            if built is None:
                counts.skipped += 1
                continue
            for parcel in parcels(built.all(), built.sizes(), row_id):
                loader.put(chunk, parcel)
                counts.items += 1
                counts.bytes += parcel.size
                counts.wcu += parcel.units
            counts.written += 1
            result.moved += 1
        except BadRow as error:
            counts.dead += 1
            result.left.append(letter(step, row, str(error)))
    loader.flush(chunk)
    chunk.closed = True
    loader.wait(chunk)
    counts.consumed += chunk.consumed
    for row_id, reason in chunk.refused.items():
        row = source.row(step, row_id)
        if row is not None:
            result.left.append(letter(step, row, reason))
            counts.dead += 1
            counts.written -= 1
            result.moved -= 1
    if book is not None:
        with closing(book):
            book.save()
