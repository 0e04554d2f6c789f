"""Shadow reads: a sample of reads is made once more by the other strategy, after the answer, and compared."""

from __future__ import annotations

import logging
import queue
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from api.dynamodb.errors import DataLayerError
from api.dynamodb.metering import meter
from api.dynamodb.table.read_paths import ReadPath, Strategy
from api.dynamodb.transport.deadlines import within
from metrics.recorder import Recorder, recorder
from rollout.flag_cache import FlagCache
from rollout.health import Health

logger = logging.getLogger(__name__)

Run = Callable[[Strategy], tuple[Any, Strategy]]
# A comparison may take this long, and a process's comparisons so many read units a minute.
DEADLINE_SECONDS = 2.0
UNITS_PER_MINUTE = 60.0
_KEPT_PER_REQUEST = 4
_WAITING = 100
# Strategies that are behind see a write late: a difference counts if it is there again after this pause.
_PAUSE_SECONDS = 1.0


@dataclass(frozen=True)
class _Comparison:
    path: ReadPath
    used: Strategy
    shadow: Strategy
    run: Run
    result: Any


class ShadowReads:
    """The comparisons of a process, made by one thread. Safe to share between threads.

    flags: have for each path the other strategy and the share of reads. health: counts mismatches.
    chance: a number from 0 to 1; monotonic, sleep: clock, in seconds. recorder: keeps their history.
    """

    def __init__(
        self,
        flags: FlagCache,
        health: Health,
        *,
        chance: Callable[[], float] = random.random,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        recorder: Recorder = recorder,
    ) -> None:
        self._flags, self._health, self._chance, self._recorder = flags, health, chance, recorder
        self._monotonic, self._sleep = monotonic, sleep
        self._kept = threading.local()
        self._queue: queue.Queue[_Comparison] = queue.Queue(_WAITING)
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._minute, self._units = float("-inf"), 0.0
        # equal, different, failed, skipped (queue full or budget used up), by path
        self.counts: Counter[tuple[str, str]] = Counter()

    def offer(self, path: ReadPath, used: Strategy, run: Run, result: Any) -> None:
        """Keeps a read of the sample until this thread's request is answered. No call."""
        setting = self._flags.state().settings.get(path.flag)
        if setting is None or not setting.shadow or self._chance() * 100 >= setting.shadow:
            return
        candidate = path.strategy(setting.value)
        shadow = path.default if used.name == candidate.name else candidate
        comparisons: list[_Comparison] = self._kept.__dict__.setdefault("comparisons", [])
        if shadow.name != used.name and len(comparisons) < _KEPT_PER_REQUEST:
            comparisons.append(_Comparison(path, used, shadow, run, result))

    def release(self) -> None:
        """Hands this thread's reads over to the thread that compares. Never waits: what has no room is skipped."""
        comparisons: list[_Comparison] = self._kept.__dict__.pop("comparisons", [])
        for comparison in comparisons:
            try:
                self._queue.put_nowait(comparison)
            except queue.Full:
                self._count(comparison, "skipped")
        if comparisons:
            self._ensure_thread()

    def _ensure_thread(self) -> None:
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, daemon=True, name="shadow-reads")
                self._thread.start()

    def _work(self) -> None:
        while True:
            comparison = self._queue.get()
            try:
                self.compare(comparison)
            except Exception:
                # Whatever a strategy raises: the answer was sent, and the next comparison has to come.
                logger.exception("a shadow read of %s failed", comparison.path.name)
                self._count(comparison, "failed")
            finally:
                self._queue.task_done()

    def wait(self) -> None:
        """Waits until every comparison that was handed over is made."""
        self._queue.join()

    def compare(self, comparison: _Comparison) -> None:
        """Reads by the other strategy and counts whether the result is the same. At most three reads, in 2 seconds."""
        path, now = comparison.path, self._monotonic()
        if now - self._minute >= 60:
            self._minute, self._units = now, 0.0
        if self._units >= UNITS_PER_MINUTE:
            self._count(comparison, "skipped")
            return
        with meter.recording() as calls:
            try:
                with within(DEADLINE_SECONDS):
                    is_equal = comparison.run(comparison.shadow)[0] == comparison.result
                if not is_equal:
                    self._sleep(_PAUSE_SECONDS)
                    with within(DEADLINE_SECONDS):
                        is_equal = comparison.run(comparison.shadow)[0] == comparison.run(comparison.used)[0]
            except DataLayerError as failure:
                self._count(comparison, "failed")
                logger.info(
                    "a shadow read of %s by %s failed: %s", path.name, comparison.shadow.name, failure
                )
                return
            finally:
                self._units += calls.read_units
        self._count(comparison, "equal" if is_equal else "different")
        if not is_equal:
            logger.warning(
                "read path %s: %s and %s have different results",
                path.name,
                comparison.used.name,
                comparison.shadow.name,
            )
            self._health.note_mismatch(path.flag)

    def _count(self, comparison: _Comparison, outcome: str) -> None:
        self.counts[comparison.path.name, outcome] += 1
        self._recorder.comparison(comparison.path.name, comparison.used.name, comparison.shadow.name, outcome)
