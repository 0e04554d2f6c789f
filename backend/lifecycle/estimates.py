"""What a change costs and how long it takes, from the table's own figures, which lag by up to six hours on AWS."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from config.prices import Prices

if TYPE_CHECKING:
    from api.dynamodb.control_plane.declaration import Throughput
    from api.dynamodb.control_plane.description import TableDescription

# us-east-1, standard table class, November 2026; prices that can be configured are in `config.environment.Prices`.
DOLLARS_PER_RCU_HOUR = 0.00013
DOLLARS_PER_WCU_HOUR = 0.00065
DOLLARS_PER_GB_MONTH_RECOVERY = 0.20
DOLLARS_PER_GB_MONTH_BACKUP = 0.10
HOURS_PER_MONTH = 730
WRITES_PER_SECOND = 4_000  # what an on-demand table takes from the start
SAMPLE_SIZE = 10_000  # items read of a table by default
_KB, _READ_KB = 1024, 4096


@dataclass(frozen=True)
class CostEstimate:
    """US dollars once and a month, and seconds; None where it cannot be known.

    `by_use` is whether requests are billed from then on, beside the dollars a month.
    """

    dollars: float | None = 0.0
    monthly: float = 0.0
    seconds: float | None = None
    by_use: bool = False

    def as_json(self) -> dict[str, float | bool | None]:
        """For machines."""
        return {
            "dollars": self.dollars, "dollars_a_month": self.monthly, "seconds": self.seconds,
            "billed_by_use": self.by_use,
        }  # fmt: skip


NOTHING = CostEstimate(seconds=1)


@dataclass(frozen=True)
class Size:
    """A table's number of items and bytes, what its indexes carry, and its throughput (None on demand)."""

    items: int = 0
    bytes: int = 0
    whole_indexes: int = 0
    partial_indexes: int = 0
    billing: Throughput | None = None

    @classmethod
    def of(cls, table: TableDescription | None) -> Size:
        """The size that DynamoDB reports; a missing table is empty."""
        if table is None:
            return cls()
        whole_indexes = sum(index.config.projection == "ALL" for index in table.indexes.values())
        return cls(
            table.items, table.size_bytes, whole_indexes, len(table.indexes) - whole_indexes, table.billing
        )

    @property
    def units(self) -> int:
        """WRU to write each item once, without its index entries."""
        return self.items * max(1, ceil(self.bytes / self.items / _KB)) if self.items else 0

    @property
    def index_units(self) -> int:
        """WRU to write the entries of each item once, those that carry some attributes at 1 KB or less."""
        return self.units * self.whole_indexes + self.items * self.partial_indexes

    @property
    def writes_per_second(self) -> float:
        """The WCU per second that the table takes."""
        return WRITES_PER_SECOND if self.billing is None else self.billing.write

    def price(self, units: int, per_million: float) -> float:
        """The price of request units; nothing where throughput is provisioned."""
        return units * per_million / 1e6 if self.billing is None else 0.0

    @property
    def gigabytes(self) -> float:
        """Its bytes in GB."""
        return self.bytes / 1024**3


def index_build(size: Size, prices: Prices) -> CostEstimate:
    """Building an index that carries whole items, with the table's own throughput: an upper bound."""
    return CostEstimate(
        size.price(size.units, prices.per_million_wru),
        size.gigabytes * prices.per_gb_month + throughput_dollars(size.billing),
        5 + size.units / size.writes_per_second,
    )


def rewrite(size: Size, prices: Prices) -> CostEstimate:
    """Reading a whole table and writing each item with its index entries once: an upper bound for a change of data."""
    read_units = ceil(size.bytes / _READ_KB)
    return CostEstimate(
        size.price(read_units, prices.per_million_rru)
        + size.price(size.units + size.index_units, prices.per_million_wru),
        0.0,
        1 + size.units / (size.writes_per_second / (4 if size.billing is None else 1)),
    )


def throughput_dollars(throughput: Throughput | None) -> float:
    """Dollars a month of the throughput of a table or an index; nothing on demand."""
    return 0.0 if throughput is None else provisioned(throughput.read, throughput.write)


def provisioned(read: int, write: int) -> float:
    """Dollars a month of provisioned throughput."""
    return HOURS_PER_MONTH * (read * DOLLARS_PER_RCU_HOUR + write * DOLLARS_PER_WCU_HOUR)
