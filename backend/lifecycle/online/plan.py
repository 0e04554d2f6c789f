"""What adding an index means, before anything is changed: as lines and as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api.dynamodb.control_plane.comparison import find_index
from api.dynamodb.control_plane.declaration import IndexConfig
from api.dynamodb.control_plane.description import IndexDescription
from api.dynamodb.control_plane.errors import TableChangeError
from api.dynamodb.control_plane.validation import check_index
from config.prices import Prices
from lifecycle.online.table_sample import MISSING, TableSample, sample_table
from lifecycle.online.targets import IndexTarget
from reporting.numbers import byte_size, duration
from reporting.text import shorten

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient


@dataclass(frozen=True)
class IndexPlan:
    """An index of a table: `existing` if the table has it, otherwise a `sample` of what it would hold."""

    target: IndexTarget
    index: IndexConfig
    existing: IndexDescription | None
    sample: TableSample | None

    @property
    def refusal(self) -> str | None:
        """Why it is not built without --yes: items that could not be written again afterwards."""
        sample = self.sample
        if sample is None or not sample.refused:
            return None
        texts = [
            f"{count:,} with {name} {reason} (such as {sample.examples[name, reason]})"
            for (name, reason), count in sample.faults.most_common()
            if reason != MISSING
        ]
        return (
            f"{self.target.table_name} has items that {self.index.name} would skip, and whose writes would be refused "
            f"afterwards: {'; '.join(texts)}, in {sample.coverage}"
        )

    def lines(self, prices: Prices) -> list[str]:
        """For people."""
        index = self.index
        heading = (
            f"{self.target.table_name}: {index.name} on {index.keys_text}, carrying {index.projection_text}"
        )
        if self.existing is not None:
            return [heading, f"  exists already: {self.existing.phase}"]
        lines = [heading, "  does not exist yet"]
        in_progress = self.target.table.change_in_progress
        if in_progress is not None:
            lines.append(f"  another change comes first: {in_progress}")
        return lines + (_sample_lines(self.sample, prices) if self.sample is not None else [])

    def json(self, prices: Prices) -> dict[str, Any]:
        """For machines."""
        document: dict[str, Any] = {
            "table": self.target.table_name,
            "index": self.index.name,
            "keys": self.index.keys_text,
            "projection": self.index.projection_text,
            "state": "MISSING" if self.existing is None else self.existing.status,
            "under_way": self.target.table.change_in_progress,
        }
        if self.sample is not None:
            document["survey"] = _sample_json(self.sample, prices)
        return document


def make_plan(client: BotoClient, target: IndexTarget, index: IndexConfig, sample: int | None) -> IndexPlan:
    """Describes the table and, where the index is missing, reads `sample` of its items (None: all). Changes nothing.

    Raises `TableChangeError` for an index that the table cannot have or has with other keys or projection.
    """
    if target.table.keys != target.config.keys:
        raise TableChangeError(f"{target.table_name} has other keys than {target.config.name} declares")
    existing = find_index(target.table, index)
    if existing is not None:
        return IndexPlan(target, index, existing, None)
    check_index(target.table, index)
    return IndexPlan(target, index, None, sample_table(client, target.table, index, sample=sample))


def _sample_lines(sample: TableSample, prices: Prices) -> list[str]:
    estimate = sample.estimate()
    lines = [f"  read           {sample.coverage}"]
    if not sample.faults:
        lines.append("  skipped        none: every item read has usable keys")
    for (name, reason), count in sample.faults.most_common():
        consequence = "" if reason == MISSING else "; such writes are refused afterwards"
        lines.append(
            f"  skipped        {count:,} items: {name} {reason} ({sample.examples[name, reason]}){consequence}"
        )
    lines.append(f"  entries        about {estimate.entries:,} of {estimate.entry_bytes:,.0f} bytes")
    if estimate.throttled_above is not None:
        key, share = sample.heaviest
        lines.append(
            f"  partition keys {len(sample.weights):,} different, the heaviest {share:.1%}: {shorten(key)}"
        )
        verdict = "the backfill stays below that"
        if estimate.throttles:
            verdict = "the backfill alone exceeds that: writes to it may be throttled meanwhile"
        lines.append(
            f"  throttling     a partition takes 1,000 WCU/s, so {estimate.throttled_above:,.0f} indexed writes/s "
            f"with this distribution; {verdict}"
        )
    lines.append(
        f"  duration       about {duration(estimate.seconds)} at {estimate.units_per_second:,.0f} WCU/s, and some "
        "minutes of allocation on AWS"
    )
    lines.append(f"  cost to build  ${estimate.build_dollars(prices):,.4f}: {estimate.build_units:,.0f} WCU")
    return [*lines, running_cost_line(sample, prices)]


def running_cost_line(sample: TableSample, prices: Prices) -> str:
    """What the index costs once it is built."""
    estimate = sample.estimate()
    return (
        f"  cost to keep   ${estimate.month_dollars(prices):,.4f} a month for {byte_size(estimate.stored_bytes)}, and "
        f"${estimate.write_dollars(prices):,.2f} more per million writes of indexed items"
    )


def _sample_json(sample: TableSample, prices: Prices) -> dict[str, Any]:
    estimate = sample.estimate()
    key, share = sample.heaviest
    return {
        "read": sample.read, "complete": sample.complete, "items": sample.items, "eligible": sample.eligible,
        "skipped": [
            {"attribute": name, "why": reason, "items": count, "example": sample.examples[name, reason]}
            for (name, reason), count in sample.faults.most_common()
        ],
        "partition_keys": len(sample.weights), "heaviest": key, "heaviest_share": share,
        "throttles": estimate.throttles, "throttled_above": estimate.throttled_above,
        "entries": estimate.entries, "entry_bytes": estimate.entry_bytes, "seconds": estimate.seconds,
        "build_wcu": estimate.build_units, "build_dollars": estimate.build_dollars(prices),
        "month_dollars": estimate.month_dollars(prices),
        "write_dollars_per_million": estimate.write_dollars(prices),
    }  # fmt: skip
