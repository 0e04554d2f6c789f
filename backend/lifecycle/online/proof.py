"""What is shown of an index that was built: that it agrees with its table, what it brought, what it costs to keep."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from config.environment import Prices
from lifecycle.declaration import IndexConfig
from lifecycle.online.plan import keep_line
from lifecycle.online.state import describe
from lifecycle.online.survey import SAMPLE, Survey, survey
from lifecycle.online.targets import Target
from lifecycle.online.timing import Measured, Timing, time_query
from lifecycle.online.verify import COMPARED, Verification, verify

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient


@dataclass(frozen=True)
class Proof:
    """What was found of one index."""

    target: Target
    index: IndexConfig
    looked: Survey
    checked: Verification
    timing: Timing | None

    @property
    def holds(self) -> bool:
        """Whether the index agrees with its table, by its items and by what queries find."""
        return self.checked.agrees and (self.timing is None or self.timing.same is not False)

    def lines(self, prices: Prices) -> list[str]:
        """For people."""
        checked = self.checked
        counted = "not counted (--full counts)"
        if checked.in_table is not None:
            counted = f"{checked.in_index:,} entries for {checked.in_table:,} items of the table"
        verdict = "agrees" if checked.agrees else f"{len(checked.differences)} or more differences"
        lines = [
            f"{self.target.table_name}: {self.index.name} is ACTIVE",
            f"  counts         {counted}",
            f"  contents       {checked.compared:,} compared: {verdict}",
        ]
        lines += [f"                 {difference}" for difference in checked.differences]
        if self.timing is not None:
            lines += _timing_lines(self.timing)
        return [*lines, keep_line(self.looked, prices)]

    def json(self, prices: Prices) -> dict[str, Any]:
        """For machines."""
        about = self.looked.estimate()
        return {
            "state": "ACTIVE", "holds": self.holds, "verification": asdict(self.checked),
            "query": None if self.timing is None else asdict(self.timing),
            "month_dollars": about.month_dollars(prices),
            "write_dollars_per_million": about.write_dollars(prices),
        }  # fmt: skip


def prove(client: BotoClient, target: Target, index: IndexConfig, *, sample: int | None = SAMPLE) -> Proof:
    """Compares an ACTIVE index with its table and times the query that wanted it, both ways.

    `sample` bounds what is read of the table, None reads and counts all of it; where the sample turns out to
    be the whole table, both sides are counted too.
    """
    now = describe(client, target.table_name)
    looked = survey(client, now, index, sample=sample, keep=COMPARED)
    checked = verify(client, now, index, looked.kept, counts=looked.complete)
    timing = None
    if looked.kept:
        example = looked.kept[len(looked.kept) // 2]
        timing = time_query(client, now, index, target.query_of(index), example)
        # Something was written between the two ways: asked again, they agree unless the index is wrong.
        for _ in range(3):
            if timing.same is not False:
                break
            timing = time_query(client, now, index, target.query_of(index), example)
    return Proof(target, index, looked, checked, timing)


def _timing_lines(timing: Timing) -> list[str]:
    def way(name: str, one: Measured) -> str:
        more = "; given up there, there is more" if one.stopped else ""
        return (
            f"    {name:<12} {one.seconds * 1000:,.1f} ms, {one.units:,.1f} RCU, {one.items:,} items in "
            f"{one.pages:,} pages{more}"
        )

    lines = [f"  query          {timing.query}, asked for {timing.value[:60]}", way("before", timing.before)]
    if timing.after is not None:
        lines.append(way("by the index", timing.after))
    if timing.same is not None:
        lines.append(f"    {'same items' if timing.same else 'NOT the same items'}")
    return lines
