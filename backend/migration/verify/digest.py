"""Order-independent digests of a multiset of records: a count and a sum of hashes for each bucket."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import orjson

from migration.verify.item_kinds import Bucket


def render(record: Any) -> bytes:
    """A record as bytes, with its attributes sorted by name."""
    return orjson.dumps(record, option=orjson.OPT_SORT_KEYS)


def hash_of(data: bytes) -> int:
    """The 128-bit hash of a record's bytes, as an integer that can be summed."""
    return int.from_bytes(blake2b(data, digest_size=16).digest(), "little")


@dataclass
class RecordDigests:
    """The records of the source or of the table: their number by kind, and counts and sums by bucket.

    `ignored` counts records that the policy leaves out, by reason; `rows` counts the source rows read, by step.
    """

    kinds: Counter[str] = field(default_factory=Counter)
    ignored: Counter[str] = field(default_factory=Counter)
    rows: Counter[str] = field(default_factory=Counter)
    counts: dict[Bucket, int] = field(default_factory=dict)
    sums: dict[Bucket, int] = field(default_factory=dict)
    notes: set[str] = field(default_factory=set)

    def add(self, bucket: Bucket, count: int, total: int) -> None:
        """Adds `count` records whose hashes sum up to `total`."""
        self.counts[bucket] = self.counts.get(bucket, 0) + count
        self.sums[bucket] = self.sums.get(bucket, 0) + total

    def merge(self, digests: RecordDigests) -> None:
        """Adds the records of other digests."""
        self.kinds.update(digests.kinds)
        self.ignored.update(digests.ignored)
        self.rows.update(digests.rows)
        self.notes |= digests.notes
        for bucket, count in digests.counts.items():
            self.add(bucket, count, digests.sums[bucket])


def differing_buckets(source: RecordDigests, table: RecordDigests) -> set[Bucket]:
    """The buckets whose records are not the same multiset (sums are compared modulo 2^128)."""
    return {
        bucket
        for bucket in source.counts.keys() | table.counts.keys()
        if source.counts.get(bucket, 0) != table.counts.get(bucket, 0)
        or (source.sums.get(bucket, 0) - table.sums.get(bucket, 0)) % 2**128
    }
