"""Reads a table before an index is added: items that would be skipped, distribution of keys, size of entries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from api.dynamodb.codec.item_size import item_size, projected_size, text_size, write_units
from api.dynamodb.control_plane.calls import call_table
from api.dynamodb.control_plane.declaration import IndexConfig, Key
from api.dynamodb.control_plane.description import TableDescription
from api.dynamodb.schema.templates import MAX_PARTITION_KEY_BYTES, MAX_SORT_KEY_BYTES
from lifecycle.estimates import SAMPLE_SIZE
from lifecycle.online.index_estimate import ON_DEMAND_UNITS_PER_SECOND, IndexEstimate

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

Item = Mapping[str, Mapping[str, Any]]
_MAX_SEGMENTS = 64
_ITEMS_PER_SEGMENT = 100
_PAGE_SIZE = 1_000
MISSING = "missing"


def key_fault(value: Mapping[str, Any] | None, key: Key, max_bytes: int) -> str | None:
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


def index_faults(item: Item, index: IndexConfig) -> list[tuple[str, str]]:
    """The (attribute, reason) pairs that keep an item out of the index; empty for an item that is in it."""
    limits = (MAX_PARTITION_KEY_BYTES, MAX_SORT_KEY_BYTES)
    faults = (
        (key.name, key_fault(item.get(key.name), key, limit))
        for key, limit in zip(index.keys, limits, strict=False)
    )
    return [(name, reason) for name, reason in faults if reason is not None]


def key_text(value: Mapping[str, Any]) -> str:
    """A key's value for people."""
    (content,) = value.values()
    return content if isinstance(content, str) else repr(content)


def item_key_text(table: TableDescription, item: Item) -> str:
    """An item's primary key for people."""
    return ", ".join(f"{key.name} {key_text(item[key.name])}" for key in table.keys)


@dataclass
class TableSample:
    """What was read of a table: all of it if `complete`, otherwise a sample spread over its partitions.

    `faults` counts items by (attribute, reason), `examples` has the primary key of one of each; `weights` counts
    the eligible items by partition key of the index; `kept_items` are some eligible items.
    """

    table: TableDescription
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
    kept_items: list[Item] = field(default_factory=list)

    def add(self, item: Item, keep: int) -> None:
        """Counts an item; it is kept if fewer than `keep` are."""
        self.read += 1
        self.bytes_read += item_size(item)
        faults = index_faults(item, self.index)
        for fault in faults:
            self.faults[fault] += 1
            self.examples.setdefault(fault, item_key_text(self.table, item))
        if faults:
            return
        self.eligible += 1
        size = projected_size(item, entry_attributes(self.table, self.index))
        self.entry_bytes += size
        self.entry_units += write_units(size)
        self.weights[key_text(item[self.index.partition.name])] += 1
        if len(self.kept_items) < keep:
            self.kept_items.append(item)

    @property
    def refused(self) -> int:
        """Faults other than a missing attribute: such items cannot be written again once the index exists."""
        return sum(count for (_, reason), count in self.faults.items() if reason != MISSING)

    @property
    def items(self) -> int:
        """The table's number of items: counted if all were read, otherwise DynamoDB's own count, which lags."""
        return self.read if self.complete else max(self.read, self.table.items)

    @property
    def heaviest(self) -> tuple[str, float]:
        """The most frequent partition key and its share of the eligible items."""
        if not self.eligible:
            return "", 0.0
        key, count = self.weights.most_common(1)[0]
        return key, count / self.eligible

    @property
    def coverage(self) -> str:
        """What was read, for people."""
        if self.complete:
            return f"all {self.read:,} items"
        share = f", {self.read / self.items:.1%}" if self.table.items else ""
        return f"a sample of {self.read:,} of about {self.items:,} items{share}"

    def estimate(self) -> IndexEstimate:
        """Time and cost for the whole table."""
        share = self.eligible / self.read if self.read else 0.0
        billing = self.table.billing
        return IndexEstimate(
            entries=round(self.items * share),
            entry_bytes=self.entry_bytes / self.eligible if self.eligible else 0.0,
            entry_units=self.entry_units / self.eligible if self.eligible else 0.0,
            heaviest=self.heaviest[1],
            units_per_second=float(billing.write) if billing else ON_DEMAND_UNITS_PER_SECOND,
        )


def entry_attributes(table: TableDescription, index: IndexConfig) -> tuple[str, ...] | None:
    """The attributes of an entry of the index, None for all of the item's."""
    if index.projection == "ALL":
        return None
    projected = () if index.projection == "KEYS_ONLY" else index.projection
    keys = (key.name for key in (*table.keys, *index.keys))
    return tuple(dict.fromkeys((*keys, *projected)))


def sample_table(
    client: BotoClient,
    table: TableDescription,
    index: IndexConfig,
    *,
    sample: int | None = SAMPLE_SIZE,
    keep: int = 0,
    on_read: Callable[[int], None] = lambda number: None,
) -> TableSample:
    """Reads `sample` items spread over the table's partitions, or all of it for None.

    `keep` eligible items are returned with the figures; `on_read` receives the number of items of each page.
    Scans, eventually consistent: half a RCU per 4 KB read. Raises `TableMissing` and `AccessDenied`.
    """
    result = TableSample(table, index)
    pages = _all_pages(client, table.name) if sample is None else spread_pages(client, table.name, sample)
    for items, is_last in pages:
        for item in items:
            result.add(item, keep)
        result.complete = is_last
        on_read(len(items))
    return result


def _all_pages(client: BotoClient, table_name: str) -> Iterator[tuple[list[Item], bool]]:
    start: dict[str, Any] = {}
    while True:
        page = call_table(client, "Scan", table_name, **start)
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]} if page.get("LastEvaluatedKey") else {}
        yield page["Items"], not start
        if not start:
            return


def spread_pages(client: BotoClient, table_name: str, sample: int) -> Iterator[tuple[list[Item], bool]]:
    """Scans segments of the table in turns until `sample` items are read; large segments make up for small ones.

    Yields pages, and with each whether it is the last one of the whole table.
    """
    count = max(1, min(_MAX_SEGMENTS, sample // _ITEMS_PER_SEGMENT))
    unfinished: dict[int, dict[str, Any]] = {number: {} for number in range(count)}
    left = sample
    while unfinished and left > 0:
        share = max(1, min(_PAGE_SIZE, -(-left // len(unfinished))))
        for number, start in list(unfinished.items()):
            if left <= 0:
                return
            page = call_table(
                client,
                "Scan",
                table_name,
                Segment=number,
                TotalSegments=count,
                Limit=min(share, left),
                **start,
            )
            last_key = page.get("LastEvaluatedKey")
            if last_key:
                unfinished[number] = {"ExclusiveStartKey": last_key}
            else:
                del unfinished[number]
            left -= page.get("ScannedCount", len(page["Items"]))
            yield page["Items"], not unfinished
