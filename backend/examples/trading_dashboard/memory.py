"""A generated month in memory, read as the five tables, for `make trading-dashboard ARGS=--demo`."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from examples.trading_dashboard.market_maker import MarketMaker
from examples.trading_dashboard.tables import CONFIGS, STATES, Row, to_item

DAYS = 30
_ROW_BYTES = 300


class MemoryTables:
    """What a bot wrote in the 30 days before `now`, aware; each environment has another bot."""

    def __init__(self, now: datetime, env: str) -> None:
        self.units, self.requests = 0.0, 0
        start = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=DAYS)
        bot = MarketMaker(start, seed=2 if env == "prod" else 1)
        self._env = env
        self._partitions: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for table, row in bot.run(now):
            self._partitions[table, row["date"]].append(row)
            self._partitions[table, row["market_id"]].append(row)
        for rows in self._partitions.values():
            rows.sort(key=lambda row: str(row["timestamp"]))
        self._small = {CONFIGS.name: bot.configs(), STATES.name: bot.states()}

    def call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """The response of a Query of a log or a Scan of a market table. Raises PermissionError for a write."""
        table = request["TableName"].removesuffix(f"_{self._env}")
        if operation == "Scan":
            rows = self._small[table]
        elif operation == "Query":
            rows = self._query(table, request)
        else:
            raise PermissionError(f"{operation} was not sent: the dashboard only reads")
        self.requests += 1
        self.units += max(0.5, -(-len(rows) * _ROW_BYTES // 4096) / 2)
        return {"Items": [to_item(row) for row in rows]}

    def _query(self, table: str, request: dict[str, Any]) -> list[Row]:
        values = request["ExpressionAttributeValues"]
        rows = self._partitions.get((table, values[":pk"]["S"]), [])
        if ":low" in values:
            low, high = (
                cut(rows, values[name]["S"], key=lambda row: str(row["timestamp"]))
                for cut, name in ((bisect_left, ":low"), (bisect_right, ":high"))
            )
            rows = rows[low:high]
        if request.get("ScanIndexForward") is False:
            rows = rows[::-1]
        return rows[: request.get("Limit")]
