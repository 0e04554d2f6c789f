"""What a process remembers of the table's denials, so that a known one costs no call."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from api.dynamodb.decisions import Decision
from api.dynamodb.windows import Limit

_CAPACITY = 20_000
_LIMITS_A_USER = 4
_Limits = tuple[Limit, ...]


class Memory:
    """Denials by user, action and limits, and counts apart by day item. Safe to share between threads.

    It holds at most 20,000 users' actions and as many day items, and forgets the oldest.
    """

    def __init__(self, capacity: int = _CAPACITY) -> None:
        self._capacity = capacity
        self._lock = threading.Lock()
        self._denied: OrderedDict[tuple[int, str], dict[_Limits, tuple[Decision, datetime]]] = OrderedDict()
        self._apart: OrderedDict[tuple[str, str], int] = OrderedDict()

    def find(
        self, user_id: int, action: str, limits: _Limits, now: datetime, *, surely: bool = True
    ) -> Decision | None:
        """The denial as it reads now, if one under these limits is known whose window has not ended.

        `surely` leaves out those which a use that was given back elsewhere may have ended.
        """
        known = self._denied.get((user_id, action))
        found = None if known is None else known.get(limits)
        if found is None:
            return None
        denial, until = found
        if denial.reset_time <= now or (surely and until <= now):
            return None
        wait = math.ceil((denial.reset_time - now).total_seconds())
        return replace(denial, retry_after=max(1, wait), source="memory")

    def note(self, user_id: int, action: str, limits: _Limits, denial: Decision, until: datetime) -> None:
        """Keeps a denial in mind; it is sure until that moment."""
        with self._lock:
            known = self._denied.pop((user_id, action), {})
            others = [(key, other) for key, other in known.items() if key != limits][1 - _LIMITS_A_USER :]
            self._denied[user_id, action] = {**dict(others), limits: (denial, until)}
            if len(self._denied) > self._capacity:
                self._denied.popitem(last=False)

    def forget(self, user_id: int, action: str) -> None:
        """Drops what is known of a user's action: a use was admitted or given back."""
        if (user_id, action) in self._denied:
            with self._lock:
                self._denied.pop((user_id, action), None)

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
