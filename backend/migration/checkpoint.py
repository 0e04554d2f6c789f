"""What a run has finished, on disk: written after a chunk's items were acknowledged, replaced whole and durably.

One file per source and table. It belongs to one incarnation of the table: a table that
was deleted and made again starts from nothing.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from config.environment import Environment
from migration.errors import MigrationError
from migration.files import write_atomically

FORMAT = 1


@dataclass
class Counts:
    """What happened to the rows of one step. Bytes and WCU are by rule; `consumed` is what the engine reported."""

    read: int = 0
    written: int = 0
    skipped: int = 0
    dead: int = 0
    items: int = 0
    bytes: int = 0
    wcu: int = 0
    consumed: float = 0.0
    zero_dates: int = 0

    def add(self, other: Counts) -> None:
        """Adds another's numbers to these."""
        for name, value in asdict(other).items():
            setattr(self, name, getattr(self, name) + value)


@dataclass
class StepState:
    """How far one step is: everything up to `after` is in the table or in the dead-letter file."""

    after: tuple[int, ...] | None = None
    done: bool = False
    total: int = 0
    counts: Counts = field(default_factory=Counts)


@dataclass
class Checkpoint:
    """The state of one job (this source into this table).

    While `rewriting`, the dead-letter file is being replaced and counts for what it holds, not for its length.
    """

    path: Path
    source: str
    table: str
    table_id: str
    as_of: datetime
    keep_expired: bool = False
    dead_letter: str = ""
    dead_letter_bytes: int = 0
    rewriting: bool = False
    steps: dict[str, StepState] = field(default_factory=dict)

    def step(self, name: str) -> StepState:
        """The state of a step, a new one if it has not begun."""
        return self.steps.setdefault(name, StepState())

    def save(self) -> None:
        """Makes the state durable. Raises `MigrationError` when it cannot be written."""
        state = {
            "format": FORMAT,
            "source": self.source,
            "table": self.table,
            "table_id": self.table_id,
            "as_of": self.as_of.isoformat(),
            "keep_expired": self.keep_expired,
            "dead_letter": self.dead_letter,
            "dead_letter_bytes": self.dead_letter_bytes,
            "rewriting": self.rewriting,
            "steps": {name: asdict(step) for name, step in self.steps.items()},
        }
        write_atomically(self.path, json.dumps(state, indent=1) + "\n")


def job_folder(settings: Environment) -> Path:
    """Where a job's files are: one folder per source, endpoint, region and table."""
    job = f"{settings.source}|{settings.target}|{settings.region}|{settings.table_name}"
    digest = hashlib.blake2b(job.encode(), digest_size=5).hexdigest()
    return settings.state_dir / "migration" / f"{settings.table_name}-{digest}"


def load(path: Path) -> Checkpoint | None:
    """The saved state, None if there is none. Raises `MigrationError` for a file that is not a checkpoint."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise MigrationError(f"cannot read the checkpoint {path.name}: {error.strerror}") from None
    try:
        state: Any = json.loads(data)
        if state["format"] != FORMAT:
            raise ValueError("it is of another version")
        steps = {
            name: StepState(
                tuple(step["after"]) if step["after"] is not None else None,
                step["done"], step["total"], Counts(**step["counts"]),
            )
            for name, step in state["steps"].items()
        }  # fmt: skip
        return Checkpoint(
            path, state["source"], state["table"], state["table_id"], datetime.fromisoformat(state["as_of"]),
            state["keep_expired"], state["dead_letter"], state["dead_letter_bytes"], state["rewriting"], steps,
        )  # fmt: skip
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise MigrationError(
            f"the checkpoint {path.name} cannot be used ({error}): begin again with --entity all --restart"
        ) from None
