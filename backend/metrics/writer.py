"""The thread of each process that writes its figures to the table of metrics, once a minute.

An item belongs to one process and one minute, so writing it again changes nothing. What cannot be written waits, up
to a bound, and is then counted as dropped. Nothing here is on a request's path, and nothing here raises.
"""

from __future__ import annotations

import atexit
import logging
import os
import random
import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from api.dynamodb.errors import DataLayerError, TableMissing
from api.dynamodb.transport.deadlines import within
from api.dynamodb.transport.factory import DynamoDBTransport, transport_for
from config.environment import environment
from metrics.emf import emf_fields
from metrics.health import table_state
from metrics.items import (
    EVENTS_KEPT,
    HEALTH,
    HOURS_KEPT,
    MINUTES_KEPT,
    Figures,
    WireItem,
    event_key,
    events_item,
    figures_item,
    health_item,
    hour_key,
    minute_key,
)
from metrics.recorder import Recorder, recorder

logger = logging.getLogger("algoitny.metrics")

PERIOD = timedelta(minutes=1)
# An hour's item is written this often, so that a killed process loses no more of it.
HOUR_PERIODS = 10
# All writes of a minute together, and those of a process that ends, take at most so long.
SECONDS = 2.0
MAX_ITEMS = 60
_COLLECT_SECONDS = 1.0
_WARN_SECONDS = 3600.0


class _Unsent(NamedTuple):
    item: WireItem
    samples: int


def process_name() -> str:
    """A name of this process that no other has: host, process id and the second of its start."""
    return f"{socket.gethostname()[:40]}-{os.getpid()}-{int(time.time()):x}"


class MetricsWriter:
    """Counts and writes the records of one process.

    process: its name in keys. warns: logs once an hour that figures could not be written. emf: logs the figures as
    well, for CloudWatch. now: aware; tests replace it.
    """

    def __init__(
        self,
        source: Recorder,
        table: str,
        transport: Callable[[], DynamoDBTransport] = transport_for,
        *,
        process: str | None = None,
        warns: bool = True,
        emf: bool = False,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._source, self._table, self._transport, self._now = source, table, transport, now
        self._process, self._warns, self._emf = process or process_name(), warns, emf
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._unsent: dict[tuple[str, str], _Unsent] = {}
        self._dropped = 0
        # Processes that start together write at different seconds.
        phase = timedelta(seconds=random.uniform(1, PERIOD.total_seconds()))  # noqa: S311 (no secret)
        self._period, self._period_end = now(), now() + phase
        self._hour, self._hour_figures, self._periods = _hour_of(now()), Figures(), 0
        self._warned_at = float("-inf")

    @property
    def unsent(self) -> int:
        """The number of items that wait for the table."""
        return len(self._unsent)

    def start(self) -> None:
        """Records from now on, and writes until the process ends."""
        self._source.enabled = True
        try:
            threading.Thread(target=self._run, name="metrics-writer", daemon=True).start()
        except RuntimeError as error:
            self._source.enabled = False
            logger.error("nothing is recorded in this process: %s", error)
            return
        atexit.register(self.stop)

    def _run(self) -> None:
        while not self._stopping.wait(_COLLECT_SECONDS):
            try:
                self.tick()
            except Exception:
                logger.exception("figures of this process could not be counted")

    def tick(self) -> None:
        """Counts what was recorded; at the end of a minute, writes. At most 2 s, one PutItem an item: 1 to 3 WCU."""
        with self._lock:
            self._source.collect()
            if self._now() >= self._period_end:
                self._close_period()
                if self._periods % HOUR_PERIODS == 1:
                    self._queue_health()
                self._send()

    def stop(self) -> None:
        """Writes what is left, within 2 s, and records no more."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        self._source.enabled = False
        if not self._lock.acquire(timeout=SECONDS):
            return
        try:
            self._source.collect()
            self._close_period()
            self._queue_hour()
            self._send()
        except Exception:
            if self._warns:
                logger.exception("the last figures of this process could not be counted")
        finally:
            self._lock.release()

    def _close_period(self) -> None:
        began, now = self._period, self._now()
        self._period, self._period_end = now, now + PERIOD
        figures, events = self._source.take()
        figures.dropped += self._dropped
        self._dropped = 0
        if _hour_of(began) != self._hour:
            self._queue_hour()
            self._hour, self._hour_figures, self._periods = _hour_of(began), Figures(), 0
        self._hour_figures.merge(figures)
        self._periods += 1
        if figures and self._emf:
            for fields in emf_fields(figures, began):
                logger.info("figures of %s", fields["Group"], extra={"fields": fields})
        if figures:
            key = minute_key(began, self._process)
            self._queue(
                key, figures_item(key, figures, began + MINUTES_KEPT), figures.samples + figures.dropped
            )
        for kind, sample in events.items():
            key = event_key(began, kind, self._process)
            self._queue(key, events_item(key, sample, began + EVENTS_KEPT), 0)
        if self._periods % HOUR_PERIODS == 0:
            self._queue_hour()

    def _queue_hour(self) -> None:
        if self._hour_figures:
            key = hour_key(self._hour, self._process)
            self._queue(key, figures_item(key, self._hour_figures, self._hour + HOURS_KEPT), 0)

    def _queue_health(self) -> None:
        name = environment().table_name
        try:
            with within(SECONDS):
                state = table_state(self._transport(), name)
        except DataLayerError as failure:
            state = {"error": type(failure).__name__}
        item = health_item(name, {**state, "at": self._now().isoformat(timespec="seconds")})
        self._queue((HEALTH, name), item, 0)

    def _queue(self, key: tuple[str, str], item: WireItem, samples: int) -> None:
        """Has an item wait for the table; the oldest gives way when there are too many."""
        self._unsent.pop(key, None)
        self._unsent[key] = _Unsent(item, samples)
        while len(self._unsent) > MAX_ITEMS:
            oldest = next(iter(self._unsent))
            self._dropped += self._unsent.pop(oldest).samples

    def _send(self) -> None:
        """Writes what waits, oldest first, until the time is over or a write fails."""
        if not self._unsent:
            return
        try:
            with within(SECONDS):
                transport = self._transport()
                for key, unsent in list(self._unsent.items()):
                    transport.send("PutItem", {"TableName": self._table, "Item": unsent.item})
                    del self._unsent[key]
        except DataLayerError as failure:
            self._warn(failure)

    def _warn(self, failure: DataLayerError) -> None:
        now = time.monotonic()
        if not self._warns or now - self._warned_at < _WARN_SECONDS:
            return
        self._warned_at = now
        reason: object = failure
        if isinstance(failure, TableMissing):
            reason = "the table does not exist: create it with make dynamodb-init"
        logger.warning(
            "figures could not be written to %s and wait: %s", self._table, reason,
            extra={"fields": {"event": "metrics_not_written", "table": self._table, "waiting": self.unsent}},
        )  # fmt: skip


def _hour_of(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def start_writing() -> MetricsWriter | None:
    """Starts the writer of this process, unless `ALGOITNY_METRICS=0`. No call is made here."""
    settings = environment()
    if not settings.metrics:
        return None
    writer = MetricsWriter(recorder, settings.metrics_table, emf=settings.metrics_emf)
    writer.start()
    return writer
