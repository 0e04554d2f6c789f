"""The dry run: reads and encodes every row with the migration's own code and writes nothing.

Its DynamoDB client rejects every operation that writes.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any

from api.dynamodb.client import DynamoDBClient
from api.dynamodb.codec.item_size import STORAGE_OVERHEAD_BYTES
from api.dynamodb.errors import DataLayerError
from api.dynamodb.schema.email_rules import normal_email
from api.dynamodb.schema.entities import PK, SK
from api.dynamodb.table_schema import describe_readiness
from api.dynamodb.transport.read_only import ReadOnlyTransport, read_only
from config.environment import Environment
from config.prices import Prices
from migration import checkpoint as checkpoints
from migration.checkpoint import CheckpointStore, RowCounts, StepState
from migration.claimed_keys import claim_keys
from migration.dead_letters import DeadLetterFile, require_unused
from migration.errors import BadRow
from migration.files.data_file import line_of
from migration.job import MigrationOptions, open_source, require_same_parts, split
from migration.loader import Chunk, PendingItem
from migration.mapping import (
    HISTORY,
    TEST_CASES,
    USAGE,
    USERS,
    MigrationStep,
    read_time,
    steps_of,
    utc_midnight,
)
from migration.parts import WHOLE_TABLE, KeyRange, Part
from migration.pipeline import encode_chunks
from migration.progress import ProgressDisplay
from migration.row_encoder import MigrationPolicy, RowEncoder
from migration.source import LegacyDatabase, check_schema, undeclared_tables
from migration.unique_key_index import UniqueKeyIndex

LARGEST = 5
# The write throughput that AWS documents for a new on-demand table.
NEW_TABLE_WCU = 4_000.0


@dataclass
class DryRunReport:
    """What a migration would do. Sizes are in bytes, money in US dollars, durations in seconds."""

    steps: dict[str, StepState]
    table: str
    dead: list[dict[str, Any]] = field(default_factory=list)  # entity, key and reason, without the rows
    # Users whose e-mail address is compared without characters that nobody sees: entity, key, the address as it is
    # compared, and the characters, such as `U+200B`.
    unseen_characters: list[dict[str, Any]] = field(default_factory=list)
    largest: list[tuple[int, str, str]] = field(default_factory=list)
    orphans: dict[str, int] = field(default_factory=dict)
    undeclared_tables: list[str] = field(default_factory=list)
    newest: dict[str, datetime] = field(default_factory=dict)  # by step, `created_at` of its newest row
    time_zone: tzinfo = UTC
    seconds: float = 0.0
    wcu_per_second: float = NEW_TABLE_WCU
    prices: Prices = field(default_factory=Prices)
    file_bytes: int = 0  # of `--to-files` before compression, which an import charges for
    part: Part | None = None
    ranges: dict[str, KeyRange] = field(default_factory=dict)  # by step, the keys of the part's rows

    def add(self, step: MigrationStep, chunk: Chunk) -> None:
        """Adds a chunk's counts and dead letters."""
        self.steps[step.name].counts.add(chunk.counts)
        self.dead += [{name: entry[name] for name in ("entity", "key", "reason")} for entry in chunk.dead]

    @property
    def totals(self) -> RowCounts:
        """The counts of all steps together."""
        total = RowCounts()
        for state in self.steps.values():
            total.add(state.counts)
        return total

    @property
    def write_cost(self) -> float:
        """The cost of the writes in dollars, at the configured on-demand price."""
        return self.totals.wcu * self.prices.per_million_wru / 1e6

    @property
    def import_cost(self) -> float:
        """What an import of files costs in dollars, instead of the writes."""
        return self.file_bytes / 1e9 * self.prices.per_gb_import

    @property
    def storage_cost(self) -> float:
        """The storage cost in dollars a month, including DynamoDB's overhead of 100 bytes an item."""
        totals = self.totals
        return (totals.bytes + STORAGE_OVERHEAD_BYTES * totals.items) / 1e9 * self.prices.per_gb_month

    @property
    def predicted_seconds(self) -> float:
        """The expected duration on AWS: the slower of the table's writes and this machine's encoding."""
        return max(self.totals.wcu / self.wcu_per_second, self.seconds)


class _LargestItems:
    """The five largest items."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, str, str]] = []

    def add(self, pending: PendingItem) -> None:
        """Keeps the item's size and key if it is one of the largest."""
        if len(self._heap) < LARGEST or pending.size > self._heap[0][0]:
            entry = (pending.size, pending.item[PK]["S"], pending.item[SK]["S"])
            (heapq.heappush if len(self._heap) < LARGEST else heapq.heappushpop)(self._heap, entry)

    def sorted(self) -> list[tuple[int, str, str]]:
        """(bytes, partition key, sort key) of each, the largest first."""
        return sorted(self._heap, reverse=True)


