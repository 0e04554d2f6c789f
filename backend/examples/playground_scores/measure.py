"""Measures the playground's strategies on a private DynamoDB Local (make bench-rollout): units, time, visibility."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import boto3

from api.dynamodb.control_plane.creation import create_table
from api.dynamodb.transport.access import OPERATOR_BOUNDS
from engines.dynamodb_local import start_dynamodb_local
from examples.decision_log.fill import write
from examples.playground_scores.flags import FLAGS
from examples.playground_scores.scores import Listing, Scores
from examples.playground_scores.table_configs.playground_scores import METADATA, TABLE
from rollout.flag_cache import FlagCache

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

ENV, PAGE, ROUNDS = "dev", 50, 30
_KEY = "test"  # a local engine takes any
BUSIEST = "table-000000"
FEW_SCORES, MANY_SCORES = 1_000, 100_000
# What the rollout promises: at most this share of the scan's units, and a new table within so many seconds.
UNITS_SHARE, VISIBLE_SECONDS = 1 / 50, 1.0


@dataclass(frozen=True)
class Figure:
    """Reads of one kind: the last one's units and counts, and the median time of all."""

    name: str
    consistent: str
    listing: Listing
    milliseconds: float

    def cells(self) -> list[str]:
        """The row of the table."""
        entries = f"{self.listing.fetched:,}", f"{len(self.listing.entries):,}"
        return [
            self.name,
            self.consistent,
            *entries,
            f"{self.listing.units:,.1f}",
            f"{self.milliseconds:,.1f} ms",
        ]


def tables(count: int) -> Iterator[dict[str, Any]]:
    """The items of tables."""
    for number in range(count):
        yield {
            "tableId": {"S": f"table-{number:06}"}, "userId": {"S": METADATA},
            "displayName": {"S": f"Table {number}"}, "createdAt": {"S": "2026-11-30T09:00:00.000+00:00"},
        }  # fmt: skip


def scores_of(first: int, last: int, table_count: int) -> Iterator[dict[str, Any]]:
    """Scores by number: a hundred of the first table, the others spread over all."""
    for number in range(first, last):
        table = 0 if number < 100 else number % table_count
        yield {
            "tableId": {"S": f"table-{table:06}"}, "userId": {"S": f"user-{number:07}"},
            "score": {"N": str(number % 1000)},
        }  # fmt: skip


def figure(name: str, consistent: str, read: Callable[[], Listing], rounds: int = ROUNDS) -> Figure:
    """Reads so many times."""
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        listing = read()
        times.append((time.perf_counter() - began) * 1000)
    return Figure(name, consistent, listing, median(times))


def seconds_until_visible(scores: Scores, number: int) -> float:
    """How long a new table is not in the list by the index."""
    table_id = f"zz-{number:04}"
    scores.create_table(table_id, "new")
    began = time.perf_counter()
    while all(table["tableId"] != table_id for table in scores.query_tables(PAGE, "zz").entries):
        time.sleep(0.005)
    return time.perf_counter() - began


def measure(client: BotoClient, table_count: int, many_scores: int) -> int:
    """Fills, measures, prints; 0 when every target is met, otherwise 1."""
    create_table(client, TABLE, ENV)
    name, scores = TABLE.table_name(ENV), Scores(ENV, client=client, flags=FlagCache(FLAGS, None))
    write(client, name, tables(table_count))
    write(client, name, scores_of(0, FEW_SCORES, table_count))
    scan = figure("list_tables, scan", "true", lambda: scores.scan_tables(PAGE, None, True), 3)
    eventual = figure("list_tables, scan", "false", lambda: scores.scan_tables(PAGE, None, False), 3)
    query = figure("list_tables, gsi_query", "false", lambda: scores.query_tables(PAGE, None))
    users = figure(
        "list_users, partition_query", "true", lambda: scores.query_users(BUSIEST, 100, None, True)
    )
    users_eventual = figure(
        "list_users, partition_query", "false", lambda: scores.query_users(BUSIEST, 100, None, False)
    )
    write(client, name, scores_of(FEW_SCORES, many_scores, table_count))
    later = figure(
        f"list_tables, gsi_query, {many_scores:,} scores", "false", lambda: scores.query_tables(PAGE, None)
    )
    later_scan = figure(
        f"list_tables, scan, {many_scores:,} scores", "true", lambda: scores.scan_tables(PAGE, None, True), 1
    )
    visible = max(seconds_until_visible(scores, number) for number in range(20))
    figures = (scan, eventual, query, users, users_eventual, later, later_scan)
    head = ("read", "consistentRead", "fetched", "returned", "read units", "median time")
    rows = [head, ["---"] * len(head), *(each.cells() for each in figures)]
    print(f"{table_count:,} tables, {FEW_SCORES:,} scores unless said otherwise\n")
    print("\n".join(f"| {' | '.join(row)} |" for row in rows))
    print(f"\na new table was listed by the index after {visible * 1000:.0f} ms at most (20 tables)")
    missed = [
        target
        for target, is_met in (
            ("both strategies have the same page", scan.listing.entries == query.listing.entries),
            ("the same page when the table has grown", later.listing.entries == later_scan.listing.entries),
            ("half the units of list_users", users_eventual.listing.units == users.listing.units / 2),
            ("half the units of the scan", eventual.listing.units <= scan.listing.units * 0.51),
            ("1/50 of the scan's units", query.listing.units <= scan.listing.units * UNITS_SHARE),
            ("the same units when the table has grown", later.listing.units == query.listing.units),
            (
                "the same time, within half, when the table has grown",
                later.milliseconds <= query.milliseconds * 1.5,
            ),
            ("a new table within a second", visible < VISIBLE_SECONDS),
        )
        if not is_met
    ]
    print("\n".join(f"missed: {target}" for target in missed) or "every target is met")
    return 1 if missed else 0


def run(table_count: int, many_scores: int) -> int:
    """Measures on a private DynamoDB Local, which is stopped at the end; 0 when every target is met, otherwise 1."""
    with tempfile.TemporaryDirectory() as folder, start_dynamodb_local(Path(folder)) as running:
        client: BotoClient = boto3.client(
            "dynamodb", endpoint_url=running.endpoint_url, region_name="us-east-1", aws_access_key_id=_KEY,
            aws_secret_access_key=_KEY, config=OPERATOR_BOUNDS.config(),
        )  # fmt: skip
        return measure(client, table_count, many_scores)
