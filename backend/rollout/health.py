"""The health of new strategies by windows of a minute, and the rollback after several bad ones in a row."""

from __future__ import annotations

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from api.dynamodb.errors import DataLayerError
from api.dynamodb.table.lease import owner
from metrics.recorder import Recorder, recorder
from rollout.flag_cache import FlagCache, Start, in_thread
from rollout.flag_store import FlagStore
from rollout.flags import Flag, Setting
from rollout.statistics import percentile

logger = logging.getLogger(__name__)

WINDOW_SECONDS = 60.0
# A window with fewer reads of a strategy says nothing about it.
FEWEST_READS = 20
MOST_ERRORS = 0.02
# Without a limit of its own a strategy may have this many times the P95 of the default one, and so much more.
SLOWER, SLOWER_MS = 1.5, 5.0
_KEPT_READS = 2_000


@dataclass
class _Reads:
    milliseconds: list[float] = field(default_factory=list)
    count: int = 0
    errors: int = 0

    def p95(self) -> float:
        return percentile(self.milliseconds, 95)


@dataclass
class _Window:
    ends: float
    reads: defaultdict[str, _Reads] = field(default_factory=lambda: defaultdict(_Reads))
    mismatches: int = 0


class Health:
    """What a process has seen of each read path. Safe to share between threads.

    flags: the settings. store: where a rollback is written. monotonic: seconds of a clock; start: runs a function
    in the background; now: the present moment. recorder: keeps how each window was judged.
    """

    def __init__(
        self,
        declared: Mapping[str, Flag],
        flags: FlagCache,
        store: FlagStore,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        start: Start = in_thread,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        recorder: Recorder = recorder,
    ) -> None:
        self._declared, self._flags, self._store, self._recorder = declared, flags, store, recorder
        self._monotonic, self._start, self._now = monotonic, start, now
        self._lock = threading.Lock()
        self._windows: dict[str, _Window] = {}
        self._bad: dict[str, int] = {}

    def note(self, path: str, strategy: str, seconds: float, *, is_error: bool = False) -> None:
        """Counts a read. No call; the first read after a window's end judges it."""
        with self._lock:
            reads = self._window(path).reads[strategy]
            reads.count += 1
            reads.errors += is_error
            if len(reads.milliseconds) < _KEPT_READS:
                reads.milliseconds.append(seconds * 1000)

    def note_mismatch(self, path: str) -> None:
        """Counts a shadow read with another result."""
        with self._lock:
            self._window(path).mismatches += 1

    def _window(self, path: str) -> _Window:
        now = self._monotonic()
        window = self._windows.get(path)
        if window is not None and now < window.ends:
            return window
        if window is not None:
            self._judge(path, window)
        self._windows[path] = fresh = _Window(now + WINDOW_SECONDS)
        return fresh

    def _judge(self, path: str, window: _Window) -> None:
        setting = self._flags.state().settings.get(path)
        flag = self._declared[path]
        if setting is None or setting.value == flag.default:
            self._bad.pop(path, None)
            return
        fault = _fault(flag, setting, window)
        self._record(flag, setting, window, fault)
        if fault is None:
            return  # too few reads to tell: the count of bad windows stays as it is
        if not fault:
            self._bad[path] = 0
            return
        self._bad[path] = bad = self._bad.get(path, 0) + 1
        logger.warning(
            "read path %s, %s: bad window %d of %d: %s", path, setting.value, bad, setting.bad_windows, fault
        )
        if setting.bad_windows and bad >= setting.bad_windows:
            self._bad[path] = 0
            self._start(
                lambda: self._roll_back(flag, setting, f"automatic rollback after {bad} bad windows: {fault}")
            )

    def _record(self, flag: Flag, setting: Setting, window: _Window, fault: str | None) -> None:
        reads, usual = window.reads[setting.value], window.reads[flag.default]
        self._recorder.window(
            flag.name, event="too few reads" if fault is None else "bad window" if fault else "good window",
            strategy=setting.value, against=flag.default, reads=reads.count, errors=reads.errors,
            p95_ms=round(reads.p95(), 1) if reads.count else None,
            usual_p95_ms=round(usual.p95(), 1) if usual.count else None,
            different=window.mismatches, reason=fault or "",
        )  # fmt: skip

    def _roll_back(self, flag: Flag, setting: Setting, reason: str) -> None:
        try:
            state = self._store.read()
            present = state.settings.get(flag.name)
            if present is None or (present.value, present.since) != (setting.value, setting.since):
                logger.info("read path %s was changed meanwhile: no rollback", flag.name)
                return
            now = self._now()
            self._store.write(
                state.with_settings({flag.name: Setting(flag.default, 100, now)}, now, owner(), reason)
            )
        except DataLayerError as failure:
            logger.warning("read path %s was not rolled back: %s", flag.name, failure)
        else:
            logger.warning("read path %s is %s again: %s", flag.name, flag.default, reason)
            self._recorder.window(
                flag.name, event="rolled back", strategy=setting.value, against=flag.default, reason=reason
            )


def _fault(flag: Flag, setting: Setting, window: _Window) -> str | None:
    """What is wrong in a window; an empty text if nothing is, None if there were too few reads to tell."""
    if window.mismatches:
        return f"{window.mismatches} shadow reads with another result"
    reads, usual = window.reads[setting.value], window.reads[flag.default]
    if reads.count < FEWEST_READS:
        return None
    if reads.errors > MOST_ERRORS * reads.count:
        return f"{reads.errors} of {reads.count} reads failed"
    limit = setting.max_p95_ms
    if limit is None and usual.count >= FEWEST_READS:
        limit = SLOWER * usual.p95() + SLOWER_MS
    if limit is not None and reads.p95() > limit:
        return f"P95 is {reads.p95():.1f} ms, the limit {limit:.1f} ms"
    return ""
