"""A generated week of a service, in memory, for `make dashboard ARGS=--demo`; a moment has the same figures always."""

from __future__ import annotations

import json
import math
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from metrics.groups import call_group, limit_group, shadow_group
from metrics.items import (
    Figures,
    WireItem,
    event_key,
    events_item,
    figures_item,
    health_item,
    hour_key,
    minute_key,
)

TABLE, METRICS, HISTORY = "algoitny_main", "algoitny_metrics", "algoitny_main_schema_history"
PROCESSES = ("web-1-101-demo", "web-1-102-demo")
DAYS, MINUTES = 8, 12 * 60 + 10
# Requests a minute of one process, median and spread of their milliseconds, RCU and WCU of each.
_ROUTES: dict[str, tuple[float, float, float, float, float]] = {
    "route page problems": (9, 14, 0.5, 1.0, 0),
    "route api problems": (6, 9, 0.5, 1.0, 0),
    "route page runs": (4, 22, 0.6, 3.0, 0),
    "route api history, write": (3, 31, 0.6, 1.5, 8.0),
    "route page timeline": (3, 25, 0.6, 4.0, 0),
    "route api me": (2, 11, 0.4, 1.0, 0),
    "route api history, hints": (1, 28, 0.5, 1.0, 2.0),
}
_CALLS: dict[str, tuple[float, float, float, float, float]] = {
    call_group("GetItem", None): (18, 2.1, 0.4, 0.5, 0),
    call_group("Query", None): (9, 4.8, 0.5, 2.0, 0),
    call_group("Query", "GSI1"): (4, 5.5, 0.5, 2.5, 0),
    call_group("Query", "GSI2"): (3, 6.4, 0.6, 2.5, 0),
    call_group("UpdateItem", None): (4, 4.2, 0.4, 0, 1.5),
    call_group("TransactWriteItems", None): (3, 9.5, 0.5, 0, 6.0),
}
_DECISIONS = (
    ("execution", 1, 2.0, 0.12),
    ("execution", 2, 1.0, 0.01),
    ("hint", 1, 0.6, 0.3),
    ("hint", 2, 0.4, 0.05),
)
_PROBLEMS = tuple(
    f"baekjoon {number}" for number in (1000, 1003, 1149, 1463, 2557, 2579, 9095, 10828)
) + tuple(f"programmers {number}" for number in (12909, 42576, 42839, 43165))
_SHADOWED = ("my_runs", "partition_query", "partition_query_consistent")
_MOVED = (("users", 500, 0), ("problems", 300, 0), ("history", 20_000, 0), ("usage", 50_000, 15_411))
# Three hours ago, at the full hour, the table was slow for a quarter of an hour.
_INCIDENT_AGE, _INCIDENT_LENGTH = timedelta(hours=3), timedelta(minutes=15)


