"""Reads the five tables of an environment: what a page costs does not grow with the length of the logs.

Every method raises `Unreadable`.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from dashboard.client import Reads, query, scan
from dashboard.reading import Range
from examples.trading_dashboard.tables import (
    BY_MARKET,
    CONFIGS,
    DECISIONS,
    EXECUTIONS,
    STATES,
    TRADES,
    Log,
    Row,
    read_rows,
    stamp,
)

_THREADS = 8
# What a page reads of a log at most.
MOST_ROWS = 5_000
Mark = tuple[int, int]


class TradingReader:
    """Reads the tables of an environment."""

    def __init__(self, reads: Reads, env: str) -> None:
        self.reads, self._env = reads, env

    def markets(self) -> tuple[Log, Log]:
        """The configuration and the state of every market. Two Scans: 0.5 RCU for each started 4 KB."""
        configs, states = (
            read_rows(table.name, scan(self.reads, table.table_name(self._env)))
            for table in (CONFIGS, STATES)
        )
        return configs, states

    def marks(self, markets: Iterable[str], at: datetime) -> dict[str, Mark]:
        """Position and realised P&L in cents of each market at a moment, by its last trade before.

        One Query of the index for each market: 0.5 RCU. A market without a trade before has neither.
        """
        names = list(markets)

        def mark(market: str) -> Mark:
            trades = self._of_market(TRADES.name, market, "", stamp(at), Limit=1)
            last = next(iter(read_rows(TRADES.name, trades).rows), None)
            return (last["position_after"], last["realised_after_cents"]) if last else (0, 0)

        with ThreadPoolExecutor(_THREADS) as threads:
            return dict(zip(names, threads.map(mark, names), strict=True))

    def log(self, table: str, span: Range, market: str | None = None, most: int = MOST_ROWS) -> Log:
        """The newest rows of a log in a range, newest first; of one market through the index.

        One Query of the index, or of each day of the range: 0.5 RCU for each started 4 KB.
        """
        items: Iterable[Any]
        if market is not None:
            items = self._of_market(table, market, stamp(span.start), stamp(span.end), **_limit(most))
        else:
            items = self._by_day(table, span, most)
        log = read_rows(table, islice(items, most + 1))
        log.is_cut = len(log.rows) > most
        del log.rows[most:]
        return log

    def recent(self, span: Range, number: int) -> list[Log]:
        """The newest decisions and executions. A Query of each log, more where a day has too few."""
        return [self.log(table.name, span, most=number) for table in (DECISIONS, EXECUTIONS)]

    def _of_market(self, table: str, market: str, low: str, high: str, **options: Any) -> Iterable[Any]:
        return query(
            self.reads, f"{table}_{self._env}", market, key="market_id", between=("timestamp", low or "0", high),
            IndexName=BY_MARKET, ScanIndexForward=False, **options,
        )  # fmt: skip

    def _by_day(self, table: str, span: Range, most: int) -> Iterable[Any]:
        day = span.end
        while day.date() >= span.start.date():
            yield from query(
                self.reads, f"{table}_{self._env}", f"{day:%Y-%m-%d}", key="date",
                between=("timestamp", stamp(span.start), stamp(span.end)), ScanIndexForward=False, **_limit(most),
            )  # fmt: skip
            day -= timedelta(days=1)


def _limit(most: int) -> dict[str, int]:
    """A page is bounded where few rows are read; more come in pages of 1 MB."""
    return {"Limit": most + 1} if most < 1_000 else {}


__all__ = ["Mark", "Row", "TradingReader"]
