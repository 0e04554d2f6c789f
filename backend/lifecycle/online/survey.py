"""Reads a table before an index is added: which items would be skipped, how the keys spread, how large entries are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from api.dynamodb.item_size import item_size, projected_size, text_size, write_units
from lifecycle.declaration import IndexConfig, Key
from lifecycle.online.calls import ask
from lifecycle.online.estimate import ON_DEMAND_UNITS_PER_SECOND, Estimate
from lifecycle.online.state import TableNow

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

Item = Mapping[str, Mapping[str, Any]]
SAMPLE = 10_000
_MAX_SEGMENTS = 64
_ITEMS_PER_SEGMENT = 100
_PAGE = 1_000
MAX_PARTITION_BYTES, MAX_SORT_BYTES = 2_048, 1_024
MISSING = "missing"


def fault_of(value: Mapping[str, Any] | None, key: Key, max_bytes: int) -> str | None:
    """Why an attribute cannot be a key of an index, None if it can: missing, of another type, empty or too long."""
    if value is None:
        return MISSING
    if key.type not in value:
        return f"of type {next(iter(value))}, not {key.type}"
    if key.type == "N":
        return None
    content = value[key.type]
    size = text_size(content) if isinstance(content, str) else len(content)
    if size == 0:
        return "empty"
    return f"over {max_bytes:,} bytes long" if size > max_bytes else None


def faults_of(item: Item, index: IndexConfig) -> list[tuple[str, str]]:
    """The (attribute, why) pairs for which an item is not in the index; none for one that is."""
    limits = (MAX_PARTITION_BYTES, MAX_SORT_BYTES)
    every = (
        (key, fault_of(item.get(key.name), key, limit))
        for key, limit in zip(index.keys, limits, strict=False)
    )
    return [(key.name, fault) for key, fault in every if fault is not None]


def plain(value: Mapping[str, Any]) -> str:
    """A key's value for people."""
    ((_, inner),) = value.items()
    return inner if isinstance(inner, str) else repr(inner)


@dataclass
class Survey:
    """What was read of a table: `complete` when that was all of it, otherwise a sample spread over its partitions.

    `faults` counts items by (attribute, why), `examples` has the primary key of one of each; `weights` counts
    the eligible items by partition key of the index; `kept` are some eligible items.
    """

    table: TableNow
    index: IndexConfig
    read: int = 0
    complete: bool = False
    eligible: int = 0
    bytes_read: int = 0
    entry_bytes: int = 0
    entry_units: int = 0
    faults: Counter[tuple[str, str]] = field(default_factory=Counter)
    examples: dict[tuple[str, str], str] = field(default_factory=dict)
    weights: Counter[str] = field(default_factory=Counter)
    kept: list[Item] = field(default_factory=list)

    def add(self, item: Item, keep: int) -> None:
        """Counts an item in."""
        self.read += 1
        self.bytes_read += item_size(item)
        wrong = faults_of(item, self.index)
        for fault in wrong:
            self.faults[fault] += 1
            place = ", ".join(f"{key.name} {plain(item[key.name])}" for key in self.table.keys)
            self.examples.setdefault(fault, place)
        if wrong:
            return
        self.eligible += 1
        size = projected_size(item, carried(self.table, self.index))
        self.entry_bytes += size
        self.entry_units += write_units(size)
        self.weights[plain(item[self.index.partition.name])] += 1
        if len(self.kept) < keep:
            self.kept.append(item)

    @property
    def refused(self) -> int:
        """Faults that are not just a missing attribute: such items cannot be written again once the index is there."""
        return sum(count for (_, fault), count in self.faults.items() if fault != MISSING)

    @property
    def items(self) -> int:
        """How many items the table has: counted where all were read, otherwise DynamoDB's own count, which lags."""
        return self.read if self.complete else max(self.read, self.table.items)

    @property
    def heaviest(self) -> tuple[str, float]:
        """The most frequent partition key and its share of the eligible items."""
        if not self.eligible:
            return "", 0.0
        name, count = self.weights.most_common(1)[0]
        return name, count / self.eligible

    @property
    def coverage(self) -> str:
        """What the figures rest on."""
        if self.complete:
            return f"all {self.read:,} items"
        share = f", {self.read / self.items:.1%}" if self.table.items else ""
        return f"a sample of {self.read:,} of about {self.items:,} items{share}"

    def estimate(self) -> Estimate:
        """Time and cost for the whole table."""
        share = self.eligible / self.read if self.read else 0.0
        billing = self.table.billing
        return Estimate(
            items=self.items,
            entries=round(self.items * share),
            entry_bytes=self.entry_bytes / self.eligible if self.eligible else 0.0,
            entry_units=self.entry_units / self.eligible if self.eligible else 0.0,
            heaviest=self.heaviest[1],
            units_per_second=float(billing.write) if billing else ON_DEMAND_UNITS_PER_SECOND,
        )


def carried(table: TableNow, index: IndexConfig) -> tuple[str, ...] | None:
    """The attributes of an entry of the index, None for all of the item's."""
    if index.projection == "ALL":
        return None
    others = () if index.projection == "KEYS_ONLY" else index.projection
    keys = (key.name for key in (*table.keys, *index.keys))
    return tuple(dict.fromkeys((*keys, *others)))


def survey(
    client: BotoClient,
    table: TableNow,
    index: IndexConfig,
    *,
    sample: int | None = SAMPLE,
    keep: int = 0,
    on_read: Callable[[int], None] = lambda number: None,
) -> Survey:
    """Reads `sample` items spread over the table's partitions, or all of it for None.

    `keep` eligible items are returned with the figures, `on_read` is told of progress. Scans, eventually
    consistent: half a RCU per 4 KB read. Raises `TableMissing` and `AccessDenied`.
    """
    found = Survey(table, index)
    pages = _whole(client, table.name) if sample is None else _spread(client, table.name, sample)
    for items, done in pages:
        for item in items:
            found.add(item, keep)
        found.complete = done
        on_read(len(items))
    return found


def _whole(client: BotoClient, table_name: str) -> Iterator[tuple[list[Item], bool]]:
    start: dict[str, Any] = {}
    while True:
        page = ask(client, "Scan", table_name, **start)
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]} if page.get("LastEvaluatedKey") else {}
        yield page["Items"], not start
        if not start:
            return


def _spread(client: BotoClient, table_name: str, sample: int) -> Iterator[tuple[list[Item], bool]]:
    """Takes turns over segments of the table until enough is read; what one lacks, the others give."""
    count = max(1, min(_MAX_SEGMENTS, sample // _ITEMS_PER_SEGMENT))
    waiting: dict[int, dict[str, Any]] = {number: {} for number in range(count)}
    left = sample
    while waiting and left > 0:
        share = max(1, min(_PAGE, -(-left // len(waiting))))
        for number, start in list(waiting.items()):
            if left <= 0:
                return
            page = ask(
                client,
                "Scan",
                table_name,
                Segment=number,
                TotalSegments=count,
                Limit=min(share, left),
                **start,
            )
            last = page.get("LastEvaluatedKey")
            if last:
                waiting[number] = {"ExclusiveStartKey": last}
            else:
                del waiting[number]
            left -= page.get("ScannedCount", len(page["Items"]))
            yield page["Items"], not waiting
