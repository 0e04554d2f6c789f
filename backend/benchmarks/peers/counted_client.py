"""Counts the calls and capacity units of a botocore client while asked to; not a peer itself."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.peers.program import Counts

_REPORTING = (
    "GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan",
    "BatchGetItem", "BatchWriteItem", "TransactWriteItems",
)  # fmt: skip


@contextmanager
def counted(client: Any) -> Iterator[Counts]:
    """The calls that the client makes inside the block; each is asked to report its capacity."""
    counts, lock = Counts(), threading.Lock()

    def ask(params: dict[str, Any], model: Any, **_: Any) -> None:
        if model.name in _REPORTING:
            params["ReturnConsumedCapacity"] = "TOTAL"

    def note(model: Any, parsed: dict[str, Any], **_: Any) -> None:
        reported = parsed.get("ConsumedCapacity") or []
        entries = [reported] if isinstance(reported, dict) else reported
        units = sum(entry.get("CapacityUnits", 0.0) for entry in entries)
        if not entries and parsed.get("Error", {}).get("Code") == "ConditionalCheckFailedException":
            units = 1.0  # a refused write is charged as well, but its answer does not say so
        with lock:
            counts.calls += 1
            if model.name in ("GetItem", "Query", "Scan", "BatchGetItem"):
                counts.read_units += units
            else:
                counts.write_units += units

    events = client.meta.events
    events.register("provide-client-params.dynamodb", ask)
    events.register("after-call.dynamodb", note)
    try:
        yield counts
    finally:
        events.unregister("provide-client-params.dynamodb", ask)
        events.unregister("after-call.dynamodb", note)
