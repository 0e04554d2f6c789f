"""New ids: time-sortable integers below 2**53, made without a central counter.

41 bits of milliseconds since 2020 and 12 bits that start at random and count up, so that one process
never repeats an id. Two processes can create the same id in the same millisecond; every creation is
therefore a conditional write, and the writer that loses takes the next id.
"""

from __future__ import annotations

import secrets
import threading
import time
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
_EPOCH_MS = 1_577_836_800_000
LOW_BITS = 12
MAX_ID = 2**53 - 1

_lock = threading.Lock()
_last = 0


def id_at(moment: datetime, low: int) -> int:
    """The id of a moment (aware) and 12 low bits, for records whose uniqueness is ensured elsewhere."""
    milliseconds = (moment - _EPOCH) // timedelta(milliseconds=1)
    return (max(0, milliseconds) << LOW_BITS) | low


def moment_of(number: int) -> datetime:
    """When `new_id` made an id: UTC, to the millisecond."""
    return _EPOCH + timedelta(milliseconds=number >> LOW_BITS)


def new_id() -> int:
    """An id greater than every earlier one of this process; works until the year 2089."""
    global _last
    with _lock:
        fresh = ((time.time_ns() // 1_000_000 - _EPOCH_MS) << LOW_BITS) | secrets.randbits(LOW_BITS)
        _last = fresh if fresh > _last else _last + 1
        return _last
