"""Creates the five tables of the trading bot, each where it is missing."""

from __future__ import annotations

from api.dynamodb.control_plane.declaration import IndexConfig, Key, TableConfig
from lifecycle.operations import CreateTable, DeleteTable, Operation

GROUP = "trading_dashboard"
DEPENDS_ON: tuple[str, ...] = ()
DESCRIPTION = (
    "Markets, their state, and the logs of trades, decisions and executions with their indexes by market."
)

# As declared when this change was written: what is declared later does not reach it.
_BY_MARKET = IndexConfig("market_id-timestamp-index", Key("market_id"), Key("timestamp"))
MARKETS = tuple(
    TableConfig(name=name, partition=Key("market_id"), real_name="{name}_{env}")
    for name in ("dora_market_config", "dora_state")
)
LOGS = tuple(
    TableConfig(
        name=name,
        partition=Key("date"),
        sort=Key("timestamp"),
        real_name="{name}_{env}",
        indexes=(_BY_MARKET,),
    )
    for name in ("dora_trade_log", "dora_decision_log", "dora_execution_log")
)


def up() -> list[Operation]:
    """Creates them where they are missing."""
    return [CreateTable(table) for table in (*MARKETS, *LOGS)]


def down() -> list[Operation]:
    """Deletes them with all their data; the decision log as well, whoever made it."""
    return [DeleteTable(table) for table in (*MARKETS, *LOGS)]
