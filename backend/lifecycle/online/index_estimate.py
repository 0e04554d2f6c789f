"""How long an index takes to build and what it costs, by rule; makes no calls."""

from __future__ import annotations

from dataclasses import dataclass

from api.dynamodb.codec.item_size import STORAGE_OVERHEAD_BYTES
from config.prices import Prices

# A backfill into an on-demand index runs at about this many write units a second.
ON_DEMAND_UNITS_PER_SECOND = 4_000.0
# The limit of one partition of an index; above it writes to the base table are throttled too.
PARTITION_UNITS_PER_SECOND = 1_000.0
_GB = 1e9
_KB = 1024


def seconds_to_build(
    items: float, mean_bytes: float, units_per_second: float = ON_DEMAND_UNITS_PER_SECOND
) -> float:
    """About how long a backfill takes: items x max(KB, 1) / write units a second."""
    return items * max(mean_bytes / _KB, 1.0) / units_per_second


@dataclass(frozen=True)
class IndexEstimate:
    """The cost of an index with `entries` entries.

    `entry_bytes` is an entry's mean size, `entry_units` the mean WCU of writing one, `heaviest` the share of
    the entries with the most frequent partition key, `units_per_second` the WCU rate of the backfill.
    """

    entries: int
    entry_bytes: float
    entry_units: float
    heaviest: float
    units_per_second: float = ON_DEMAND_UNITS_PER_SECOND

    @property
    def seconds(self) -> float:
        """Duration of the backfill: by the rule, but not shorter than its heaviest partition requires."""
        heaviest_seconds = seconds_to_build(
            self.entries * self.heaviest, self.entry_bytes, PARTITION_UNITS_PER_SECOND
        )
        return max(seconds_to_build(self.entries, self.entry_bytes, self.units_per_second), heaviest_seconds)

    @property
    def build_units(self) -> float:
        """WCU of writing every entry once; the backfill's reads are free."""
        return self.entries * self.entry_units

    @property
    def stored_bytes(self) -> float:
        """Billed storage of the entries."""
        return self.entries * (self.entry_bytes + STORAGE_OVERHEAD_BYTES)

    @property
    def throttled_above(self) -> float | None:
        """Writes of entries a second above which the heaviest partition throttles the table; None without entries."""
        if not self.heaviest or not self.entry_units:
            return None
        return PARTITION_UNITS_PER_SECOND / self.heaviest / self.entry_units

    @property
    def throttles(self) -> bool:
        """Whether the backfill alone exceeds the limit of the heaviest partition."""
        return self.heaviest * self.units_per_second > PARTITION_UNITS_PER_SECOND

    def build_dollars(self, prices: Prices) -> float:
        """Cost of the backfill's writes, once."""
        return self.build_units / 1e6 * prices.per_million_wru

    def month_dollars(self, prices: Prices) -> float:
        """Cost of the storage, per month."""
        return self.stored_bytes / _GB * prices.per_gb_month

    def write_dollars(self, prices: Prices) -> float:
        """Additional cost of a million writes of indexed items."""
        return self.entry_units * prices.per_million_wru
