"""Deletion worker: finishes account deletions in the background, its own ones and those that others left unfinished."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections import deque
from datetime import timedelta
from typing import NamedTuple

from api.composition import repositories
from api.dynamodb.clock import utc_now
from api.dynamodb.errors import DataLayerError
from api.dynamodb.metering.meter import recording
from api.dynamodb.repositories import ErasureRepository
from api.dynamodb.schema.records import Erasure
from api.me.account_deletion import close_account, finish, quiet_at
from metrics.recorder import recorder

logger = logging.getLogger("algoitny.erasure")

JOB = "erasure"
MAX_WAITING = 1_000
# An older deletion belongs to a process that has ended, unless it takes very long.
ABANDONED_AFTER = timedelta(minutes=10)
# Seconds until a process first looks for unfinished deletions, at most, and between two looks, on average.
FIRST_LOOK_SECONDS = 5.0
LOOK_SECONDS = 300.0


class _Job(NamedTuple):
    erasures: ErasureRepository
    erasure: Erasure
    not_before: float


class DeletionWorker:
    """Finishes deletions one at a time in a daemon thread that runs while there is work.

    `watch` starts a second thread, which looks for deletions that were interrupted or failed. `make dynamodb-erase`
    does the same at once.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: deque[_Job] = deque()
        self._thread: threading.Thread | None = None
        self._user_ids: set[int] = set()  # of the waiting jobs and the running one

    def erase(self, user_id: int) -> None:
        """Closes an account and queues the rest of its deletion. Raises and costs as `close_account`."""
        erasures = repositories().erasures
        erasure = close_account(erasures, user_id)
        self._enqueue(_Job(erasures, erasure, quiet_at(erasure)))

    def wait(self, seconds: float) -> bool:
        """Waits at most `seconds` until there is no work; whether there is none."""
        with self._changed:
            return self._changed.wait_for(lambda: self._thread is None, seconds)

    def watch(self) -> None:
        """Looks for unfinished deletions from now on, soon and then every few minutes, until the process ends.

        Each process of the service does. Costs as `resume_abandoned`, each time.
        """
        try:
            threading.Thread(target=self._watch, name="deletion-watch", daemon=True).start()
        except RuntimeError as error:
            logger.error("unfinished deletions are not looked for in this process: %s", error)

    def resume_abandoned(self) -> None:
        """Queues the deletions that their process did not finish. Never raises.

        In random order, since several processes may look at once; working on the same deletion does no harm. Costs as
        `ErasureRepository.list_erasures`: one Query, 1 RCU for about 50 pending deletions.
        """
        try:
            erasures = repositories().erasures
            pending = erasures.list_erasures()
        except DataLayerError as failure:
            logger.warning("unfinished deletions could not be looked for: %s", failure)
            return
        except Exception:
            logger.exception("unfinished deletions could not be looked for")
            return
        random.shuffle(pending)
        for erasure in pending:
            if utc_now() - erasure["asked_at"] > ABANDONED_AFTER:
                self._enqueue(_Job(erasures, erasure, quiet_at(erasure)))

    def _watch(self) -> None:
        time.sleep(random.uniform(0, FIRST_LOOK_SECONDS))  # noqa: S311 (no secret)
        while True:
            self.resume_abandoned()
            time.sleep(LOOK_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311 (no secret)

    def _enqueue(self, job: _Job) -> None:
        user_id = job.erasure["user_id"]
        with self._changed:
            if user_id in self._user_ids:
                return
            if len(self._waiting) >= MAX_WAITING:
                logger.warning("the deletion of user %d goes on later: too many are waiting", user_id)
                return
            self._waiting.append(job)
            self._user_ids.add(user_id)
            if self._thread is None:
                self._start()

    def _start(self) -> None:
        thread = threading.Thread(target=self._work, name="deletion-worker", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:
            self._waiting.clear()
            self._user_ids.clear()
            logger.warning("deletions go on later: %s", error)
        else:
            self._thread = thread

    def _work(self) -> None:
        while True:
            with self._changed:
                if not self._waiting:
                    self._thread = None
                    self._changed.notify_all()
                    return
                job = self._waiting.popleft()
            self._finish(job)
            with self._changed:
                self._user_ids.discard(job.erasure["user_id"])

    def _finish(self, job: _Job) -> None:
        user_id = job.erasure["user_id"]
        recorder.job(JOB, "started", pending=len(self._waiting))
        began = time.monotonic()
        try:
            with recording() as calls:
                removed = finish(job.erasures, job.erasure, job.not_before)
        except Exception as error:
            recorder.job(JOB, "failed", time.monotonic() - began, type(error).__name__)
            logger.exception("user %d is not erased yet; the service tries again in a few minutes", user_id)
        else:
            recorder.job(
                JOB, "finished", time.monotonic() - began,
                removed=removed.total(), calls=len(calls.calls), wcu=round(calls.write_units, 1),
            )  # fmt: skip
            logger.info("account erased", extra={"fields": {"user_id": user_id, **removed}})


deletion_worker = DeletionWorker()
