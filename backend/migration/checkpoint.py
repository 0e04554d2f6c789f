"""The checkpoint of a job: what its runs have committed. It is an item of the table that the job fills.

A table has one job at a time, and each part of a job in parts has a checkpoint of its own beside the job's. So a
finished job is known to every later run, whatever folder, container or machine it starts in and however it spells the
source's host. Only the dead letters and the index of unique keys are files, in a folder that the job's random id names.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from api.dynamodb.errors import ConditionFailed
from api.dynamodb.schema.entities import SK
from api.dynamodb.table.lease import LeaseLost
from api.dynamodb.transport.deadlines import within
from api.dynamodb.transport.retry import Caller, retry_while
from config.environment import Environment
from migration.errors import MigrationError
from migration.lease import PART_PREFIX, SEND_SECONDS, TEMPORARY, job_key, part_key, read_operations
from migration.parts import WHOLE_TABLE, KeyRange, Part, PartBounds

FORMAT = 2
# An earlier version would move everything of a job in parts.
PARTS_FORMAT = 3


@dataclass
class RowCounts:
    """Row and item counts of one step. Bytes and WCU are computed; `consumed` is the WCU that the engine reported."""

    read: int = 0
    written: int = 0
    skipped: int = 0
    dead: int = 0
    items: int = 0
    bytes: int = 0
    wcu: int = 0
    consumed: float = 0.0
    zero_dates: int = 0

    def add(self, counts: RowCounts) -> None:
        """Adds other counts to these."""
        for name, value in asdict(counts).items():
            setattr(self, name, getattr(self, name) + value)


@dataclass
class StepState:
    """The progress of one step: every row up to the key `after` is in the table or in the dead-letter file.

    `done_at` is when the step was finished, `written_at` when its source table was last written before the step
    read it, both as ISO 8601 in UTC; empty for never or not known.
    """

    after: tuple[int, ...] | None = None
    done: bool = False
    total: int = 0
    done_at: str = ""
    written_at: str = ""
    counts: RowCounts = field(default_factory=RowCounts)


@dataclass(frozen=True)
class JobSource:
    """The source of a job: its address as it was configured, and what its server says of itself."""

    address: str
    identity: str

    def is_same_as(self, source: JobSource) -> bool:
        """Whether both are one database: by its server's identity, or by its address after a fail-over."""
        return self.identity == source.identity or self.address == source.address


class CheckpointStore:
    """Reads and writes the checkpoint in the table.

    `check` raises when this process may no longer write; `fence` is its lease's fencing token. A run that was
    suspended and replaced cannot write over its successor's checkpoint.
    """

    def __init__(
        self,
        transport: Caller,
        table_name: str,
        fence: int = 0,
        check: Callable[[], None] = lambda: None,
        part: Part | None = None,
    ) -> None:
        self._transport = transport
        self._table = table_name
        self._fence = fence
        self._check = check
        self._key = job_key() if part is None else part_key(part)

    def read(self) -> str | None:
        """The stored checkpoint as text; None if the table has none. One consistent Query, 1 RCU."""
        items = read_operations(self._transport, self._table, self._key[SK]["S"])
        texts = (item.get("state", {}).get("S", "") for item in items if item[SK] == self._key[SK])
        return next(map(str, texts), None)

    def read_parts(self) -> list[str]:
        """The checkpoints of all parts as text, those of earlier jobs included. One consistent Query."""
        items = read_operations(self._transport, self._table, PART_PREFIX)
        return [str(item.get("state", {}).get("S", "")) for item in items]

    def write(self, text: str) -> None:
        """Replaces the checkpoint. One UpdateItem, 2 to 4 WCU. Raises `LeaseLost` when a later run has written it."""
        request = {
            "TableName": self._table, "Key": self._key, "UpdateExpression": "SET #state = :state, #fence = :fence",
            "ConditionExpression": "attribute_not_exists(#fence) OR #fence <= :fence",
            "ExpressionAttributeNames": {"#state": "state", "#fence": "fence"},
            "ExpressionAttributeValues": {":state": {"S": text}, ":fence": {"N": str(self._fence)}},
        }  # fmt: skip

        def update() -> None:
            self._check()
            with within(SEND_SECONDS):
                self._transport.call("UpdateItem", request)

        try:
            retry_while(TEMPORARY, update)
        except ConditionFailed:
            raise LeaseLost(
                f"another run has gone on with the move into table {self._table}, and this one stopped"
            ) from None


