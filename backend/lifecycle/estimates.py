"""What a change costs and how long it takes, as far as the table's own figures tell (they lag up to six hours)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from config.environment import Prices

# us-east-1, standard table class, November 2026; what the settings name is in `config.environment.Prices`.
DOLLARS_PER_RCU_HOUR = 0.00013
DOLLARS_PER_WCU_HOUR = 0.00065
DOLLARS_PER_GB_MONTH_RECOVERY = 0.20
DOLLARS_PER_GB_MONTH_BACKUP = 0.10
HOURS_PER_MONTH = 730
WRITES_PER_SECOND = 4_000  # what an on-demand table takes from the start
_KB, _READ_KB = 1024, 4096


@dataclass(frozen=True)
class Estimate:
    """US dollars once and a month, seconds; None where nobody can tell."""

    dollars: float | None = 0.0
    monthly: float | None = 0.0
    seconds: float | None = None

    def as_json(self) -> dict[str, float | None]:
        """For machines."""
        return {"dollars": self.dollars, "dollars_a_month": self.monthly, "seconds": self.seconds}


NOTHING = Estimate(seconds=1)


@dataclass(frozen=True)
class Size:
    """A table's number of items and bytes."""

    items: int = 0
    bytes: int = 0

    @classmethod
    def of(cls, described: Mapping[str, Any] | None) -> Size:
        """As DescribeTable tells it; a table that is not there is empty."""
        if described is None:
            return cls()
        return cls(described.get("ItemCount", 0), described.get("TableSizeBytes", 0))

    @property
    def units(self) -> int:
        """WRU to write each item once."""
        return self.items * max(1, ceil(self.bytes / self.items / _KB)) if self.items else 0

    @property
    def gigabytes(self) -> float:
        """Its bytes in GB."""
        return self.bytes / 1024**3


def index_build(size: Size, prices: Prices) -> Estimate:
    """Building an index that carries whole items: an upper bound."""
    return Estimate(
        size.units * prices.per_million_wru / 1e6, size.gigabytes * prices.per_gb_month,
        5 + size.units / WRITES_PER_SECOND,
    )  # fmt: skip


def rewrite(size: Size, prices: Prices) -> Estimate:
    """Reading a whole table and writing each item once: an upper bound for a change of data."""
    reads = ceil(size.bytes / _READ_KB) * prices.per_million_rru / 2e6
    return Estimate(
        reads + size.units * prices.per_million_wru / 1e6, 0.0, 1 + size.units / (WRITES_PER_SECOND / 4)
    )


def provisioned(read: int, write: int) -> float:
    """Dollars a month of provisioned throughput."""
    return HOURS_PER_MONTH * (read * DOLLARS_PER_RCU_HOUR + write * DOLLARS_PER_WCU_HOUR)
