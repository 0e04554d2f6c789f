"""Calls and what they cost by DynamoDB's rules: units by partition key, of the table and of its indexes.

The rules are in `api.dynamodb.capacity`; what a call touches is told by typical sizes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from api.dynamodb.capacity import estimate_rcu
from api.dynamodb.indexes import GSI1, GSI2
from api.dynamodb.item_size import read_units, write_units

TABLE = "table"
PLACES = (TABLE, GSI1.name, GSI2.name)
PARTITION_READS = 3000.0
PARTITION_WRITES = 1000.0


class Touch(NamedTuple):
    """What one call asks of one partition key: of the table or an index, in RCU and WCU."""

    place: str
    pk: str
    reads: float
    writes: float


class Call(NamedTuple):
    """One round trip."""

    operation: str
    touches: tuple[Touch, ...]


class Stored(NamedTuple):
    """An item on its way: where it stands and its size in bytes."""

    pk: str
    size: int
    place: str = TABLE


def get(pk: str, size: int, *, consistent: bool = False) -> Call:
    """One GetItem of an item of that many bytes."""
    units = estimate_rcu((size,), operation="GetItem", consistent=consistent).total
    return Call("GetItem", (Touch(TABLE, pk, units, 0),))


def query(pk: str, size: int, *, place: str = TABLE, consistent: bool = False) -> Call:
    """One Query whose items have that many bytes together."""
    units = estimate_rcu((size,), operation="Query", consistent=consistent).total
    return Call("Query", (Touch(place, pk, units, 0),))


def batch_get(stored: Iterable[Stored], *, consistent: bool = False) -> Call:
    """One BatchGetItem."""
    units = [Touch(s.place, s.pk, read_units(s.size, consistent=consistent), 0) for s in stored]
    return Call("BatchGetItem", tuple(units))


def write(operation: str, *stored: Stored) -> Call:
    """A PutItem, UpdateItem, DeleteItem or BatchWriteItem, with the index images that it writes."""
    return Call(operation, tuple(Touch(s.place, s.pk, 0, write_units(s.size)) for s in stored))


def transact(*stored: Stored) -> Call:
    """One TransactWriteItems, with the index images that it writes."""
    return Call(
        "TransactWriteItems",
        tuple(Touch(s.place, s.pk, 0, write_units(s.size, transaction=s.place == TABLE)) for s in stored),
    )


def reads(calls: Iterable[Call]) -> float:
    """RCU of some calls."""
    return sum(touch.reads for call in calls for touch in call.touches)


def writes(calls: Iterable[Call]) -> float:
    """WCU of some calls, indexes included."""
    return sum(touch.writes for call in calls for touch in call.touches)


def load(reads_per_second: float, writes_per_second: float) -> float:
    """The share of a partition's limit: 3,000 RCU and 1,000 WCU a second, added up to be on the safe side."""
    return reads_per_second / PARTITION_READS + writes_per_second / PARTITION_WRITES
