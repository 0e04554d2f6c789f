"""Measures the playground's strategies on a private DynamoDB Local (make bench-rollout): units, time, visibility."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import boto3

from api.dynamodb.control_plane.creation import create_table
from api.dynamodb.transport.access import OPERATOR_BOUNDS
from engines.dynamodb_local import start_dynamodb_local
from examples.decision_log.fill import write
from examples.playground_scores.flags import FLAGS, MOST_PER_PAGE
from examples.playground_scores.scores import Listing, Scores
from examples.playground_scores.table_configs.playground_scores import METADATA, TABLE
from rollout.flag_cache import FlagCache

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

ENV, PAGE, ROUNDS = "dev", 50, 30
_KEY = "test"  # a local engine takes any
BUSIEST = "table-000000"
FEW_SCORES, MANY_SCORES = 1_000, 100_000
NEW_TABLES = 20


@dataclass(frozen=True)
class Figure:
    """Reads of one kind: the last one's units and counts, and the median time of all."""

    name: str
    consistent: bool
    listing: Listing
    milliseconds: float

    def as_json(self) -> dict[str, Any]:
        """For the report."""
        return {
            "read": self.name, "consistentRead": self.consistent, "countFetched": self.listing.fetched,
            "countReturned": len(self.listing.entries), "units": self.listing.units,
            "medianMs": round(self.milliseconds, 1),
        }  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """The reads with few scores, those of lists of tables again with many, and how long a new table was not listed."""

    scan: Figure
    eventual_scan: Figure
    query: Figure
    users: Figure
    eventual_users: Figure
    later_query: Figure
    later_scan: Figure
    visible_seconds: float

    @property
    def figures(self) -> tuple[Figure, ...]:
        """In the order of the report."""
        reads = self.scan, self.eventual_scan, self.query, self.users, self.eventual_users
        return *reads, self.later_query, self.later_scan


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


def figure(name: str, consistent: bool, read: Callable[[], Listing], rounds: int = ROUNDS) -> Figure:
    """Reads so many times, after as many that are not timed: connection and engine warm up."""
    times = []
    for number in range(2 * rounds):
        began = time.perf_counter()
        listing = read()
        if number >= rounds:
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


def measure(client: BotoClient, table_count: int, many_scores: int) -> Measured:
    """Creates the table, fills it and measures."""
    create_table(client, TABLE, ENV)
    name, scores = TABLE.table_name(ENV), Scores(ENV, client=client, flags=FlagCache(FLAGS, None))

    def scan(consistent: bool, rounds: int = 3, note: str = "") -> Figure:
        read = partial(scores.scan_tables, PAGE, None, consistent)
        return figure(f"list_tables, scan{note}", consistent, read, rounds)

    def query(note: str = "") -> Figure:
        return figure(f"list_tables, gsi_query{note}", False, partial(scores.query_tables, PAGE, None))

    def users(consistent: bool) -> Figure:
        read = partial(scores.query_users, BUSIEST, MOST_PER_PAGE, None, consistent)
        return figure("list_users, partition_query", consistent, read)

    write(client, name, tables(table_count))
    write(client, name, scores_of(0, FEW_SCORES, table_count))
    before = scan(True), scan(False), query(), users(True), users(False)
    write(client, name, scores_of(FEW_SCORES, many_scores, table_count))
    note = f", {many_scores:,} scores"
    after = query(note), scan(True, 1, note)
    return Measured(
        *before, *after, max(seconds_until_visible(scores, number) for number in range(NEW_TABLES))
    )


def run(table_count: int, many_scores: int) -> Measured:
    """Measures on a private DynamoDB Local, which is stopped at the end."""
    with tempfile.TemporaryDirectory() as folder, start_dynamodb_local(Path(folder)) as running:
        client: BotoClient = boto3.client(
            "dynamodb", endpoint_url=running.endpoint_url, region_name="us-east-1", aws_access_key_id=_KEY,
            aws_secret_access_key=_KEY, config=OPERATOR_BOUNDS.config(),
        )  # fmt: skip
        return measure(client, table_count, many_scores)
