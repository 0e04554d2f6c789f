"""Records what a process does. Recording appends to a queue; `collect` counts, in the thread that writes.

It is off until a writer turns it on, so tools and tests record nothing.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from api.dynamodb.metering.meter import Call
from api.dynamodb.usage_limits.decisions import Decision
from metrics.groups import Outcome, call_group, job_group, limit_group, route_group, shadow_group
from metrics.items import Figures

# Records that wait to be counted; the writer counts once a second.
MAX_WAITING = 50_000
# Events that are kept of a minute: of each kind, and of admitted uses, which are a sample.
EVENTS_A_MINUTE = 10
ADMITTED_A_MINUTE = 4
_THROTTLES = frozenset(
    {"ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded", "Throttled"}
)
_CLIENT_ERRORS = frozenset({"ConditionalCheckFailedException", "TransactionCanceledException"})


# Route and method of the request that this thread answers.
_request: ContextVar[tuple[str | None, str | None] | None] = ContextVar("recorded_request", default=None)


class EventSample:
    """The events of one kind in a minute: all of them up to a number, then a random sample."""

    def __init__(self, size: int) -> None:
        self._size, self._seen = size, 0
        self.events: list[dict[str, Any]] = []

    def add(self, event: dict[str, Any]) -> None:
        """Keeps the event, or not."""
        self._seen += 1
        if len(self.events) < self._size:
            self.events.append(event)
            return
        position = random.randrange(self._seen)  # noqa: S311 (no secret)
        if position < self._size:
            self.events[position] = event


class Recorder:
    """The records of a process. Safe to share between threads; `collect` and `take` belong to the writer's."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.enabled = False
        self._now = now
        self._waiting: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()
        self._figures = Figures()
        self._events: dict[tuple[str, bool], EventSample] = {}

    def begin(self, route: str | None, method: str | None) -> None:
        """Says which request this thread answers, for the decisions that are made on the way."""
        _request.set((route, method))

    def request(
        self, route: str | None, method: str | None, status: int, seconds: float, calls: Sequence[Call]
    ) -> None:
        """Records a request that ended, and the data calls that it made."""
        _request.set(None)
        self._wait(self._count_request, (route, method, status, seconds, calls))

    def decision(
        self,
        action: str,
        plan_id: int | None,
        decision: Decision | None,
        write_units: float,
        reason: str = "",
    ) -> None:
        """Records a decision of the limiter; None stands for a refusal without the table, for that reason."""
        values = (self._now(), action, plan_id, decision, write_units, reason, _request.get())
        self._wait(self._count_decision, values)

    def run(self, problem: str, *, solved: bool, failed: bool) -> None:
        """Records a run of a problem, named by platform and number."""
        self._wait(self._count_run, (problem, solved, failed))

    def job(
        self, name: str, step: str, seconds: float = 0.0, error: str | None = None, **fields: Any
    ) -> None:
        """Records a step of a job; `finished` and `failed` end it and count. Fields are numbers and types."""
        self._wait(self._count_job, (self._now(), name, step, seconds, error, fields))

    def error(self, error_type: str, **fields: Any) -> None:
        """Records that a request or a job met an error of a type that nobody expected."""
        self._wait(self._keep, ("error", False, {"at": _text(self._now()), "error": error_type, **fields}))

    def comparison(self, path: str, used: str, shadow: str, outcome: str) -> None:
        """Records a shadow read of a path: by which strategies, and how the comparison ended."""
        self._wait(self._count_comparison, (self._now(), path, used, shadow, outcome))

    def window(self, path: str, **fields: Any) -> None:
        """Records how a minute of a path that is being rolled out was judged, or that it was rolled back."""
        self._wait(self._keep, ("rollout", False, {"at": _text(self._now()), "path": path, **fields}))

    def _wait(self, count: Callable[..., None], arguments: tuple[Any, ...]) -> None:
        if not self.enabled:
            return
        if len(self._waiting) < MAX_WAITING:
            self._waiting.append((count, arguments))
        else:
            self._figures.dropped += 1

    def collect(self) -> None:
        """Counts what waits."""
        waiting = self._waiting
        while waiting:
            count, arguments = waiting.popleft()
            count(*arguments)

    def take(self) -> tuple[Figures, dict[str, list[dict[str, Any]]]]:
        """The figures and the events by kind since the last call."""
        figures, self._figures = self._figures, Figures()
        samples, self._events = self._events, {}
        events: dict[str, list[dict[str, Any]]] = {}
        for (kind, _), sample in samples.items():
            events.setdefault(kind, []).extend(sample.events)
        return figures, events

    def _count_request(
        self, route: str | None, method: str | None, status: int, seconds: float, calls: Sequence[Call]
    ) -> None:
        series = self._figures.series(route_group(route, method))
        series.add(seconds)
        if status >= 500:
            series.server_errors += 1
        elif status >= 400:
            series.client_errors += 1
        for call in calls:
            series.add_units(call.read_units, call.write_units, call.retries)
            self._count_call(call)

    def _count_call(self, call: Call) -> None:
        series = self._figures.series(call_group(call.operation, call.index))
        series.add(call.duration)
        series.add_units(call.read_units, call.write_units, call.retries)
        if call.error is None:
            return
        if call.error in _CLIENT_ERRORS:
            series.client_errors += 1
        else:
            series.server_errors += 1
            series.throttles += call.error in _THROTTLES

    def _count_decision(
        self, at: datetime, action: str, plan_id: int | None, decision: Decision | None,
        write_units: float, reason: str, request: tuple[str | None, str | None] | None,
    ) -> None:  # fmt: skip
        outcome = outcome_of(decision)
        series = self._figures.series(limit_group(action, plan_id, outcome))
        series.n += 1
        series.add_units(0, write_units, 0)
        event: dict[str, Any] = {
            "at": _text(at), "action": action, "plan": plan_id or 0, "outcome": outcome, "wcu": write_units,
        }  # fmt: skip
        if decision is not None:
            event |= {
                "limit": decision.limit, "count": decision.count, "reset": _text(decision.reset_time),
                "retry_after": decision.retry_after,
            }  # fmt: skip
        if reason:
            event["reason"] = reason
        if request is not None:
            event["route"] = route_group(*request)
        self._keep("limit", outcome == "allowed", event)

    def _count_run(self, problem: str, solved: bool, failed: bool) -> None:
        self._figures.add_run(problem, solved=solved, failed=failed)

    def _count_job(
        self, at: datetime, name: str, step: str, seconds: float, error: str | None, fields: Mapping[str, Any]
    ) -> None:
        event: dict[str, Any] = {"at": _text(at), "job": name, "step": step, **fields}
        if step in ("finished", "failed"):
            series = self._figures.series(job_group(name))
            series.add(seconds)
            series.server_errors += step == "failed"
            event["ms"] = round(seconds * 1000, 1)
        if error is not None:
            event["error"] = error
        self._keep("job", False, event)

    def _count_comparison(self, at: datetime, path: str, used: str, shadow: str, outcome: str) -> None:
        self._figures.series(shadow_group(path, used, shadow, outcome)).n += 1
        if outcome == "different":
            event = {"at": _text(at), "path": path, "event": outcome, "strategy": shadow, "against": used}
            self._keep("rollout", False, event)

    def _keep(self, kind: str, is_admission: bool, event: dict[str, Any]) -> None:
        size = ADMITTED_A_MINUTE if is_admission else EVENTS_A_MINUTE
        self._events.setdefault((kind, is_admission), EventSample(size)).add(event)


def outcome_of(decision: Decision | None) -> Outcome:
    """The outcome of a decision; None stands for a refusal without the table."""
    if decision is None:
        return "refused"
    if decision.allowed:
        return "allowed locally" if decision.source == "local" else "allowed"
    return "denied from memory" if decision.source == "memory" else "denied"


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


# The process's own: the middleware, the limiter and the jobs record into it.
recorder = Recorder()
