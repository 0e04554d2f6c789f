"""Reads that use an index while it is ACTIVE, and a fallback with the same results while it is not.

So code can be deployed before an index is built, and keeps working after it was dropped.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TypeVar

from api.dynamodb.errors import DataLayerError, IndexMissing, Unavailable

logger = logging.getLogger(__name__)

SECONDS = 5.0
T = TypeVar("T")
Describe = Callable[[], Mapping[str, str]]


class IndexState:
    """The cached state of a table's indexes. Safe to share between threads; one per table.

    table_name: for the log.
    describe: returns DynamoDB's status of every index by name. It is called at most once in `seconds`, by one
    thread. Without it no call is made for the state: an index counts as ACTIVE until a query is refused, and is
    tried again `seconds` later.
    seconds: how long a state is valid.
    clock: monotonic, in seconds.
    """

    def __init__(
        self,
        table_name: str,
        describe: Describe | None = None,
        *,
        seconds: float = SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._table_name = table_name
        self._describe = describe
        self._seconds, self._clock = seconds, clock
        self._lock = threading.Lock()
        self._described_at: float | None = None
        self._states: Mapping[str, str] | None = None
        self._refused: dict[str, float] = {}
        self._logged_usable: dict[str, bool] = {}

    def choose(self, index_name: str, *, by_index: Callable[[], T], otherwise: Callable[[], T]) -> T:
        """Returns `by_index()` if the index is ACTIVE, otherwise `otherwise()`.

        If `by_index` fails because the index is missing or backfilling, or with an error of the engine,
        `otherwise` is used at once, and for the next `seconds`. Any other error is raised. A change between the
        two is logged once. Costs what the function costs, and with `describe` one DescribeTable in `seconds`.
        """
        if not self.is_usable(index_name):
            self._log_change(index_name, usable=False)
            return otherwise()
        try:
            response = by_index()
        except (IndexMissing, Unavailable) as failure:
            if (
                isinstance(failure, Unavailable) and not failure.code
            ):  # no response at all: the fallback would fail too
                raise
            self._refused[index_name] = self._clock()
            self._log_change(index_name, usable=False)
            return otherwise()
        self._log_change(index_name, usable=True)
        return response

    def is_usable(self, index_name: str) -> bool:
        """Whether the index should be queried now."""
        refused = self._refused.get(index_name)
        if refused is not None:
            if self._clock() - refused < self._seconds:
                return False
            self._refused.pop(index_name, None)
        if self._describe is None:
            return True
        self._refresh(self._describe)
        return self._states is None or self._states.get(index_name) == "ACTIVE"

    def _refresh(self, describe: Describe) -> None:
        """Describes the indexes if the states are old. Meanwhile other threads use the old states."""
        now = self._clock()
        if self._described_at is not None and now - self._described_at < self._seconds:
            return
        if not self._lock.acquire(blocking=self._described_at is None):
            return
        try:
            if self._described_at is not None and now - self._described_at < self._seconds:
                return
            try:
                self._states = describe()
            except DataLayerError as failure:
                # Not needed: a query of a missing index is refused, and `choose` then uses the fallback.
                logger.debug("the indexes of %s could not be described: %s", self._table_name, failure)
            self._described_at = now
        finally:
            self._lock.release()

    def _log_change(self, index_name: str, *, usable: bool) -> None:
        if self._logged_usable.get(index_name, True) == usable:
            return
        with self._lock:
            if self._logged_usable.get(index_name, True) == usable:
                return
            self._logged_usable[index_name] = usable
        if usable:
            logger.warning("index %s of %s is ACTIVE: it is used again", index_name, self._table_name)
        else:
            logger.warning(
                "index %s of %s is missing or being built: reading without it",
                index_name,
                self._table_name,
            )


@lru_cache(maxsize=64)
def index_state(target: str, table_name: str) -> IndexState:
    """The process's `IndexState` of a table, without `describe`: no call is made.

    target: the endpoint, so that tables with the same name are kept separate.
    """
    return IndexState(table_name)
