"""What a process remembers of full windows, so that a known denial costs no call."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from api.dynamodb.windows import Window

_CAPACITY = 20_000
_Window = tuple[datetime, int, int]


def _name(window: Window) -> _Window:
    return window.start, window.limit.seconds, window.limit.count


class Memory:
    """Full windows by user, action, window and limit, and counts apart by day item. Safe to share between threads.

    It holds at most 20,000 users' actions and day items and forgets the oldest.
    """

    def __init__(self, capacity: int = _CAPACITY) -> None:
        self._capacity = capacity
        self._lock = threading.Lock()
        self._full: OrderedDict[tuple[int, str], dict[_Window, tuple[datetime, int]]] = OrderedDict()
        self._apart: OrderedDict[tuple[str, str], int] = OrderedDict()

    def full(self, user_id: int, action: str, windows: Sequence[Window], now: datetime) -> list[int] | None:
        """The uses in each window, if one of them is known to be full; None if the table has to be asked.

        Windows that are not known count as empty.
        """
        known = self._full.get((user_id, action))
        if known is None:
            return None
        found = [known.get(_name(window)) for window in windows]
        counts = [full[1] if full is not None and now < full[0] else None for full in found]
        if all(count is None for count in counts):
            return None
        return [count or 0 for count in counts]

    def remember(self, user_id: int, action: str, window: Window, until: datetime, count: int) -> None:
        """Keeps in mind that a window is full, until that moment."""
        with self._lock:
            known = self._full.pop((user_id, action), {})
            ended = [name for name, (end, _) in known.items() if end <= window.start]
            self._full[user_id, action] = {
                **{name: full for name, full in known.items() if name not in ended},
                _name(window): (until, count),
            }
            if len(self._full) > self._capacity:
                self._full.popitem(last=False)

    def forget(self, user_id: int, action: str) -> None:
        """Drops what is known of a user's action: a use was given back."""
        with self._lock:
            self._full.pop((user_id, action), None)

    def apart(self, key: tuple[str, str]) -> int:
        """How many uses were last seen to be counted beside the ledger of a day's item; 0 if nothing is known."""
        return self._apart.get(key, 0)

    def note_apart(self, key: tuple[str, str], count: int) -> None:
        """Keeps in mind how many uses are counted beside the ledger of a day's item."""
        with self._lock:
            self._apart[key] = count
            if len(self._apart) > self._capacity:
                self._apart.popitem(last=False)


@lru_cache(maxsize=64)
def memory_of(endpoint: str, table_name: str) -> Memory:
    """The process's memory for one table."""
    return Memory()