def dry_run(
    settings: Environment, options: MigrationOptions, now: Callable[[], datetime] | None = None
) -> DryRunReport:
    """Reads and encodes every row of the chosen entities and reports what a migration would do.

    Raises `MigrationError` when the source cannot be read; a missing table or engine is only noted.
    """
    steps = steps_of(options.entity)
    as_of = utc_midnight((now or (lambda: datetime.now(UTC)))())
    policy = MigrationPolicy(as_of, options.keep_expired, settings.time_zone)
    with open_source(settings) as source:
        check_schema(source, steps, options.ignore_columns)
        states = {step.name: StepState() for step in steps}
        report = DryRunReport(states, _table_state(), prices=settings.prices)
        report.wcu_per_second = options.max_wcu or NEW_TABLE_WCU
        report.part = options.part
        report.ranges = _ranges(source, settings, steps, options.part)
        report.orphans = _count_orphans(source, report.ranges)
        report.undeclared_tables = undeclared_tables(source)
        report.newest = _newest_times(source, steps)
        report.time_zone = settings.time_zone
        letters = None
        if options.dead_letter is not None:
            require_unused(options.dead_letter)
            letters = DeadLetterFile(options.dead_letter, 0)
        largest = _LargestItems()
        start = time.monotonic()
        for step in steps:
            for chunk in _encoded_chunks(step, source, policy, options, report, largest):
                report.add(step, chunk)
                if letters is not None:
                    letters.append(chunk.dead)
        report.largest = largest.sorted()
        report.seconds = time.monotonic() - start
        return report


def _encoded_chunks(
    step: MigrationStep,
    source: LegacyDatabase,
    policy: MigrationPolicy,
    options: MigrationOptions,
    report: DryRunReport,
    largest: _LargestItems,
) -> Iterator[Chunk]:
    """The step's chunks, each when all its rows are encoded; notes what no chunk has in the report."""
    state, keys = report.steps[step.name], report.ranges[step.name]
    state.total = source.count(step, keys)
    last_key, first_key = source.last_key(step), keys.start(len(step.order_by))
    unique_keys = UniqueKeyIndex(None) if step.unique else None
    if unique_keys is not None and first_key is not None:
        claim_keys(unique_keys, step, policy, source.rows(step, None, first_key))
    with closing(ProgressDisplay(step.name, state.total, quiet=options.quiet)) as progress:
        encoder = RowEncoder(step, policy, unique_keys)
        if last_key is not None:
            rows = source.rows(step, first_key, keys.end(last_key))
            for chunk, items in encode_chunks(step, rows, encoder, options.batch_size, progress):
                for item in items:
                    largest.add(item)
                    report.file_bytes += len(line_of(item.item))
                if chunk.key is not None:
                    yield chunk
        report.unseen_characters += [
            {"entity": step.name, "key": str(user_id), "email": normal_email(email), "characters": characters}
            for user_id, email, characters in encoder.unseen
        ]
    if unique_keys is not None:
        unique_keys.close()


def _ranges(
    source: LegacyDatabase, settings: Environment, steps: tuple[MigrationStep, ...], part: Part | None
) -> dict[str, KeyRange]:
    """By step, the keys of the rows to encode: those of the job in parts, or of one that would begin now."""
    if part is None:
        return {step.name: WHOLE_TABLE for step in steps}
    job = None
    with suppress(DataLayerError), closing(ReadOnlyTransport.of_environment()) as transport:
        job = checkpoints.load(CheckpointStore(transport, settings.table_name), settings)
    if job is not None:
        require_same_parts(job, part)
    bounds = split(source, part.count) if job is None or job.bounds is None else job.bounds
    return {step.name: bounds.range_of(part, step.name) for step in steps}


def _table_state() -> str:
    try:
        state = describe_readiness(read_only(DynamoDBClient.get_client(patient=True)))
    except DataLayerError as error:
        return f"not reachable ({error})"
    return "ready" if state.ready else f"{state.table}: {state.hint}"


def _newest_times(source: LegacyDatabase, steps: tuple[MigrationStep, ...]) -> dict[str, datetime]:
    """By step, when its newest row was made, for a person to see whether the source's times are UTC."""
    newest = {}
    for step in steps:
        text = source.newest_time(step)
        with suppress(BadRow):
            moment = read_time(text) if text is not None else None
            if moment is not None:
                newest[step.name] = moment
    return newest


_FOREIGN_KEYS = (
    (TEST_CASES, "problem_id", "problems"),
    (HISTORY, "user_id", "users"),
    (HISTORY, "problem_id", "problems"),
    (USAGE, "user_id", "users"),
    (USERS, "subscription_plan_id", "subscription_plans"),
)


def _count_orphans(source: LegacyDatabase, ranges: Mapping[str, KeyRange]) -> dict[str, int]:
    """By column, the rows whose parent is no longer in the source; they are moved unchanged."""
    orphans = {}
    for step, column, parent in _FOREIGN_KEYS:
        if step.name in ranges:
            where, values = source.within(f"child.`{step.order_by[0]}`", ranges[step.name])
            ((number,),) = source.query(
                f"SELECT COUNT(*) FROM {source.table(step.table)} child LEFT JOIN {source.table(parent)} parent "
                f"ON parent.`id` = child.`{column}` WHERE child.`{column}` IS NOT NULL AND parent.`id` IS NULL "
                f"AND {where}", values,
            )  # fmt: skip
            if int(number or 0):
                orphans[f"{step.table}.{column}"] = int(number or 0)
    return orphans
