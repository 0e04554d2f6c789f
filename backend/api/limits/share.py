"""What a process allows and denies by itself while the table cannot be asked. Kept in memory, never written."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime

from api.dynamodb.windows import Window

_CAPACITY = 20_000
_Key = tuple[int, str]


class Share:
    """Uses by user, action and window. Thread-safe.

    It holds at most 20,000 users' actions and forgets who was not seen for longest. What was used in one
    outage counts in the next one of the same day too.
    """

    def __init__(self, capacity: int = _CAPACITY) -> None:
        self._capacity = capacity
        self._lock = threading.Lock()
        self._uses: OrderedDict[_Key, dict[tuple[datetime, int], int]] = OrderedDict()

    def take(self, user_id: int, action: str, windows: Sequence[Window]) -> list[int] | None:
        """Counts one use, if it stays within every window's limit: the uses in each, this one included.

        None if it does not; then nothing is counted.
        """
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