@dataclass
class Checkpoint:
    """The state of the job that fills a table.

    `dead_letter` is the named dead-letter file, empty for the one in the job's folder. While `rewriting`, that file
    is being replaced and `dead_letter_bytes` does not apply. `host` is where the job's files were begun. `emptying`
    are the steps whose earlier items have to be removed before anything is written. `packs_usage` is False for a job
    of an earlier version, which wrote each usage log as an item of its own.

    A job in parts has `bounds`, the checkpoints of the parts that have begun, by number, and in `steps` their sums,
    which it does not store. A part's checkpoint names its `part` and has the bounds of its job.
    """

    store: CheckpointStore
    state_dir: Path
    table: str
    source: JobSource
    as_of: datetime
    time_zone: ZoneInfo
    host: str
    keep_expired: bool = False
    job: str = field(default_factory=lambda: secrets.token_hex(5))
    dead_letter: str = ""
    dead_letter_bytes: int = 0
    rewriting: bool = False
    emptying: list[str] = field(default_factory=list)
    packs_usage: bool = True
    steps: dict[str, StepState] = field(default_factory=dict)
    bounds: PartBounds | None = None
    part: Part | None = None
    parts: dict[int, Checkpoint] = field(default_factory=dict)

    def step(self, name: str) -> StepState:
        """The state of a step, created if the step has not begun."""
        return self.steps.setdefault(name, StepState())

    def key_range(self, step_name: str) -> KeyRange:
        """The keys of the step's rows that are moved under this checkpoint."""
        if self.bounds is None or self.part is None:
            return WHOLE_TABLE
        return self.bounds.range_of(self.part, step_name)

    def unfinished_parts(self, step_names: Iterable[str]) -> list[Part]:
        """The parts of a job in parts that have not finished all of these steps."""
        names = list(step_names)
        return [
            part
            for part in (self.bounds.parts() if self.bounds is not None else ())
            if part.number not in self.parts
            or not all(self.parts[part.number].step(name).done for name in names)
        ]

    @property
    def folder(self) -> Path:
        """The folder of the job's files, or of those of a part."""
        job_folder = self.state_dir / "migration" / f"{self.table}-{self.job}"
        return (
            job_folder if self.part is None else job_folder / f"part-{self.part.number}-of-{self.part.count}"
        )

    @property
    def letters(self) -> Path:
        """The dead-letter file; of a job in parts, the form of the names of its files."""
        folder = self.folder if self.bounds is None or self.part is not None else self.folder / "part-*"
        return Path(self.dead_letter) if self.dead_letter else folder / "dead-letters.jsonl"

    @property
    def letter_files(self) -> list[Path]:
        """The dead-letter file, or those of all parts that have begun."""
        return (
            [self.letters]
            if self.bounds is None
            else [state.letters for _, state in sorted(self.parts.items())]
        )

    def require_source(self, source: JobSource) -> None:
        """Raises `MigrationError` unless the job's rows come from this source."""
        if not self.source.is_same_as(source):
            raise MigrationError(
                f"table {self.table} is filled from {self.source.address}, and {source.address} is another database: "
                "correct MYSQL_HOST, MYSQL_PORT and MYSQL_DATABASE, or start over from this one with "
                "--entity all --restart"
            )

    def save(self) -> None:
        """Writes the checkpoint into the table, as `CheckpointStore.write` does."""
        self.store.write(self.encode())

    def encode(self) -> str:
        """The checkpoint as the text that is stored."""
        state = {
            "format": FORMAT if self.bounds is None else PARTS_FORMAT,
            "job": self.job,
            "source": asdict(self.source),
            "as_of": self.as_of.isoformat(),
            "time_zone": str(self.time_zone),
            "host": self.host,
            "keep_expired": self.keep_expired,
            "dead_letter": self.dead_letter,
            "dead_letter_bytes": self.dead_letter_bytes,
            "rewriting": self.rewriting,
            "emptying": self.emptying,
            "packs_usage": self.packs_usage,
            "steps": {name: asdict(step) for name, step in self.steps.items()},
        }
        if self.part is not None:
            state["part"] = asdict(self.part)
        elif self.bounds is not None:
            state |= {"steps": {}, "bounds": asdict(self.bounds)}
        return json.dumps(state, ensure_ascii=False)


def load(store: CheckpointStore, settings: Environment) -> Checkpoint | None:
    """The table's checkpoint, with those of its parts; None if it has none.

    Raises `MigrationError` for one that cannot be used. One Query, and one more for the parts.
    """
    text = store.read()
    if text is None:
        return None
    try:
        job = _decode(json.loads(text), store, settings)
        if job.bounds is not None:
            for state in map(json.loads, store.read_parts()):
                if state["job"] == job.job:  # not of a job that was started over
                    part = _decode(state, store, settings)
                    part.bounds = job.bounds
                    job.parts[state["part"]["number"]] = part
            job.steps = _sums_of_parts(list(job.parts.values()), job.bounds.count)
        return job
    except (AttributeError, KeyError, TypeError, ValueError, ZoneInfoNotFoundError) as error:
        table = settings.table_name
        raise MigrationError(
            f"the checkpoint in table {table} cannot be used ({error}): start over with "
            f"--entity all --restart --overwrite-live {table}"
        ) from None


def _decode(state: Any, store: CheckpointStore, settings: Environment) -> Checkpoint:
    if state["format"] not in (FORMAT, PARTS_FORMAT):
        raise ValueError("it has another format")
    steps = {
        name: StepState(
            tuple(step["after"]) if step["after"] is not None else None, step["done"], step["total"],
            step["done_at"], step["written_at"], RowCounts(**step["counts"]),
        )
        for name, step in state["steps"].items()
    }  # fmt: skip
    return Checkpoint(
        store, settings.state_dir, settings.table_name, JobSource(**state["source"]),
        datetime.fromisoformat(state["as_of"]), ZoneInfo(state["time_zone"]), state["host"], state["keep_expired"],
        state["job"], state["dead_letter"], state["dead_letter_bytes"], state["rewriting"], state["emptying"],
        state.get("packs_usage", False), steps,
        PartBounds(**state["bounds"]) if "bounds" in state else None,
        Part(**state["part"]) if "part" in state else None,
    )  # fmt: skip


def _sums_of_parts(parts: list[Checkpoint], count: int) -> dict[str, StepState]:
    """The steps of a job in `count` parts. A step is done when it is done in every part."""
    sums: dict[str, StepState] = {}
    for name in dict.fromkeys(name for part in parts for name in part.steps):
        states = [part.steps[name] for part in parts if name in part.steps]
        total = sums[name] = StepState(max((state.after for state in states if state.after), default=None))
        total.done = len(states) == count and all(state.done for state in states)
        total.done_at = max(state.done_at for state in states) if total.done else ""
        total.written_at = min((state.written_at for state in states if state.written_at), default="")
        for state in states:
            total.total += state.total
            total.counts.add(state.counts)
    return sums
