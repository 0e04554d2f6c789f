"""Reads figures and events of a range: one Query for each partition, in threads."""

from __future__ import annotations

import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from dashboard.client import Reads, query
from dashboard.errors import Unreadable
from metrics.items import HEALTH, Figures, read_figures, read_json

# Up to this length a range is shown by the minute.
BY_MINUTE = timedelta(hours=6)
HOUR = timedelta(hours=1)
# An hour's items are complete so long after its end.
_SETTLED = timedelta(minutes=12)
_THREADS = 8
OPERATIONS = "OPS#migration"


@dataclass(frozen=True)
class Range:
    """From `start` up to `end`, aware, in UTC."""

    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        """How long it is."""
        return self.end - self.start

    @property
    def compared(self) -> Range:
        """The part of it that is compared with the time before: the whole, or its complete hours."""
        length = self.length if self.length <= BY_MINUTE else self.length // HOUR * HOUR
        return Range(self.start, self.start + length)

    @property
    def before(self) -> Range:
        """The time just before it, as long as what is compared with it."""
        return Range(self.start - self.compared.length, self.start)

    @property
    def step(self) -> timedelta:
        """The width of a point of a chart."""
        if self.length <= HOUR:
            return timedelta(minutes=1)
        return timedelta(minutes=5) if self.length <= BY_MINUTE else HOUR


@dataclass
class Timeline:
    """Figures by the moment at which their time begins.

    unreadable: what is of a form not known here. newest: when the last minute that was read begins.
    """

    range: Range
    points: dict[datetime, Figures] = field(default_factory=dict)
    unreadable: int = 0
    processes: set[str] = field(default_factory=set)
    newest: datetime | None = None

    @property
    def total(self) -> Figures:
        """All points together."""
        return self._sum(self.range.end)

    @property
    def compared(self) -> Figures:
        """The points that are compared with the time before."""
        return self._sum(self.range.compared.end)

    def _sum(self, end: datetime) -> Figures:
        total = Figures()
        for at, figures in self.points.items():
            if at < end:
                total.merge(figures)
        return total


def hours_of(span: Range) -> list[datetime]:
    """The hours that a range touches."""
    hour = span.start.replace(minute=0, second=0, microsecond=0)
    hours = []
    while hour < span.end:
        hours.append(hour)
        hour += HOUR
    return hours


