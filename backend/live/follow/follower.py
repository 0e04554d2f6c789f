"""The loop that follows a source: collects changes, applies them in batches, measures its lag, notes its status."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from live.follow.applier import MOST_UNITS, Applier
from live.follow.batch import ChangeCollector
from live.follow.lag import LagWindow, Pace
from live.source.changes import ChangeSource, Commit, Position

# A batch is applied when its first change has waited for this long, or when nothing more comes.
WINDOW_SECONDS = 0.2
MARK_SECONDS = 1.0
STATUS_SECONDS = 1.0
# A pass of the loop never takes more rows to try again than this, so that changes are not held up.
_RETRIES = 200


@dataclass
class Follower:
    """Follows one connection of a source. `check` is called before each batch and raises when this run has to end.

    `on_status` is called with each status; `lag` goes on over several connections.
    """

    changes: ChangeSource
    collector: ChangeCollector
    applier: Applier
    check: Callable[[], None] = lambda: None
    on_status: Callable[[dict[str, Any]], None] = lambda status: None
    lag: LagWindow = field(default_factory=LagWindow)
    _pace: Pace = field(default_factory=Pace, init=False)
    _waiting_since: float | None = field(default=None, init=False)
    _marked_at: float = field(default=0.0, init=False)
    _noted_at: float = field(default=0.0, init=False)

    def run(self, until: Position | None = None) -> None:
        """Follows until everything up to `until` is applied, but for XA transactions that are open; or without end.

        Raises `SourceRefused`, `SourceLost`, `Fenced` and whatever `check` raises; the ledger says where to go on.
        """
        collector = self.collector
        for event in self.changes.events():
            if event is not None:
                collector.add(event)
            now = time.monotonic()
            if self._waiting_since is None and collector.batch:
                self._waiting_since = now
            if self._is_due(now, is_idle=event is None):
                self._flush()
            elif isinstance(event, Commit) and not collector.batch:
                self._note(now)
            if event is None:
                self._idle(now)
            if until is not None and self._has_reached(until) and isinstance(event, Commit | None):
                self._flush()
                return

    def _is_due(self, now: float, *, is_idle: bool) -> bool:
        if self._waiting_since is None:
            return False
        return (
            is_idle or len(self.collector.batch) >= MOST_UNITS or now - self._waiting_since >= WINDOW_SECONDS
        )

    def _flush(self) -> None:
        """Applies what was collected, and rows whose key has become free."""
        self.check()
        batch = self.collector.take()
        self._waiting_since = None
        while True:  # what one batch has freed is in the next one
            batch.units |= self.applier.ledger.retries(_RETRIES)
            if not batch.units:
                break
            self.applier.apply(batch, self.collector.safe_position, self._notes())
            batch = self.collector.take()
        self._note(time.monotonic(), at_once=True)

    def _idle(self, now: float) -> None:
        """Nothing has come: notes the position, writes a mark by which the lag is known, tries waiting rows again."""
        self._note(now)
        if now - self._marked_at >= MARK_SECONDS:
            self._marked_at = now
            self.check()
            self.applier.server.mark(time.time_ns() // 1_000)
            if self.applier.ledger.retries(1):
                self._flush()

    def _note(self, now: float, *, at_once: bool = False) -> None:
        """Notes position and status when everything that was read is applied, as a rule at most once a second."""
        if self.collector.batch:
            return
        self.lag.applied(self.collector.batch.mark)
        if now - self._noted_at < STATUS_SECONDS and not at_once:
            return
        self._noted_at = now
        position, status = self.collector.safe_position, self._notes()
        ledger = self.applier.ledger
        with ledger.transaction():
            ledger.set_notes(status=json.dumps(status))
            if position is not None:
                ledger.note_position(position)
        self.on_status(status)

    def _has_reached(self, until: Position) -> bool:
        position = self.collector.position
        return position is not None and position >= until

    def _notes(self) -> dict[str, Any]:
        totals = self.applier.totals
        self._pace.applied(self.collector.commit_time)
        left = self._pace.seconds_left(time.time())
        exact = self.collector.safe_position == self.collector.position
        return {
            "at": round(time.time(), 3),
            "commit_time": self.collector.commit_time,
            "eta_s": None if left is None else round(left),
            "gtid": self.collector.gtid if exact else "",
            "open_xa": self.collector.open_xa,
            "rows": self.collector.rows,
            "batches": totals.batches,
            "keys": totals.units,
            "items": totals.items,
            "removed": totals.removals,
            "keys_per_s": round(totals.units / totals.seconds) if totals.seconds else 0,
            "write_units": round(self.applier.lanes.consumed),
            "throttled": self.applier.lanes.throttled,
            **self.lag.report(),
        }
