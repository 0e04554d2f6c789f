"""Calls and the units that they cost by partition key, of the table and of its indexes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from api.dynamodb.schema.indexes import GSI1, GSI2

TABLE = "table"
RESOURCES = (TABLE, GSI1.name, GSI2.name)
PARTITION_READS = 3000.0
PARTITION_WRITES = 1000.0


class Touch(NamedTuple):
    """The RCU and WCU that one call costs on one partition key of the table or of an index."""

    resource: str
    pk: str
    reads: float
    writes: float


class Call(NamedTuple):
    """One round trip."""

    operation: str
    touches: tuple[Touch, ...]


def reads(calls: Iterable[Call]) -> float:
    """RCU of some calls."""
    return sum(touch.reads for call in calls for touch in call.touches)


def writes(calls: Iterable[Call]) -> float:
    """WCU of some calls, indexes included."""
    return sum(touch.writes for call in calls for touch in call.touches)


def load(reads_per_second: float, writes_per_second: float) -> float:
    """The share of a partition's limit: 3,000 RCU and 1,000 WCU a second, added up to be on the safe side."""
    return reads_per_second / PARTITION_READS + writes_per_second / PARTITION_WRITES
