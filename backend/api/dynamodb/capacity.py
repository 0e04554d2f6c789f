"""What reads and writes cost by DynamoDB's rules, by base table and index: from sizes alone, without an engine.

For planning (dry run, design document, budgets); what was consumed is what an engine's answers say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from api.dynamodb.indexes import INDEXES, Index
from api.dynamodb.item_size import WireItem, WireValue, item_size, projected_size, read_units, write_units

ReadOperation = Literal["GetItem", "BatchGetItem", "Query", "Scan", "TransactGetItems"]


@dataclass(frozen=True)
class Units:
    """Capacity units of one kind, WCU or RCU: the base table's, and by name those of every index that is charged."""

    table: float
    indexes: Mapping[str, float] = field(default_factory=dict)

    @property
    def total(self) -> float:
        """The units of the table and of its indexes together."""
        return self.table + sum(self.indexes.values())


def put_units(item: WireItem, size: int | None = None) -> int:
    """WCU of putting an item where none stands: `estimate_wcu(item).total` for whoever counts millions of them.

    Params: `item` in wire form; `size`, its bytes if they are known already. Returns the units of the table and
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

    Params: `new`, the whole item as it stands afterwards (None after a delete); `old`, the whole item as it
    stood before (None if there was none); `transaction` for a TransactWriteItems, which doubles the base
    table's arm only; `indexes`, those of the table.

    The table takes the larger of both items; a delete of nothing costs one unit. An index takes nothing
    when its entry stays the same, the entry's own size when it comes or goes, the larger of both when it changes
    in place, and both when its key changes. Two more writes are told by the same arguments:

    - One that its condition refuses: `new` is what it would have written and `indexes` is empty; the table is
      charged all the same, a unit at the least.
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
    """WCU of one index for a change of one item; an item stands in it if it has both of its keys."""
    after = new if new is not None and index.pk in new and index.sk in new else None
    before = old if old is not None and index.pk in old and index.sk in old else None
    if after is None or before is None:
        moved = after if after is not None else before
        return 0 if moved is None else write_units(projected_size(moved, index.carried()))
    sizes = [projected_size(item, index.carried()) for item in (after, before)]
    if after[index.pk] != before[index.pk] or after[index.sk] != before[index.sk]:
        return sum(map(write_units, sizes))
    return 0 if _same_entry(index, after, before) else write_units(max(sizes))


def _same_entry(index: Index, one: WireItem, other: WireItem) -> bool:
    names = index.carried()
    for name in names if names is not None else one.keys() | other.keys():
        if (name in one) != (name in other) or (name in one and not _same(one[name], other[name])):
            return False
    return True


def _same(one: WireValue, other: WireValue) -> bool:
    """Whether two values are one to DynamoDB: 1.0 is 1, and a set has no order."""
    if one == other:
        return True
    ((kind, mine),) = one.items()
    if other.keys() != {kind}:
        return False
    theirs = other[kind]
    if kind == "N":
        return Decimal(mine) == Decimal(theirs)
    if kind in ("SS", "BS"):
        return set(mine) == set(theirs)
    if kind == "NS":
        return set(map(Decimal, mine)) == set(map(Decimal, theirs))
    if kind == "L":
        return len(mine) == len(theirs) and all(map(_same, mine, theirs))
    return kind == "M" and mine.keys() == theirs.keys() and all(_same(mine[key], theirs[key]) for key in mine)
