"""What the binlog has of some statements, as the reader gives it."""

from __future__ import annotations

from collections.abc import Callable

from live.source.changes import Event, RowChange

Reads = Callable[..., list[Event]]
TIME = "2024-05-06 07:08:09.123456"


def rows(events: list[Event]) -> list[RowChange]:
    return [event for event in events if isinstance(event, RowChange)]


def plan(number: int) -> str:
    return f"INSERT INTO subscription_plans VALUES ({number}, 'Plan {number}', 1, 2, 1, '{TIME}')"