class Reader:
    """Reads one metrics table. Every method raises `Unreadable`."""

    def __init__(self, reads: Reads, metrics_table: str, history_table: str, table: str) -> None:
        self.reads = reads
        self._metrics, self._history, self._table = metrics_table, history_table, table

    def timeline(self, span: Range, now: datetime) -> Timeline:
        """The figures of a range: by the minute up to six hours, else by the hour, the present one from its minutes.

        One Query a partition, an hour's minutes or a day's hours: 0.5 RCU for each started 4 KB.
        """
        timeline = Timeline(span)
        hours = hours_of(span)
        minutes = hours if span.length <= BY_MINUTE else [h for h in hours if h + HOUR + _SETTLED > now]
        days = sorted({hour.date() for hour in hours if hour not in minutes})
        partitions = [f"M#{hour:%Y-%m-%dT%H}" for hour in minutes] + [f"H#{day:%Y-%m-%d}" for day in days]
        is_minute = set(minutes)
        for pk, items in self._partitions(partitions):
            for item in items:
                self._add(timeline, pk, item, is_minute)
        return timeline

    def _partitions(self, keys: list[str]) -> Iterable[tuple[str, list[dict[str, Any]]]]:
        with ThreadPoolExecutor(_THREADS) as threads:
            pages = threads.map(lambda pk: list(query(self.reads, self._metrics, pk)), keys)
            return list(zip(keys, pages, strict=True))

    def _add(self, timeline: Timeline, pk: str, item: dict[str, Any], minutes: set[datetime]) -> None:
        at = _moment(pk, item)
        if at is None:
            timeline.unreadable += 1
            return
        span = timeline.range
        step = span.step
        if pk.startswith("H#") and at in minutes:  # read from its minutes
            return
        # By the hour a range begins with an hour.
        if not span.start <= at < span.end:
            return
        figures, unreadable = read_figures(item)
        timeline.unreadable += unreadable
        timeline.newest = at if timeline.newest is None else max(timeline.newest, at)
        timeline.processes.add(item["SK"]["S"].partition("#")[2])
        slot = datetime.fromtimestamp(at.timestamp() // step.total_seconds() * step.total_seconds(), UTC)
        point = timeline.points.get(slot)
        if point is None:
            timeline.points[slot] = figures
        else:
            point.merge(figures)

    def events(self, kind: str, span: Range, limit: int = 200) -> list[dict[str, Any]]:
        """The newest events of a kind in a range, newest first, at most about `limit`. One Query for each day."""
        events: list[dict[str, Any]] = []
        day = span.end
        while day.date() >= span.start.date() and len(events) < limit:
            for item in query(
                self.reads, self._metrics, f"D#{day:%Y-%m-%d}#{kind}", ScanIndexForward=False, Limit=limit
            ):
                stored = read_json(item, "e")
                events += [each for each in stored or () if isinstance(each, dict) and _within(each, span)]
            day -= timedelta(days=1)
        return sorted(events, key=lambda event: str(event["at"]), reverse=True)[:limit]

    def health(self) -> dict[str, dict[str, Any]]:
        """The state of each table as a process last wrote it. One Query."""
        states = {}
        for item in query(self.reads, self._metrics, HEALTH):
            state = read_json(item, "d")
            if isinstance(state, dict):
                states[item["SK"]["S"]] = state
        return states

    def changes(self, env: str) -> list[dict[str, Any]]:
        """The versioned changes of an environment, by name. One Query of the history."""
        rows = []
        for item in query(self.reads, self._history, f"ENV#{env}"):
            name = str(item.get("SK", {}).get("S", ""))
            if name.startswith("CHANGE#"):
                plain = {
                    key: next(iter(value.values())) for key, value in item.items() if isinstance(value, dict)
                }
                rows.append(
                    {
                        "change": name.removeprefix("CHANGE#"), "status": plain.get("status", "?"),
                        "steps": f"{plain.get('steps_done', 0)} of {plain.get('steps', 0)}",
                        "began": plain.get("began", ""), "ended": plain.get("ended", ""),
                        "error": plain.get("error", "") or "",
                    }
                )  # fmt: skip
        return rows

    def move(self) -> list[dict[str, Any]]:
        """The steps of the move and how far each is, by its checkpoints. One Query."""
        rows = []
        for item in query(self.reads, self._table, OPERATIONS, ConsistentRead=False):
            try:
                state = json.loads(item["state"]["S"])
                for name, step in state["steps"].items():
                    counts = step["counts"]
                    rows.append(
                        {
                            "step": name, "state": "finished" if step["done"] else "under way",
                            "rows": step["total"], "read": counts["read"], "written": counts["written"],
                            "skipped": counts["skipped"], "dead letters": counts["dead"], "finished": step["done_at"],
                        }
                    )  # fmt: skip
            except (KeyError, TypeError, ValueError, AttributeError):
                continue
        return rows


def _moment(pk: str, item: dict[str, Any]) -> datetime | None:
    """When the time of an item's figures begins; None for a key of another form."""
    try:
        part = str(item["SK"]["S"]).partition("#")[0]
        if pk.startswith("M#"):
            return datetime.fromisoformat(f"{pk[2:]}:{part}+00:00")
        return datetime.fromisoformat(f"{pk[2:]}T{part}:00:00+00:00")
    except (KeyError, TypeError, ValueError):
        return None


def _within(event: dict[str, Any], span: Range) -> bool:
    try:
        return span.start <= datetime.fromisoformat(str(event["at"])) <= span.end
    except (KeyError, ValueError):
        return False


__all__ = ["Range", "Reader", "Timeline", "Unreadable", "hours_of"]
