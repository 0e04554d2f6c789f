"""The uses that a process allows by itself while the table cannot be reached. In memory only."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime

from api.dynamodb.usage_limits.windows import Window

_CAPACITY = 20_000
_Key = tuple[int, str]


class LocalUsage:
    """Uses by user, action and window. Safe to share between threads.

    capacity: how many users' actions are counted. The ones not used for longest are dropped. Uses of one outage
    count in later outages of the same day too.
    """

    def __init__(self, capacity: int = _CAPACITY) -> None:
        self._capacity = capacity
        self._lock = threading.Lock()
        self._uses: OrderedDict[_Key, dict[tuple[datetime, int], int]] = OrderedDict()

    def take(self, user_id: int, action: str, windows: Sequence[Window]) -> list[int] | None:
        """Counts one use and returns the uses in each window, if that stays within every limit; otherwise None."""
        names = [(window.start, window.limit.seconds) for window in windows]
        with self._lock:
            used = self._uses.pop((user_id, action), {})
            counts = [used.get(name, 0) for name in names]
            allowed = all(count < window.limit.count for count, window in zip(counts, windows, strict=True))
            if allowed:
                counts = [count + 1 for count in counts]
            self._uses[user_id, action] = dict(zip(names, counts, strict=True))
            if len(self._uses) > self._capacity:
                self._uses.popitem(last=False)
        return counts if allowed else None
