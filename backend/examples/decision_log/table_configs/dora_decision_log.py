"""The decision log: written by day, and read by market through an index that was added later."""

from __future__ import annotations

from datetime import date, timedelta

from api.dynamodb.control_plane.declaration import IndexConfig, Key, TableConfig
from lifecycle.queries import IndexQuery, Item, Value

BY_MARKET = IndexConfig("market_id-timestamp-index", partition=Key("market_id"), sort=Key("timestamp"))
LOOK_BACK_DAYS = 7

TABLE = TableConfig(
    name="dora_decision_log",
    partition=Key("date"),
    sort=Key("timestamp"),
    real_name="{name}_{env}",
    indexes=(BY_MARKET,),
)


def _days(decision: Item) -> list[str]:
    """The day of a decision and the days before it within the look-back."""
    last = date.fromisoformat(decision["date"]["S"])
    return [(last - timedelta(days=back)).isoformat() for back in range(LOOK_BACK_DAYS)]


def days_before(decision: Item) -> list[Value]:
    """The partitions that a lookup by market reads without the index."""
    return [{"S": day} for day in _days(decision)]


def same_days(decision: Item) -> tuple[Value, Value]:
    """The bounds of the same days: `2026-01-02T12:00:00Z` sorts between `2026-01-02` and `2026-01-02~`."""
    days = _days(decision)
    return {"S": days[-1]}, {"S": f"{days[0]}~"}


QUERIES = (
    IndexQuery(
        name=f"market_id = :m, {LOOK_BACK_DAYS} days",
        index=BY_MARKET.name,
        partitions=days_before,
        between=same_days,
    ),
)
