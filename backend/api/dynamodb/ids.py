"""New ids: time-sortable integers below 2**53, made without a central counter.

41 bits of milliseconds since 2020 and 12 bits that start at random and count up, so
that one process never repeats itself. Two processes can meet in the same millisecond
with the same low bits; every creation is therefore a conditional write, and a writer
that loses takes the next id.
"""

from __future__ import annotations

import secrets
import threading
import time
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
_EPOCH_MS = 1_577_836_800_000
_LOW_BITS = 12
MAX_ID = 2**53 - 1

_lock = threading.Lock()
_last = 0


def id_at(moment: datetime, low: int) -> int:
    """The id of a moment (aware) and 12 bits, for things whose identity is kept elsewhere."""
    milliseconds = (moment - _EPOCH) // timedelta(milliseconds=1)
    return (max(0, milliseconds) << _LOW_BITS) | low


def new_id() -> int:
    """An id greater than every id this process made before; good until the year 2089."""
    global _last
    with _lock:
        fresh = ((time.time_ns() // 1_000_000 - _EPOCH_MS) << _LOW_BITS) | secrets.randbits(_LOW_BITS)
        _last = fresh if fresh > _last else _last + 1
        return _last
