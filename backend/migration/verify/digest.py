"""Digests of a multiset of records that do not depend on their order: a count and a sum of hashes for each bucket."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import orjson

from migration.verify.kinds import Bucket


def render(record: Any) -> bytes:
    """A record as bytes: attributes in the order of their names."""
    return orjson.dumps(record, option=orjson.OPT_SORT_KEYS)


def number_of(data: bytes) -> int:
    """128 bits of a record's bytes, as a number to be added up."""
    return int.from_bytes(blake2b(data, digest_size=16).digest(), "little")


@dataclass
class Digests:
    """One side's records: how many of each kind, and the sums by bucket.

    `ignored` counts what a policy leaves out, by its reason; `rows` the source's rows that were read, by step.
    """

    kinds: Counter[str] = field(default_factory=Counter)
    ignored: Counter[str] = field(default_factory=Counter)
    rows: Counter[str] = field(default_factory=Counter)
    counts: dict[Bucket, int] = field(default_factory=dict)
    sums: dict[Bucket, int] = field(default_factory=dict)
    notes: set[str] = field(default_factory=set)

    def add(self, bucket: Bucket, count: int, total: int) -> None:
        """Adds `count` records whose numbers add up to `total`."""
        self.counts[bucket] = self.counts.get(bucket, 0) + count
        self.sums[bucket] = self.sums.get(bucket, 0) + total

    def merge(self, other: Digests) -> None:
        """Adds another's records to these."""
        self.kinds.update(other.kinds)
        self.ignored.update(other.ignored)
        self.rows.update(other.rows)
        self.notes |= other.notes
        for bucket, count in other.counts.items():
            self.add(bucket, count, other.sums[bucket])


def differing(one: Digests, other: Digests) -> set[Bucket]:
    """The buckets whose records are not the same multiset (sums modulo 2^128)."""
    found = set()
    for bucket in one.counts.keys() | other.counts.keys():
        same_count = one.counts.get(bucket, 0) == other.counts.get(bucket, 0)
        if not same_count or (one.sums.get(bucket, 0) - other.sums.get(bucket, 0)) % 2**128:
            found.add(bucket)
    return found