class DemoClient:
    """The items of a generated week, read as a table's.

    now: aware. processes, days, minutes: whose figures there are, and for how long by the hour and by the minute.
    """

    def __init__(
        self,
        now: datetime,
        *,
        processes: Sequence[str] = PROCESSES,
        days: int = DAYS,
        minutes: int = MINUTES,
    ) -> None:
        self.units, self.requests = 0.0, 0
        self._processes, self._days, self._minutes = processes, days, minutes
        self._items: dict[tuple[str, str], list[WireItem]] = defaultdict(list)
        self._now = now
        self._incident = now.replace(minute=0, second=0, microsecond=0) - _INCIDENT_AGE
        self._generate()

    def call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """The response of a Query; the dashboard makes no other read. Raises PermissionError for a write."""
        if operation != "Query":
            raise PermissionError(f"{operation} was not sent: the demonstration only answers queries")
        pk = request["ExpressionAttributeValues"][":pk"]["S"]
        items = sorted(self._items.get((request["TableName"], pk), ()), key=lambda item: item["SK"]["S"])
        if request.get("ScanIndexForward") is False:
            items = items[::-1]
        items = items[: request.get("Limit")]
        self.requests += 1
        self.units += max(0.5, len(json.dumps(items)) / 8192)
        return {"Items": items}

    def items(self, table: str) -> Iterator[WireItem]:
        """Every item of a table."""
        for (name, _), items in self._items.items():
            if name == table:
                yield from items

    def _put(self, table: str, item: WireItem) -> None:
        self._items[table, item["PK"]["S"]].append(item)

    def _generate(self) -> None:
        now = self._now.replace(second=0, microsecond=0)
        for process in self._processes:
            for back in range(1, self._days * 24):
                hour = (now - timedelta(hours=back)).replace(minute=0)
                self._put(
                    METRICS, figures_item(hour_key(hour, process), self._figures(hour, process, 60), hour)
                )
            for back in range(self._minutes):
                minute = now - timedelta(minutes=back)
                self._put(
                    METRICS,
                    figures_item(minute_key(minute, process), self._figures(minute, process, 1), minute),
                )
        for back in range(24 * 60):
            minute = now - timedelta(minutes=back)
            if minute.timestamp() // 60 % 7 == 0:
                self._events(minute)
        self._states(now)

    def _figures(self, at: datetime, process: str, minutes: int) -> Figures:
        chance, figures = _chance(at, process, minutes), Figures()
        load = 1 + 0.6 * math.sin((at.hour + at.minute / 60 - 9) / 24 * 2 * math.pi)
        is_slow = self._incident <= at < self._incident + _INCIDENT_LENGTH
        share = 1 if minutes == 1 else 4  # of an hour, a quarter was slow
        for group, (rate, median, spread, read, written) in (_ROUTES | _CALLS).items():
            count = max(0, round(chance.gauss(rate * load * minutes, math.sqrt(rate * minutes) / 2)))
            if not count:
                continue
            series, samples = figures.series(group), min(count, 40)
            for _ in range(samples):
                series.add(
                    chance.lognormvariate(math.log(median * (1 + 3 / share if is_slow else 1)), spread) / 1000
                )
            _scale(series, count)
            series.add_units(read * count, written * count, 2 if is_slow else 0)
            series.server_errors = count // (12 * share) if is_slow else int(chance.random() < count / 4000)
            series.client_errors = round(count * 0.02)
            if is_slow and group.startswith("call"):
                series.throttles = count // (10 * share)
        _count_decisions(figures, chance, load * minutes)
        _count_shadows(figures, chance, load * minutes, is_slow)
        for rank, problem in enumerate(_PROBLEMS):
            for _ in range(round(chance.expovariate(1) * load * minutes / (4 + 3 * rank))):
                is_solved = chance.random() < 0.65 - rank / 40
                figures.add_run(problem, solved=is_solved, failed=not is_solved)
        return figures

    def _events(self, at: datetime) -> None:
        chance = _chance(at)
        action, plan, _, share = chance.choice(_DECISIONS)
        is_denied, limit = chance.random() < share * 2, 5 if action == "hint" else 50
        reset = (at + timedelta(days=1)).replace(hour=15, minute=0)
        decision = {
            "at": _text(at), "action": action, "plan": plan, "outcome": "denied" if is_denied else "allowed",
            "route": "route api history, hints" if action == "hint" else "route api history, write",
            "wcu": 1.0, "limit": limit, "count": limit if is_denied else chance.randrange(1, limit),
            "reset": _text(reset), "retry_after": int((reset - at).total_seconds()) if is_denied else 0,
        }  # fmt: skip
        steps: list[dict[str, Any]] = []
        if chance.random() < 0.12:
            is_failed = chance.random() < 0.15
            steps = [
                {"at": _text(at), "job": "erasure", "step": "started", "pending": 0},
                {
                    "at": _text(at + timedelta(seconds=7)), "job": "erasure",
                    "step": "failed" if is_failed else "finished", "ms": round(chance.uniform(5200, 9800), 1),
                    **({"error": "Throttled"} if is_failed else {"removed": chance.randrange(3, 400), "wcu": 61.0}),
                },
            ]  # fmt: skip
        errors = (
            [{"at": _text(at), "error": "Unavailable", "method": "POST", "route": "api/history/"}]
            if chance.random() < 0.03
            else []
        )
        windows = [_window(at, chance, self._incident)]
        for kind, events in (("limit", [decision]), ("job", steps), ("error", errors), ("rollout", windows)):
            if events:
                self._put(METRICS, events_item(event_key(at, kind, self._processes[0]), events, at))

    def _states(self, now: datetime) -> None:
        index = {"status": "ACTIVE", "items": 58_091, "bytes": 9_400_000, "backfilling": False}
        state = {
            "status": "ACTIVE", "items": 113_908, "bytes": 32_700_000, "at": _text(now),
            "indexes": {"GSI1": index, "GSI2": {**index, "items": 20_000, "bytes": 4_100_000}},
        }  # fmt: skip
        self._put(METRICS, health_item(TABLE, state))
        for name in (
            "create_algoitny_main",
            "compress_texts",
            "add_output_digests",
            "create_algoitny_metrics",
            "list_solutions",
        ):
            record = {
                "status": "applied",
                "steps_done": "1",
                "steps": "1",
                "began": _text(now - timedelta(days=3)),
            }
            self._put(
                HISTORY,
                {
                    "PK": {"S": "ENV#dev"}, "SK": {"S": f"CHANGE#migration_{name}"},
                    **{key: {"S": value} for key, value in record.items()},
                },
            )  # fmt: skip
        steps = {
            name: {
                "done": True, "total": total, "done_at": _text(now - timedelta(days=3)),
                "counts": {"read": total, "written": total - skipped, "skipped": skipped, "dead": 0},
            }
            for name, total, skipped in _MOVED
        }  # fmt: skip
        self._put(
            TABLE,
            {"PK": {"S": "OPS#migration"}, "SK": {"S": "JOB"}, "state": {"S": json.dumps({"steps": steps})}},
        )


