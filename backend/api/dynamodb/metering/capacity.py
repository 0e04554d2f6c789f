"""Estimates the capacity units of reads and writes, by table and index, from item sizes alone.

For planning: dry run, design document, budgets. The units that a call consumed are in `consumption`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from api.dynamodb.codec.item_size import (
    WireItem,
    WireValue,
    item_size,
    projected_size,
    read_units,
    write_units,
)
from api.dynamodb.schema.indexes import INDEXES, Index

ReadOperation = Literal["GetItem", "BatchGetItem", "Query", "Scan", "TransactGetItems"]


@dataclass(frozen=True)
class Units:
    """Capacity units, WCU or RCU: the base table's, and those of each charged index by name."""

    table: float
    indexes: Mapping[str, float] = field(default_factory=dict)

    @property
    def total(self) -> float:
        """The units of the table and of its indexes together."""
        return self.table + sum(self.indexes.values())


def put_units(item: WireItem, size: int | None = None) -> int:
    """WCU of putting a new item: the same as `estimate_wcu(item).total`, but faster, for millions of items.

    Params: `item` in wire form; `size`, its bytes if already computed. Returns the units of the table and
    its indexes together. Raises ValueError for a value of several kinds or none.
    Source: AWS developer guide, "DynamoDB read and write operations" and "Global Secondary Indexes in DynamoDB".
    """
    units = write_units(item_size(item) if size is None else size)
    for index in INDEXES:
        if index.pk in item:
            units += _index_units(index, item, None)
    return units


def estimate_wcu(
    new: WireItem | None,
    old: WireItem | None = None,
    *,
    transaction: bool = False,
    indexes: Iterable[Index] = INDEXES,
) -> Units:
    """WCU of one put, update or delete, alone, in a batch or in a transaction.

    Params: `new`, the complete item after the write (None after a delete); `old`, the complete item before
    it (None if there was none); `transaction` for a TransactWriteItems, which doubles the units of the base
    table only; `indexes`, those of the table.

    The table takes the larger of both items; a delete of nothing costs one unit. An index takes nothing
    when its entry stays the same, the entry's size when it is added or removed, the larger of both when it changes
    in place, and both when its key changes. Two more writes can be estimated with the same arguments:

    - A write whose condition fails: `new` is the item it would have written and `indexes` is empty; the table is
      charged nevertheless, one unit at least.
    - A transaction's ConditionCheck: `new` and `old` are the same item.

    Returns the units of the table and of every index that is charged. Raises ValueError for a value of several
    kinds or none.
    Source: AWS developer guide, "DynamoDB read and write operations", "Global Secondary Indexes in DynamoDB"
    and "Amazon DynamoDB Transactions: How it works".
    """
    size = max(item_size(item) if item is not None else 0 for item in (new, old))
    charged = {index.name: units for index in indexes if (units := _index_units(index, new, old))}
    return Units(write_units(size, transaction=transaction), charged)


def estimate_rcu(
    sizes: Iterable[int], *, operation: ReadOperation, consistent: bool = False, index: Index | None = None
) -> Units:
    """RCU of one read request.

    Params: `sizes`, the bytes of every item that the request evaluates, before its filter and its projection, 0
    for a key that has no item (sizes come from `item_size`, on an index from `projected_size`); `operation`, the
    request's name; `consistent` as the request says (TransactGetItems always is); `index`, if it reads one.

    Query and Scan add the sizes up and round once, which may be given as one size; the others round each item. A
    request that finds nothing costs as one that finds a little. A transaction costs twice a consistent read.

    Returns the units of the table, or of the index if one is read. Raises ValueError for what DynamoDB refuses: a
    GetItem of anything but one key, an index read otherwise than by Query and Scan, or consistently.
    Source: AWS developer guide, "DynamoDB read and write operations", "Querying tables in DynamoDB" and "Amazon
    DynamoDB Transactions: How it works".
    """
    each = list(sizes)
    if operation == "GetItem" and len(each) != 1:
        raise ValueError(f"GetItem reads one key, not {len(each)}")
    summed = operation in ("Query", "Scan")
    if index is not None and (consistent or not summed):
        raise ValueError(f"{operation} cannot read {index.name}{' consistently' if summed else ''}")
    if summed:
        units = read_units(sum(each), consistent=consistent)
    elif operation == "TransactGetItems":
        units = 2 * sum(read_units(size, consistent=True) for size in each)
    else:
        units = sum(read_units(size, consistent=consistent) for size in each)
    return Units(units) if index is None else Units(0.0, {index.name: units})


def _index_units(index: Index, new: WireItem | None, old: WireItem | None) -> int:
    """WCU of one index for a change of one item. An item is in the index if it has both of the index's keys."""
    after = new if new is not None and index.pk in new and index.sk in new else None
    before = old if old is not None and index.pk in old and index.sk in old else None
    if after is None or before is None:
        entry = after if after is not None else before
        return 0 if entry is None else write_units(projected_size(entry, index.carried()))
    sizes = [projected_size(item, index.carried()) for item in (after, before)]
    if after[index.pk] != before[index.pk] or after[index.sk] != before[index.sk]:
        return sum(map(write_units, sizes))
    return 0 if _same_entry(index, after, before) else write_units(max(sizes))


def _same_entry(index: Index, after: WireItem, before: WireItem) -> bool:
    names = index.carried()
    for name in names if names is not None else after.keys() | before.keys():
        if (name in after) != (name in before) or (name in after and not _same(after[name], before[name])):
            return False
    return True


def _same(left: WireValue, right: WireValue) -> bool:
    """Whether two values are equal to DynamoDB: 1.0 is 1, and a set has no order."""
    if left == right:
        return True
    ((kind, a),) = left.items()
    if right.keys() != {kind}:
        return False
    b = right[kind]
    if kind == "N":
        return Decimal(a) == Decimal(b)
    if kind in ("SS", "BS"):
        return set(a) == set(b)
    if kind == "NS":
        return set(map(Decimal, a)) == set(map(Decimal, b))
    if kind == "L":
        return len(a) == len(b) and all(map(_same, a, b))
    return kind == "M" and a.keys() == b.keys() and all(_same(a[key], b[key]) for key in a)
