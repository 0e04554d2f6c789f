"""The dry run: every row is read and encoded by the code of the real run, and nothing is written anywhere.

Its client is one that refuses every operation that writes.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from api.dynamodb.errors import DataLayerError
from api.dynamodb.item_size import STORAGE_OVERHEAD_BYTES
from api.dynamodb.table_schema import describe_readiness
from config.environment import Environment, Prices
from migration.checkpoint import Counts, StepState
from migration.dead_letters import DeadLetterFile
from migration.encode import Policy, StepEncoder
from migration.errors import MigrationError
from migration.loader import Chunk, Parcel
from migration.mapping import HISTORY, TEST_CASES, USAGE, USERS, Step, steps_of, utc_midnight
from migration.progress import Progress
from migration.pump import day_counter_for, pump
from migration.read_only import ReadOnlyClient
from migration.run import Options, source_of
from migration.source import LegacyDatabase, check_schema
from migration.uniqueness import KeyBook

LARGEST = 5
# What AWS documents a new on-demand table to take from its first second on.
NEW_TABLE_WCU = 4_000.0


@dataclass
class Rehearsal:
    """What a real run would do. Sizes in bytes, money in US dollars, durations in seconds."""

    steps: dict[str, StepState]
    table: str
    dead: list[dict[str, Any]] = field(default_factory=list)  # entity, key and reason; the rows are not kept
    largest: list[tuple[int, str, str]] = field(default_factory=list)
    orphans: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    wcu_per_second: float = NEW_TABLE_WCU
    prices: Prices = field(default_factory=Prices)

    @property
    def totals(self) -> Counts:
        """The counts of all steps together."""
        total = Counts()
        for state in self.steps.values():
            total.add(state.counts)
        return total

    @property
    def write_cost(self) -> float:
        """Dollars for the writes, at the configured on-demand price."""
        return self.totals.wcu * self.prices.per_million_wru / 1e6

    @property
    def storage_cost(self) -> float:
        """Dollars a month for keeping the items, DynamoDB's 100 bytes of overhead for each included."""
        totals = self.totals
        return (totals.bytes + STORAGE_OVERHEAD_BYTES * totals.items) / 1e9 * self.prices.per_gb_month

    @property
    def predicted_seconds(self) -> float:
        """How long the real run will take on AWS: the slower of the table's writes and this machine's encoding."""
        return max(self.totals.wcu / self.wcu_per_second, self.seconds)


class _Tally:
    """A sink that counts and forgets; predicted dead letters go to a file if one was named."""

    def __init__(self, result: Rehearsal, letters: DeadLetterFile | None) -> None:
        self._result = result
        self._letters = letters
        self._largest: list[tuple[int, str, str]] = []

    def put(self, chunk: Chunk, parcel: Parcel) -> None:
        """Remembers the largest items."""
        if len(self._largest) < LARGEST or parcel.size > self._largest[0][0]:
            entry = (parcel.size, parcel.item["PK"]["S"], parcel.item["SK"]["S"])
            (heapq.heappush if len(self._largest) < LARGEST else heapq.heappushpop)(self._largest, entry)

    def close(self, step: Step, chunk: Chunk) -> None:
        """Adds the chunk's counts."""
        self._result.steps[step.name].counts.add(chunk.counts)
        self._result.dead += [
            {name: entry[name] for name in ("entity", "key", "reason")} for entry in chunk.dead
        ]
        if self._letters is not None:
            self._letters.append(chunk.dead)
        self._result.largest = sorted(self._largest, reverse=True)


def rehearse(settings: Environment, options: Options, now: Callable[[], datetime] | None = None) -> Rehearsal:
    """Reads and encodes every row of the chosen entities and says what a real run will do.

    Raises `MigrationError` when the source cannot be read; a table or engine that is not there is only noted.
    """
    steps = steps_of(options.entity)
    as_of = utc_midnight((now or (lambda: datetime.now(UTC)))())
    policy = Policy(as_of, options.keep_expired, settings.time_zone)
    with source_of(settings) as source:
        check_schema(source, steps, options.ignore_columns)
        result = Rehearsal({step.name: StepState() for step in steps}, _table_state(), prices=settings.prices)
        result.wcu_per_second = options.max_wcu or NEW_TABLE_WCU
        result.orphans = _orphans(source, steps)
        tally = _Tally(result, _letters(options.dead_letter))
        start = time.monotonic()
        for step in steps:
            _rehearse_step(step, source, policy, tally, result, options)
        result.seconds = time.monotonic() - start
        return result


def _letters(path: Path | None) -> DeadLetterFile | None:
    """The file for predicted dead letters. Raises `MigrationError` for one that holds something: it may be a job's."""
    if path is None:
        return None
    if path.exists() and path.stat().st_size:
        raise MigrationError(f"{path} holds something already: name another file with --dead-letter")
    return DeadLetterFile(path, 0)


def _rehearse_step(
    step: Step, source: LegacyDatabase, policy: Policy, tally: _Tally, result: Rehearsal, options: Options
) -> None:
    state = result.steps[step.name]
    state.total = source.count(step)
    until = source.last_key(step)
    book = KeyBook(None) if step.unique else None
    with closing(Progress(step.name, state.total, quiet=options.quiet)) as progress:
        encoder = StepEncoder(step, policy, book)
        if until is not None:
            rows = source.rows(step, None, until)
            pump(step, rows, encoder, day_counter_for(step, encoder), tally, options.batch_size, progress)
    if book is not None:
        book.close()


def _table_state() -> str:
    try:
        state = describe_readiness(ReadOnlyClient.of_environment())
    except DataLayerError as error:
        return f"not reachable ({error})"
    return "ready" if state.ready else f"{state.table}: {state.hint}"


_ORPHAN_SQL = (
    (TEST_CASES, "problem_id", "problems"),
    (HISTORY, "user_id", "users"),
    (HISTORY, "problem_id", "problems"),
    (USAGE, "user_id", "users"),
    (USERS, "subscription_plan_id", "subscription_plans"),
)


def _orphans(source: LegacyDatabase, steps: tuple[Step, ...]) -> dict[str, int]:
    """Rows that name something that is not in the source any more; they are moved as they are."""
    found = {}
    for step, column, parent in _ORPHAN_SQL:
        if step in steps:
            ((number,),) = source.query(
                f"SELECT COUNT(*) FROM `{step.table}` child LEFT JOIN `{parent}` parent "
                f"ON parent.`id` = child.`{column}` WHERE child.`{column}` IS NOT NULL AND parent.`id` IS NULL"
            )
            if int(number or 0):
                found[f"{step.table}.{column}"] = int(number or 0)
    return found