def _chance(*parts: object) -> random.Random:
    """The same numbers for the same parts, so that what was generated of a moment stays as it is."""
    return random.Random(" ".join(map(str, parts)))  # noqa: S311 (no secret)


def _window(at: datetime, chance: random.Random, incident: datetime) -> dict[str, Any]:
    path, usual, strategy = _SHADOWED
    is_bad = incident <= at < incident + _INCIDENT_LENGTH
    p95 = chance.uniform(8, 11) * (4 if is_bad else 1)
    return {
        "at": _text(at), "path": path, "event": "bad window" if is_bad else "good window", "strategy": strategy,
        "against": usual, "reads": chance.randrange(20, 60), "errors": 0, "p95_ms": round(p95, 1),
        "usual_p95_ms": 9.4, "different": 0,
        "reason": f"P95 is {p95:.1f} ms, the limit 19.1 ms" if is_bad else "",
    }  # fmt: skip


def _count_decisions(figures: Figures, chance: random.Random, load: float) -> None:
    for action, plan, rate, share in _DECISIONS:
        count = round(chance.gauss(rate * load, 0.4 * math.sqrt(load)))
        denied = round(count * share * chance.uniform(0.5, 1.5))
        for outcome, number in (("allowed", count - denied), ("denied", denied)):
            if number > 0:
                series = figures.series(limit_group(action, plan, outcome))
                series.n += number
                series.write_units += 150 * number


def _count_shadows(figures: Figures, chance: random.Random, load: float, is_slow: bool) -> None:
    for outcome, rate in (("equal", 1.5), ("different", 0.002), ("failed", 0.2 if is_slow else 0.0)):
        count = round(chance.gauss(rate * load, 0.3 * math.sqrt(rate * load))) if rate else 0
        if count > 0:
            figures.series(shadow_group(*_SHADOWED, outcome)).n += count


def _scale(series: Any, count: int) -> None:
    """Makes a sample of a series stand for `count` requests."""
    factor = count / series.n
    for bucket in series.histogram:
        series.histogram[bucket] = max(1, round(series.histogram[bucket] * factor))
    series.n, series.total = count, round(series.total * factor)


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
