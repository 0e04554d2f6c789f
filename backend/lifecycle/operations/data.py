"""A change of items: a function applied to the whole table while the service keeps writing.

Each item is written on the condition that the attributes that change and those that the function read are still as
they were, so a write of the service is never overwritten nor overlooked: the item is read and changed again. The
function must leave what it has changed already alone, since an interrupted chunk is repeated; this is checked on
every item that it changes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from api.dynamodb.control_plane.declaration import TableConfig
from lifecycle import estimates
from lifecycle.data_changes.item_update import Item, ItemTransform, Transform
from lifecycle.data_changes.preview import ChangePreview, preview_change
from lifecycle.data_changes.table_rewrite import TableRewrite
from lifecycle.estimates import CostEstimate, Size
from lifecycle.operations.base import Context, Operation

__all__ = ["DataChange", "Item", "Transform"]


@dataclass(frozen=True)
class DataChange(Operation):
    """Applies `transform` to every item of the table, in pages of `chunk` items of 32 parallel segments.

    `transform` receives an item in the format of boto3's resource layer and returns the changed item, or None
    to leave it. It may change, add and remove attributes, but no key of the table, and is called from
    several threads. Look attributes up in the item itself: what is looked up in a copy of it and missing there is
    not guarded. Costs the table's Scan (one RCU per 4 KB) and a write of each changed item, at most
    `Context.max_wcu` a second.
    """

    changes_settings: ClassVar[bool] = False

    name: str
    config: TableConfig
    transform: Transform
    chunk: int = 200

    def describe(self, env: str) -> str:
        """What it does, in one line."""
        return f"change data of {self.table(env)}: {self.name}"

    def is_done(self, context: Context) -> bool:
        """Never before it ran: whether any item needs the change is known once all are read."""
        self.existing_table(context)
        return False

    def carry_out(self, context: Context) -> None:
        """Reads the table from the last checkpoint and writes what changes."""
        table = self.existing_table(context)
        rewrite = TableRewrite(context, self._item_transform(context), self.chunk, table.items)
        if rewrite.position.items_read:
            context.progress(f"  {table.name}: continuing after {rewrite.position.items_read:,} items")
        rewrite.run()
        position = rewrite.position
        context.progress(
            f"  {table.name}: {position.items_changed:,} of {position.items_read:,} items changed"
        )

    def preview(self, context: Context) -> ChangePreview:
        """The change of some of the table's items, before and after."""
        return preview_change(context.client, self._item_transform(context))

    def estimate(self, context: Context) -> CostEstimate:
        """As if every item were changed."""
        size = Size.of(self.find_table(context))
        estimate = estimates.rewrite(size, context.prices)
        if context.max_wcu is None or estimate.seconds is None:
            return estimate
        return replace(estimate, seconds=max(estimate.seconds, size.units / context.max_wcu))

    def _item_transform(self, context: Context) -> ItemTransform:
        return ItemTransform(self.name, self.transform, self.config, self.table(context.env))
