"""A latency histogram of logarithmic buckets, each a tenth wider than the one before.

Merging adds whole numbers, so it is exact and its order does not matter. A quantile is off by at most 5 %.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import log

GROWTH = 1.1
_BUCKETS_PER_LOG = 1 / log(GROWTH)


class Histogram(dict[int, int]):
    """The number of samples by bucket; bucket `b` holds the microseconds from GROWTH**b up to GROWTH**(b + 1)."""

    def add(self, microseconds: float) -> None:
        """Counts one sample; what is below a microsecond counts as one."""
        bucket = int(log(microseconds) * _BUCKETS_PER_LOG) if microseconds > 1 else 0
        self[bucket] = self.get(bucket, 0) + 1

    def merge(self, samples: Mapping[int, int]) -> None:
        """Adds the samples of another histogram."""
        for bucket, count in samples.items():
            self[bucket] = self.get(bucket, 0) + count

    def quantile(self, share: float) -> float:
        """The microseconds below which that share (0 to 1) of the samples lies; 0 without samples."""
        rank, cumulative = share * sum(self.values()), 0
        for bucket in sorted(self):
            cumulative += self[bucket]
            if cumulative >= rank:
                return float(GROWTH ** (bucket + 0.5))
        return 0.0
