"""The service's permit to write while its data is being moved live, asked of the move's state item.

Only processes that run with `ALGOITNY_LIVE_MOVE=1` ask, once a second at most. A permit ends `PERMIT_SECONDS` after the
question was sent, whatever happens to the next one. A move that takes writes away from the service waits for that long,
and for the longest call: then no process of the service can still be writing. No phase follows `finished`, so a process
that has seen it never asks again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from api.dynamodb.errors import DataLayerError, WritesPaused
from api.dynamodb.schema.entities import PK, SK
from api.dynamodb.schema.keys import OPERATIONS_PREFIX

STATE_KEY: dict[str, Any] = {PK: {"S": f"{OPERATIONS_PREFIX}live"}, SK: {"S": "STATE"}}
# The phases of a live move in which the service has the writes; without a move it has them as well.
SERVICE_PHASES = frozenset({"switched", "reverse", "finished"})
LAST_PHASE = "finished"
PERMIT_SECONDS = 5.0
ASK_SECONDS = 1.0
# What MySQL has no place for can be written at any time: it is in nobody's way, and pages go on.
ALWAYS_WRITTEN = frozenset(
    {"session", "used_nonce", "address_window", "progress", "practice", "problem_note"}
)


class WritePermit:
    """Whether this process may write a table now. Safe to share between threads.

    `send` makes the calls of a transport; `clock` is a monotonic one, in seconds.
    """

    def __init__(
        self,
        send: Callable[[str, dict[str, Any]], tuple[Any, int]],
        table_name: str,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._send, self._table, self._clock = send, table_name, clock
        self._asking = threading.Lock()
        self._asked_at = self._tried_at = float("-inf")
        self._granted = self._is_finished = False

    def check(self, entity: str) -> None:
        """Does nothing if an item of this entity may be written; at most one consistent GetItem a second, 1 RCU.

        After the end of the move there is no call. Raises `WritesPaused` while somebody else has the writes, and when
        nobody could say so for five seconds.
        """
        if self._is_finished or entity in ALWAYS_WRITTEN:
            return
        now = self._clock()
        if now - self._tried_at >= ASK_SECONDS and self._asking.acquire(blocking=self._has_ended(now)):
            try:
                if self._clock() - self._tried_at >= ASK_SECONDS:
                    self._ask()
            finally:
                self._asking.release()
        if not self._granted or self._has_ended(self._clock()):
            raise WritesPaused("the data is being moved: changes are paused")

    def _has_ended(self, now: float) -> bool:
        return now - self._asked_at >= PERMIT_SECONDS

    def _ask(self) -> None:
        self._tried_at = now = self._clock()
        request = {"TableName": self._table, "Key": STATE_KEY, "ConsistentRead": True}
        try:
            response, _ = self._send("GetItem", request)
        except DataLayerError:
            return  # what was granted holds until its end
        item = response.get("Item")
        phase = None if item is None else item["phase"]["S"]
        self._granted, self._is_finished = phase is None or phase in SERVICE_PHASES, phase == LAST_PHASE
        self._asked_at = now


@lru_cache(maxsize=8)
def shared_permit(send: Callable[[str, dict[str, Any]], tuple[Any, int]], table_name: str) -> WritePermit:
    """The permit that all repositories of this process share for a table. No call."""
    return WritePermit(send, table_name)
