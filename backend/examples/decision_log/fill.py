"""Creates a decision log as it was before the index, and fills it with seeded decisions of many markets.

The decisions cover the seven days before noon of 2 January 2026, a few hundred bytes each; markets differ in how
much is decided on them. Run as a module it fills new tables of an environment.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate, islice
from typing import TYPE_CHECKING, Any

from api.dynamodb.client import DynamoDBClient
from api.dynamodb.control_plane.calls import call
from api.dynamodb.control_plane.creation import create_table
from api.dynamodb.control_plane.declaration import ENVIRONMENTS
from api.dynamodb.errors import DataLayerError
from config.environment import environment
from config.options import positive
from examples.decision_log.client import stamp
from examples.decision_log.table_configs.dora_decision_log import TABLE
from lifecycle.errors import BadInput

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

MARKETS = 500
DAYS = 7
END = datetime(2026, 1, 2, 12, tzinfo=UTC)
# A market's number of decisions falls with its number: the busiest has about 1 % of all, the last one 0.07 %.
_WEIGHTS = tuple(accumulate(1 / (number + 30) for number in range(MARKETS)))
_REASONS = (
    "the spread is wider than the model's error, quoting both sides",
    "inventory is above its bound, quoting the other side alone until it is down again",
    "the book moved through our quote, cancelling it and waiting for the next update of the fair value",
    "nothing changed since the last look",
)
_BATCH = 25
_THREADS = 4

Item = dict[str, Any]


def market(number: int) -> str:
    """The name of a market; 0 is the busiest."""
    return f"MARKET-{number:04d}"


def decision(moment: datetime, market_id: str, chance: random.Random) -> Item:
    """One decision in wire form, about 330 bytes."""
    fair = chance.randint(2, 98)
    return {
        "date": {"S": f"{moment:%Y-%m-%d}"},
        "timestamp": {"S": stamp(moment)},
        "market_id": {"S": market_id},
        "decision_id": {"S": f"dec_{chance.getrandbits(64):016x}"},
        "action": {"S": chance.choice(("QUOTE", "CANCEL", "HOLD", "REDUCE"))},
        "fair_value_cents": {"N": str(fair)},
        "bid_cents": {"N": str(fair - 1)},
        "ask_cents": {"N": str(fair + 1)},
        "inventory": {"N": str(chance.randint(-500, 500))},
        "model": {"S": "fair-value-7"},
        "reason": {"S": chance.choice(_REASONS)},
        "inputs": {"S": f"{chance.getrandbits(256):064x}"},
    }


def decisions(count: int, seed: int = 1) -> Iterator[Item]:
    """`count` decisions ordered by time, the same for the same seed; the last just before noon."""
    chance = random.Random(seed)
    start, step = END - timedelta(days=DAYS), timedelta(days=DAYS) / count
    for number in range(count):
        at = (
            start
            + number * step
            + timedelta(microseconds=chance.randrange(step // timedelta(microseconds=1)))
        )
        (name,) = chance.choices(range(MARKETS), cum_weights=_WEIGHTS)
        yield decision(at, market(name), chance)


def create(client: BotoClient, env: str) -> str:
    """Creates the table without its index and returns its name. Raises `BadInput` if it exists."""
    name = TABLE.table_name(env)
    if not create_table(client, replace(TABLE, indexes=()), env):
        raise BadInput(f"table {name} exists already: only a new one is filled")
    return name


def write(client: BotoClient, table_name: str, items: Iterable[Item]) -> int:
    """Writes items in batches of 25 from four threads and returns their number. Costs a WCU for each item."""
    remaining = iter(items)

    def put(batch: list[Item]) -> int:
        unprocessed: Any = {table_name: [{"PutRequest": {"Item": item}} for item in batch]}
        while unprocessed:
            response = call(client, "BatchWriteItem", table_name, RequestItems=unprocessed)
            unprocessed = response.get("UnprocessedItems")
        return len(batch)

    written = 0
    with ThreadPoolExecutor(_THREADS) as pool:
        # A few hundred batches at a time: the log itself is never in memory.
        while batches := [part for _ in range(200) if (part := list(islice(remaining, _BATCH)))]:
            written += sum(pool.map(put, batches))
    return written


def main(options: argparse.Namespace) -> int:
    """Creates and fills the selected tables."""
    client = DynamoDBClient.get_client(patient=True)
    for env in ("demo", "prod") if options.env == "both" else (options.env,):
        name = create(client, env)
        written = write(client, name, decisions(options.decisions, options.seed))
        print(f"{name} at {environment().target}: {written:,} decisions of {MARKETS} markets, no index")
    return 0


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        description="Make a decision log without its index and fill it.", allow_abbrev=False
    )
    parser.add_argument("--env", choices=(*ENVIRONMENTS, "both"), default="dev", help="both is demo and prod")
    parser.add_argument(
        "--decisions", type=positive, default=3000, metavar="N", help="how many (default 3000)"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="another seed, other decisions")
    return parser


if __name__ == "__main__":
    try:
        sys.exit(main(arguments().parse_args()))
    except DataLayerError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
