"""Fills the five tables of an environment with generated trading up to now.

The tables are created by the versioned change of this folder. Tables that hold a market's state are left alone.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any

from api.dynamodb.client import DynamoDBClient
from api.dynamodb.control_plane.calls import call
from api.dynamodb.errors import DataLayerError
from config.environment import environment
from config.options import positive
from examples.decision_log.fill import write
from examples.trading_dashboard.market_maker import MarketMaker
from examples.trading_dashboard.table_configs import READ_IN
from examples.trading_dashboard.tables import CONFIGS, STATES, TABLES, Row, to_item
from lifecycle.errors import BadInput

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

_CHUNK = 2_000


def fill(client: BotoClient, env: str, bot: MarketMaker, until: datetime) -> dict[str, int]:
    """Writes what a bot did before a moment; returns the number of items by table. A WCU for each item and index.

    Raises `BadInput` for tables that were filled before, `TableMissing`.
    """
    names = {table.name: table.table_name(env) for table in TABLES}
    state = names[STATES.name]
    if call(client, "Scan", state, TableName=state, Limit=1)["Items"]:
        raise BadInput(f"{state} has items already: only new tables are filled")
    written = dict.fromkeys(names, 0)
    for table, items in _chunks(bot, until):
        written[table] += write(client, names[table], items)
    for table, rows in ((CONFIGS.name, bot.configs()), (STATES.name, bot.states())):
        written[table] = write(client, names[table], map(to_item, rows))
    return written


def _chunks(bot: MarketMaker, until: datetime) -> Iterator[tuple[str, list[Any]]]:
    """Rows of one table at a time: the month itself is never in memory."""
    numbered = enumerate(bot.run(until))
    for _, chunk in groupby(numbered, key=lambda each: each[0] // _CHUNK):
        by_table: dict[str, list[Row]] = {}
        for _, (table, row) in chunk:
            by_table.setdefault(table, []).append(to_item(row))
        yield from by_table.items()


def main(options: argparse.Namespace) -> int:
    """Fills the tables of an environment."""
    now = datetime.now(UTC)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    bot = MarketMaker(midnight - timedelta(days=options.days), seed=2 if options.env == "prod" else 1)
    written = fill(DynamoDBClient.get_client(patient=True), options.env, bot, now)
    for table, number in written.items():
        print(f"{table}_{options.env} at {environment().target}: {number:,} items")
    return 0


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        description="Fill the trading tables of an environment with generated trading up to now.",
        allow_abbrev=False,
    )
    parser.add_argument("--env", choices=READ_IN, default=READ_IN[0], help="which tables (default: demo)")
    parser.add_argument("--days", type=positive, default=30, metavar="N", help="how many days (default: 30)")
    return parser


if __name__ == "__main__":
    try:
        sys.exit(main(arguments().parse_args()))
    except DataLayerError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
