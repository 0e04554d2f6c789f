"""Applies the function of a data change to a whole table: segments in parallel, within a limit of write units.

The position of every segment is saved in the step's checkpoint, so that a run that was killed is continued.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import orjson

from api.dynamodb.codec.item_size import item_size, write_units
from api.dynamodb.control_plane.calls import name_failure
from api.dynamodb.errors import ConditionFailed, DataLayerError, OutcomeUnknown, Throttled
from api.dynamodb.metering import consumption
from api.dynamodb.metering.token_bucket import TokenBucket
from api.dynamodb.table.segment_workers import SegmentWorkers
from api.dynamodb.transport.factory import bulk_transport_for
from api.dynamodb.transport.http import Transport
from api.dynamodb.transport.retry import retry_while
from lifecycle.data_changes.item_update import Item, ItemTransform, key_text
from lifecycle.errors import BadInput
from reporting.item_progress import ItemProgress

if TYPE_CHECKING:
    from lifecycle.operations.base import Context

THREADS = 16
SEGMENTS = 2 * THREADS
_PAGES_BETWEEN_CHECKPOINTS = 10
_TRIES = 20


class Position:
    """How far a rewrite is.

    Segments below `next_segment` were started; `unfinished` has, for those that are not finished, the key after which
    they go on, as JSON, empty for their beginning.
    """

    def __init__(self, checkpoint: Mapping[str, Any]) -> None:
        if (
            checkpoint.get("segments") != SEGMENTS
        ):  # of another version, or none: repeating changes nothing twice
            checkpoint = {}
        self.next_segment: int = checkpoint.get("next", 0)
        self.unfinished: dict[int, str] = {
            int(segment): key for segment, key in checkpoint.get("after", {}).items()
        }
        self.items_read: int = checkpoint.get("seen", 0)
        self.items_changed: int = checkpoint.get("changed", 0)

    def checkpoint(self) -> dict[str, Any]:
        """The position as it is saved."""
        return {
            "segments": SEGMENTS, "next": self.next_segment,
            "after": {str(segment): key for segment, key in self.unfinished.items()},
            "seen": self.items_read, "changed": self.items_changed,
        }  # fmt: skip


class TableRewrite:
    """One run over a table, from the checkpoint of its context.

    `total` is the number of the table's items, for progress; `chunk` is the number of items of one page.
    """

    def __init__(self, context: Context, transform: ItemTransform, chunk: int, total: int) -> None:
        self._context, self._transform, self._chunk = context, transform, chunk
        self._table_name = transform.table_name
        self._transport = bulk_transport_for(context.client)
        self._bucket = TokenBucket(context.max_wcu) if context.max_wcu else None
        self.position = Position(context.checkpoint)
        self._waiting = list(self.position.unfinished)
        self._progress = ItemProgress(
            context.progress, total, self.position.items_read, prefix=f"  {self._table_name}: "
        )
        self._unsaved_read = self._unsaved_changed = 0
        self._lock = threading.Lock()
        self._workers = SegmentWorkers(self._take_segment)

    def run(self) -> None:
        """Rewrites what is left, and stops all threads when one of them fails. Raises that failure."""
        transport = self._transport
        close = transport.close if isinstance(transport, Transport) else lambda: None
        self._workers.run(self._rewrite_segment, threads=THREADS, name="rewrite", close=close)

    def _take_segment(self) -> int | None:
        with self._lock:
            if self._waiting:
                return self._waiting.pop()
            if self.position.next_segment == SEGMENTS:
                return None
            segment = self.position.next_segment
            self.position.next_segment += 1
            self.position.unfinished[segment] = ""
            return segment

    def _rewrite_segment(self, segment: int) -> None:
        request: dict[str, Any] = {
            "TableName": self._table_name, "Limit": self._chunk, "ConsistentRead": True,
            "Segment": segment, "TotalSegments": SEGMENTS,
        }  # fmt: skip
        after = self.position.unfinished[segment]
        while True:
            if after:
                request["ExclusiveStartKey"] = orjson.loads(after)
            page = self._send("Scan", request)
            changed = 0
            for item in page["Items"]:
                if self._workers.stop.is_set():
                    return
                self._context.check_lease()
                changed += self._change(item)
            last_key = page.get("LastEvaluatedKey")
            after = orjson.dumps(last_key).decode() if last_key else ""
            self._finish_page(segment, after, len(page["Items"]), changed)
            if not after:
                return

    def _finish_page(self, segment: int, after: str, items_read: int, changed: int) -> None:
        """Counts a page, and saves the position when enough has happened since it was saved last."""
        with self._lock:
            position = self.position
            if after:
                position.unfinished[segment] = after
            else:
                del position.unfinished[segment]
            position.items_read += items_read
            position.items_changed += changed
            self._unsaved_read += items_read
            self._unsaved_changed += changed
            enough_read = self._unsaved_read >= self._chunk * _PAGES_BETWEEN_CHECKPOINTS
            if self._unsaved_changed >= self._chunk or enough_read:
                self._unsaved_read = self._unsaved_changed = 0
                self._context.save_checkpoint(position.checkpoint())
            self._progress.update(position.items_read, f"{position.items_changed:,} changed")

    def _change(self, item: Item) -> bool:
        """Applies the function to one item; whether the item had to be written."""
        current: Item | None = item
        for _ in range(_TRIES):
            update = None if current is None else self._transform(current)
            if update is None:
                return False  # nothing to change, or deleted meanwhile
            request = {
                "TableName": self._table_name, "ReturnConsumedCapacity": "TOTAL", **update.request
            }  # fmt: skip
            try:
                response = self._send("UpdateItem", request)
            except ConditionFailed as failure:
                self._pace(consumption.refused(failure, request), item)
                current = dict(failure.item) if failure.item else self._read(update.key)
                continue
            except OutcomeUnknown:
                current = self._read(update.key)
                continue
            self._pace(consumption.consumed("UpdateItem", request, response), item)
            return True
        raise BadInput(
            f"{self._transform.name}: the item {key_text(self._transform.key_of(item))} of {self._table_name} is "
            "written so often that it cannot be changed",
            hint="run migrate again, it continues at this chunk",
        )

    def _read(self, key: Item) -> Item | None:
        """The item as it is now, None if it was deleted; for engines that do not return it with a refusal."""
        request = {"TableName": self._table_name, "Key": key, "ConsistentRead": True}
        item: Item | None = self._send("GetItem", request).get("Item")
        return item

    def _pace(self, units: float, item: Item) -> None:
        """Waits until `units` are within the limit; some local engines report one unit for items of any size."""
        if self._bucket is not None:
            self._workers.stop.wait(self._bucket.wait_for(max(units, write_units(item_size(item)))))

    def _send(self, operation: str, request: dict[str, Any]) -> Any:
        try:
            return retry_while(Throttled, lambda: self._transport.send(operation, request)[0])
        except (ConditionFailed, OutcomeUnknown):
            raise
        except DataLayerError as failure:
            raise name_failure(failure, operation, self._table_name) from failure
