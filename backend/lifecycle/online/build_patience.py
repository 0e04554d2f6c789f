"""How long a build of an index is waited for: a notice when it does not move, and a time limit."""

from __future__ import annotations

import time
from collections.abc import Callable

from api.dynamodb.control_plane.description import IndexDescription, TableDescription
from api.dynamodb.control_plane.errors import ChangeInProgress
from lifecycle.online.index_estimate import ON_DEMAND_UNITS_PER_SECOND, seconds_to_build
from reporting.numbers import duration

# AWS takes minutes to allocate an index before it backfills; its metric moves every minute.
STALL_SECONDS = 900.0
_SHORTEST_LIMIT = 3_600.0
_TIMES_THE_ESTIMATE = 10


def expected_seconds(table: TableDescription) -> float:
    """How long a backfill of the whole table takes by rule."""
    mean_bytes = table.size_bytes / table.items if table.items else 0.0
    units_per_second = float(table.billing.write) if table.billing else ON_DEMAND_UNITS_PER_SECOND
    return seconds_to_build(table.items, mean_bytes, units_per_second)


class TimeLimit:
    """Ends a wait after `seconds`, by default an hour and ten times what the table's size makes expected."""

    def __init__(self, seconds: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._clock = seconds, clock
        self._started = clock()

    def check(self, table: TableDescription) -> None:
        """Raises `ChangeInProgress` when the time is over. No call."""
        limit = self._seconds
        if limit is None:
            limit = _SHORTEST_LIMIT + _TIMES_THE_ESTIMATE * expected_seconds(table)
        elapsed = self._clock() - self._started
        if elapsed > limit:
            raise ChangeInProgress(
                f"{table.name} is not ready after {duration(elapsed)}: {table.change_in_progress or table.status}",
                hint="DynamoDB goes on by itself; run the command again to wait on, with a longer --time-limit, or "
                "drop an index that is stuck with drop_gsi.py while it backfills",
            )


class StallNotice:
    """Notices that the build of an index does not move."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._state: tuple[str, float | None] | None = None
        self._unchanged_since = self._noticed_at = clock()

    def text(self, table: TableDescription, index: IndexDescription, measured: float | None) -> str | None:
        """The notice, once for each quarter of an hour without progress; None while there is nothing to say.

        Params: `measured` is how far the backfill is, in any unit, None where nothing tells. Without it the time
        that is expected of the whole build counts as progress.
        """
        now, state = self._clock(), (index.phase, measured)
        if state != self._state:
            self._state, self._unchanged_since, self._noticed_at = state, now, now
        patience = STALL_SECONDS
        if index.backfilling and measured is None:
            patience += 2 * expected_seconds(table)
        unchanged = now - self._unchanged_since
        if unchanged < patience or now - self._noticed_at < STALL_SECONDS:
            return None
        self._noticed_at = now
        advice = "it cannot be dropped before it backfills; ask AWS Support if this lasts"
        if index.backfilling:
            advice = (
                "a hot partition key or too little write capacity throttles a backfill: look at "
                "OnlineIndexThrottleEvents in CloudWatch; drop_gsi.py drops the index"
            )
        return (
            f"NOTICE: {table.name} {index.name} has been {index.phase} without progress for "
            f"{duration(unchanged)}: {advice}"
        )
