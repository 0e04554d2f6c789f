"""Verifies an index after its build: that it agrees with its table, what its query gains, what it costs to keep."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from api.dynamodb.control_plane.declaration import IndexConfig
from api.dynamodb.control_plane.description import describe_table
from config.prices import Prices
from lifecycle.estimates import SAMPLE_SIZE
from lifecycle.online.entry_comparison import SAMPLED_ITEMS, EntryComparison, compare_entries
from lifecycle.online.plan import running_cost_line
from lifecycle.online.query_timing import QueryMeasurement, QueryTiming, time_query
from lifecycle.online.table_sample import TableSample, sample_table
from lifecycle.online.targets import IndexTarget
from reporting.text import shorten

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

_TIMING_ATTEMPTS = 4


@dataclass(frozen=True)
class IndexVerification:
    """The result of verifying one index; `timing` is None for an index without entries."""

    target: IndexTarget
    index: IndexConfig
    sample: TableSample
    comparison: EntryComparison
    timing: QueryTiming | None

    @property
    def holds(self) -> bool:
        """Whether the index agrees with its table, by its items and by the results of queries."""
        return self.comparison.agrees and (self.timing is None or self.timing.same is not False)

    def lines(self, prices: Prices) -> list[str]:
        """For people."""
        comparison = self.comparison
        counts = "not counted (--full counts)"
        if comparison.in_table is not None:
            counts = f"{comparison.in_index:,} entries for {comparison.in_table:,} items of the table"
        verdict = "agrees" if comparison.agrees else f"{len(comparison.differences)} or more differences"
        lines = [
            f"{self.target.table_name}: {self.index.name} is ACTIVE",
            f"  counts         {counts}",
            f"  contents       {comparison.compared:,} compared: {verdict}",
        ]
        lines += [f"                 {difference}" for difference in comparison.differences]
        if self.timing is not None:
            lines += _timing_lines(self.timing)
        return [*lines, running_cost_line(self.sample, prices)]

    def json(self, prices: Prices) -> dict[str, Any]:
        """For machines."""
        estimate = self.sample.estimate()
        return {
            "state": "ACTIVE", "holds": self.holds, "verification": asdict(self.comparison),
            "query": None if self.timing is None else asdict(self.timing),
            "month_dollars": estimate.month_dollars(prices),
            "write_dollars_per_million": estimate.write_dollars(prices),
        }  # fmt: skip


def verify_index(
    client: BotoClient, target: IndexTarget, index: IndexConfig, *, sample: int | None = SAMPLE_SIZE
) -> IndexVerification:
    """Compares an ACTIVE index with its table and times the query that it serves, without and with it.

    `sample` bounds the number of items read of the table, None reads and counts all of it; where the sample is
    the whole table, both sides are counted too.
    """
    table = describe_table(client, target.table_name)
    read = sample_table(client, table, index, sample=sample, keep=SAMPLED_ITEMS)
    comparison = compare_entries(client, table, index, read.kept_items, counts=read.complete)
    timing = None
    if read.kept_items:
        example = read.kept_items[len(read.kept_items) // 2]
        # The table may be written between the two queries: repeated, they agree unless the index is wrong.
        for _ in range(_TIMING_ATTEMPTS):
            timing = time_query(client, table, index, target.query_of(index), example)
            if timing.same is not False:
                break
    return IndexVerification(target, index, read, comparison, timing)


def _timing_lines(timing: QueryTiming) -> list[str]:
    lines = [
        f"  query          {timing.query}, for {shorten(timing.value)}",
        _measurement_line("before", timing.before),
        _measurement_line("by the index", timing.after),
    ]
    if timing.same is not None:
        lines.append(f"    {'same items' if timing.same else 'NOT the same items'}")
    return lines


def _measurement_line(name: str, measurement: QueryMeasurement) -> str:
    stopped = "; stopped there, there is more" if measurement.stopped else ""
    return (
        f"    {name:<12} {measurement.seconds * 1000:,.1f} ms, {measurement.units:,.1f} RCU, "
        f"{measurement.items:,} items in {measurement.pages:,} pages{stopped}"
    )
