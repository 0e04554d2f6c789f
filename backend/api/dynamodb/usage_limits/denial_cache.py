"""A process's cache of the table's denials, so that a repeated denial costs no call."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from api.dynamodb.usage_limits.decisions import Decision
from api.dynamodb.usage_limits.windows import Limit

_CAPACITY = 20_000
_LIMITS_PER_USER = 4
_Limits = tuple[Limit, ...]


class DenialCache:
    """Denials by user, action and limits, and separate counts by ledger. Safe to share between threads.

    capacity: how many users' actions, and how many ledgers, are cached. The oldest ones are dropped.
    """

    def __init__(self, capacity: int = _CAPACITY) -> None:
        self._capacity = capacity
        self._lock = threading.Lock()
        self._denials: OrderedDict[tuple[int, str], dict[_Limits, tuple[Decision, datetime]]] = OrderedDict()
        self._separate_counts: OrderedDict[tuple[str, str], int] = OrderedDict()

    def find(
        self, user_id: int, action: str, limits: _Limits, now: datetime, *, only_final: bool = True
    ) -> Decision | None:
        """The cached denial under these limits, with the `retry_after` of now; None if its window has ended.

        only_final: leaves out denials after their `valid_until`, which a refund by another process may have ended.
        """
        denials = self._denials.get((user_id, action))
        entry = None if denials is None else denials.get(limits)
        if entry is None:
            return None
        denial, valid_until = entry
        if denial.reset_time <= now or (only_final and valid_until <= now):
            return None
        wait = math.ceil((denial.reset_time - now).total_seconds())
        return replace(denial, retry_after=max(1, wait), source="memory")

    def add(
        self, user_id: int, action: str, limits: _Limits, denial: Decision, valid_until: datetime
    ) -> None:
        """Caches a denial; from `valid_until` (aware) on, the table should be asked again."""
        with self._lock:
            denials = self._denials.pop((user_id, action), {})
            latest = [item for item in denials.items() if item[0] != limits][1 - _LIMITS_PER_USER :]
            self._denials[user_id, action] = {**dict(latest), limits: (denial, valid_until)}
            if len(self._denials) > self._capacity:
                self._denials.popitem(last=False)

    def forget(self, user_id: int, action: str) -> None:
        """Drops the denials of a user's action, because a use was admitted or refunded."""
        if (user_id, action) in self._denials:
            with self._lock:
                self._denials.pop((user_id, action), None)

    def separate_count(self, key: tuple[str, str]) -> int:
        """The last count of uses with separate log items in the ledger of that key; 0 if it is not cached."""
        return self._separate_counts.get(key, 0)

    def set_separate_count(self, key: tuple[str, str], count: int) -> None:
        """Caches the count of uses with separate log items in a ledger."""
        with self._lock:
            self._separate_counts[key] = count
            if len(self._separate_counts) > self._capacity:
                self._separate_counts.popitem(last=False)


@lru_cache(maxsize=64)
def denial_cache(endpoint: str, table_name: str) -> DenialCache:
    """The process's cache for one table."""
    return DenialCache()
