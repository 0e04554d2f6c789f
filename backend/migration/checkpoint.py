"""The checkpoint of a job: what its runs have committed. It is an item of the table that the job fills.

A table has one job at a time. So a finished job is known to every later run, whatever folder, container or
machine it starts in and however it spells the source's host. Only the dead letters and the index of unique keys
are files, in a folder that the job's random id names.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from api.dynamodb.errors import ConditionFailed, OutcomeUnknown, Throttled, Unavailable
from api.dynamodb.schema.entities import PK, SK
from api.dynamodb.table.lease import LeaseLost
from api.dynamodb.transport.deadlines import within
from api.dynamodb.transport.retry import Caller, retry_while
from config.environment import Environment
from migration.errors import MigrationError
from migration.lease import SEND_SECONDS, job_key

FORMAT = 2
_TEMPORARY = (Throttled, Unavailable, OutcomeUnknown)


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
        self, transport: Caller, table_name: str, fence: int = 0, check: Callable[[], None] = lambda: None
    ) -> None:
        self._transport = transport
        self._table = table_name
        self._fence = fence
        self._check = check

    def read(self) -> str | None:
        """The stored checkpoint as text; None if the table has none. One consistent Query, 1 RCU.

        A Query, because it is among the calls that a verification may make.
        """
        key = job_key()
        request = {
            "TableName": self._table, "ConsistentRead": True,
            "KeyConditionExpression": "#pk = :pk AND #sk = :sk",
            "ExpressionAttributeNames": {"#pk": PK, "#sk": SK},
            "ExpressionAttributeValues": {":pk": key[PK], ":sk": key[SK]},
        }  # fmt: skip
        items: Any = retry_while(_TEMPORARY, lambda: self._transport.call("Query", request))["Items"]
        return str(items[0].get("state", {}).get("S", "")) if items else None

    def write(self, text: str) -> None:
        """Replaces the checkpoint. One UpdateItem, 2 to 4 WCU. Raises `LeaseLost` when a later run has written it."""
        request = {
            "TableName": self._table, "Key": job_key(), "UpdateExpression": "SET #state = :state, #fence = :fence",
            "ConditionExpression": "attribute_not_exists(#fence) OR #fence <= :fence",
            "ExpressionAttributeNames": {"#state": "state", "#fence": "fence"},
            "ExpressionAttributeValues": {":state": {"S": text}, ":fence": {"N": str(self._fence)}},
        }  # fmt: skip

        def update() -> None:
            self._check()
            with within(SEND_SECONDS):
                self._transport.call("UpdateItem", request)

        try:
            retry_while(_TEMPORARY, update)
        except ConditionFailed:
            raise LeaseLost(
                f"another run has gone on with the move into table {self._table}, and this one stopped"
            ) from None


@dataclass
class Checkpoint:
    """The state of the job that fills a table.

    `dead_letter` is the named dead-letter file, empty for the one in the job's folder. While `rewriting`, that file
    is being replaced and `dead_letter_bytes` does not apply. `host` is where the job's files were begun. `emptying`
    are the steps whose earlier items have to be removed before anything is written.
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
    steps: dict[str, StepState] = field(default_factory=dict)

    def step(self, name: str) -> StepState:
        """The state of a step, created if the step has not begun."""
        return self.steps.setdefault(name, StepState())

    @property
    def folder(self) -> Path:
        """The folder of the job's files."""
        return self.state_dir / "migration" / f"{self.table}-{self.job}"

    @property
    def letters(self) -> Path:
        """The dead-letter file."""
        return Path(self.dead_letter) if self.dead_letter else self.folder / "dead-letters.jsonl"

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
            "format": FORMAT,
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
            "steps": {name: asdict(step) for name, step in self.steps.items()},
        }
        return json.dumps(state, ensure_ascii=False)


def load(store: CheckpointStore, settings: Environment) -> Checkpoint | None:
    """The table's checkpoint; None if it has none. Raises `MigrationError` for one that cannot be used."""
    table = settings.table_name
    text = store.read()
    if text is None:
        return None
    try:
        state: Any = json.loads(text)
        if state["format"] != FORMAT:
            raise ValueError("it has another format")
        steps = {
            name: StepState(
                tuple(step["after"]) if step["after"] is not None else None, step["done"], step["total"],
                step["done_at"], step["written_at"], RowCounts(**step["counts"]),
            )
            for name, step in state["steps"].items()
        }  # fmt: skip
        return Checkpoint(
            store, settings.state_dir, table, JobSource(**state["source"]), datetime.fromisoformat(state["as_of"]),
            ZoneInfo(state["time_zone"]), state["host"], state["keep_expired"], state["job"], state["dead_letter"],
            state["dead_letter_bytes"], state["rewriting"], state["emptying"], steps,
        )  # fmt: skip
    except (AttributeError, KeyError, TypeError, ValueError, ZoneInfoNotFoundError) as error:
        raise MigrationError(
            f"the checkpoint in table {table} cannot be used ({error}): start over with "
            f"--entity all --restart --overwrite-live {table}"
        ) from None
