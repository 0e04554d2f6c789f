"""Finishes deletions of accounts behind the requests that asked for them: one thread of the process, one at a time."""

from __future__ import annotations

import logging
import threading
from collections import deque
from datetime import timedelta
from typing import NamedTuple

from api.composition import repositories
from api.dynamodb.clock import utc_now
from api.dynamodb.repositories import ErasureRepository
from api.dynamodb.repositories.records import Erasure
from api.me.erasure import close_account, finish, quiet_at

logger = logging.getLogger("algoitny.erasure")

MOST_WAITING = 1_000
# A deletion that was asked for so long ago belongs to a process that is gone, unless its work is long.
LEFT_BEHIND = timedelta(minutes=10)


class _Job(NamedTuple):
    erasures: ErasureRepository
    erasure: Erasure
    not_before: float


class Eraser:
    """A daemon thread that exists while there is work. What it does not come to, `make dynamodb-erase` finds."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: deque[_Job] = deque()
        self._thread: threading.Thread | None = None
        self._given_up: set[int] = set()

    def erase(self, user_id: int) -> None:
        """Closes an account, and has the rest of its deletion finished. Raises and costs as `close_account`."""
        erasures = repositories().erasures
        erasure = close_account(erasures, user_id)
        self._take(_Job(erasures, erasure, quiet_at(erasure)))

    def wait(self, seconds: float) -> bool:
        """Waits until there is no work; whether that came true in so many seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self._thread is None, seconds)

    def _take(self, job: _Job) -> None:
        with self._changed:
            if len(self._waiting) >= MOST_WAITING:
                logger.error("user %d waits for: make dynamodb-erase", job.erasure["user_id"])
                return
            self._waiting.append(job)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="eraser", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while True:
            with self._changed:
                job = self._waiting.popleft()
            self._finish(job)
            with self._changed:
                is_idle = not self._waiting
            if is_idle:
                self._look_for_others(job.erasures)
            with self._changed:
                if not self._waiting:
                    self._thread = None
                    self._changed.notify_all()
                    return

    def _finish(self, job: _Job) -> None:
        user_id = job.erasure["user_id"]
        try:
            removed = finish(job.erasures, job.erasure, job.not_before)
        except Exception:
            self._given_up.add(user_id)
            logger.exception("user %d is not erased yet; make dynamodb-erase goes on", user_id)
        else:
            logger.info("account erased", extra={"fields": {"user_id": user_id, **removed}})

    def _look_for_others(self, erasures: ErasureRepository) -> None:
        """Finishes what processes that ended left behind; what failed here before is left to people."""
        try:
            found = erasures.list_erasures()
        except Exception:
            logger.exception("deletions that were left behind could not be looked for")
            return
        for erasure in found:
            is_old = utc_now() - erasure["asked_at"] > LEFT_BEHIND
            if is_old and erasure["user_id"] not in self._given_up:
                self._finish(_Job(erasures, erasure, quiet_at(erasure)))


eraser = Eraser()
