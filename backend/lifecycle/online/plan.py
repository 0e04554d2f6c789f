"""What adding an index would mean: everything that is known before anything is changed, as lines and as JSON."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from config.environment import Prices
from lifecycle.declaration import IndexConfig
from lifecycle.online.calls import IndexChangeError
from lifecycle.online.state import (
    IndexNow,
    check_possible,
    check_same,
    keys_text,
    projection_text,
)
from lifecycle.online.survey import MISSING, Survey, survey
from lifecycle.online.targets import Target
from lifecycle.online.watch import duration

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient


@dataclass(frozen=True)
class IndexPlan:
    """An index of a table: `found` as it is there already, otherwise `looked` at what it would hold."""

    target: Target
    index: IndexConfig
    found: IndexNow | None
    looked: Survey | None

    @property
    def refusal(self) -> str | None:
        """Why it is not built without being insisted on: items that could not be written again afterwards."""
        if self.looked is None or not self.looked.refused:
            return None
        texts = [
            f"{count:,} with {name} {why} (such as {self.looked.examples[name, why]})"
            for (name, why), count in self.looked.faults.most_common()
            if why != MISSING
        ]
        return (
            f"{self.target.table_name} has items that {self.index.name} would skip, and whose writes would be refused "
            f"afterwards: {'; '.join(texts)}, in {self.looked.coverage}"
        )

    def lines(self, prices: Prices) -> list[str]:
        """For people."""
        keys, carries = keys_text(self.index), projection_text(self.index)
        heading = f"{self.target.table_name}: {self.index.name} on {keys}, carrying {carries}"
        if self.found is not None:
            return [heading, f"  is there already: {self.found.phase}"]
        under_way = self.target.now.under_way
        lines = [heading, "  is not there yet"]
        if under_way is not None:
            lines.append(f"  another change comes first: {under_way}")
        return lines + (_survey_lines(self.looked, prices) if self.looked is not None else [])

    def json(self, prices: Prices) -> dict[str, Any]:
        """For machines."""
        made: dict[str, Any] = {
            "table": self.target.table_name,
            "index": self.index.name,
            "keys": keys_text(self.index),
            "projection": projection_text(self.index),
            "state": "MISSING" if self.found is None else self.found.status,
            "under_way": self.target.now.under_way,
        }
        if self.looked is not None:
            made["survey"] = _survey_json(self.looked, prices)
        return made


def make_plan(
    client: BotoClient,
    target: Target,
    index: IndexConfig,
    sample: int | None,
    on_read: Callable[[int], None] = lambda number: None,
) -> IndexPlan:
    """Looks at the table and, where the index is missing, at its items; changes nothing.

    Raises `IndexChangeError` for an index that the table cannot have or that is there as another.
    """
    if target.now.keys != target.config.keys:
        raise IndexChangeError(f"{target.table_name} has other keys than {target.config.name} declares")
    found = check_same(target.now, index)
    if found is not None:
        return IndexPlan(target, index, found, None)
    check_possible(target.now, index)
    looked = survey(client, target.now, index, sample=sample, on_read=on_read)
    return IndexPlan(target, index, None, looked)


def _survey_lines(looked: Survey, prices: Prices) -> list[str]:
    about = looked.estimate()
    lines = [f"  read           {looked.coverage}"]
    if not looked.faults:
        lines.append("  skipped        none: every item read has usable keys")
    for (name, why), count in looked.faults.most_common():
        after = "" if why == MISSING else "; such writes are refused afterwards"
        lines.append(f"  skipped        {count:,} items: {name} {why} ({looked.examples[name, why]}){after}")
    lines.append(f"  entries        about {about.entries:,} of {about.entry_bytes:,.0f} bytes")
    if about.throttled_above is not None:
        heaviest, share = looked.heaviest
        lines.append(
            f"  partition keys {len(looked.weights):,} different, the heaviest {share:.1%}: {heaviest[:60]}"
        )
        verdict = "the backfill alone asks it for more: writes to it may be throttled meanwhile"
        if not about.throttles:
            verdict = "the backfill stays below that"
        lines.append(
            f"  throttling     a partition takes 1,000 WCU/s, so {about.throttled_above:,.0f} indexed writes/s "
            f"spread like these; {verdict}"
        )
    lines.append(
        f"  duration       about {duration(about.seconds)} at {about.units_per_second:,.0f} WCU/s, and some minutes "
        "of allocation on AWS"
    )
    lines.append(f"  cost to build  ${about.build_dollars(prices):,.4f}: {about.build_units:,.0f} WCU")
    return [*lines, keep_line(looked, prices)]


def keep_line(looked: Survey, prices: Prices) -> str:
    """What the index costs from then on."""
    about = looked.estimate()
    return (
        f"  cost to keep   ${about.month_dollars(prices):,.4f} a month for {about.stored_bytes / 1e6:,.1f} MB, and "
        f"${about.write_dollars(prices):,.2f} more per million writes of indexed items"
    )


def _survey_json(looked: Survey, prices: Prices) -> dict[str, Any]:
    about = looked.estimate()
    heaviest, share = looked.heaviest
    return {
        "read": looked.read, "complete": looked.complete, "items": looked.items, "eligible": looked.eligible,
        "skipped": [
            {"attribute": name, "why": why, "items": count, "example": looked.examples[name, why]}
            for (name, why), count in looked.faults.most_common()
        ],
        "partition_keys": len(looked.weights), "heaviest": heaviest, "heaviest_share": share,
        "throttles": about.throttles, "throttled_above": about.throttled_above,
        "entries": about.entries, "entry_bytes": about.entry_bytes, "seconds": about.seconds,
        "build_wcu": about.build_units, "build_dollars": about.build_dollars(prices),
        "month_dollars": about.month_dollars(prices), "write_dollars_per_million": about.write_dollars(prices),
    }  # fmt: skip
