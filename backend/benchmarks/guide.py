"""The five operations of the migration guide's performance table, on a table of their own at the configured engine."""

from __future__ import annotations

import os
import random
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api.dynamodb.client import DynamoDBClient
from api.dynamodb.control_plane.creation import create_table, delete_table
from api.dynamodb.control_plane.declaration import TableConfig
from api.dynamodb.metering.meter import recording
from api.dynamodb.repositories import (
    ProblemRepository,
    SearchHistoryRepository,
    UsageLogRepository,
    UserRepository,
)
from api.dynamodb.table_schema import TABLE
from config.environment import environment
from config.prices import Prices
from design.samples import PROBLEM, RUN, USER
from reporting.text import text_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

ITEMS, ROUNDS = 300, 200
_SEED = 1
_WARM_UP = 5


@dataclass(frozen=True)
class GuideRow:
    """One row of the guide's table: its operation, latency and cost of 1,000 operations, as it prints them."""

    operation: str
    latency: str
    cost: str


GUIDE = (
    GuideRow("Rate limit check", "1-3ms", "$0.0005 (0.5 RCU)"),
    GuideRow("User login (GSI1)", "3-5ms", "$0.0005 (0.5 RCU)"),
    GuideRow("Problem lookup", "1-3ms", "$0.0005 (0.5 RCU)"),
    GuideRow("Public history (GSI2)", "10-20ms", "$0.001 (1-2 RCU)"),
    GuideRow("Create user", "5-10ms", "$0.00125 (1.25 WCU)"),
)


@dataclass(frozen=True)
class Measurement:
    """One operation as measured: seconds of half and of 95 % of the calls, units and round trips of one call."""

    operation: str
    p50: float
    p95: float
    read_units: float
    write_units: float
    round_trips: float

    def dollars(self, prices: Prices) -> float:
        """The cost of 1,000 operations."""
        return (self.read_units * prices.per_million_rru + self.write_units * prices.per_million_wru) / 1_000


@contextmanager
def own_table() -> Iterator[None]:
    """A table with the service's keys and indexes, which this process uses until it is deleted at the end."""
    client: BotoClient = DynamoDBClient.get_client(patient=True)
    name, configured = f"algoitny_bench_guide_{secrets.token_hex(4)}", os.environ.get("DYNAMODB_TABLE")
    config = TableConfig(name, TABLE.partition, TABLE.sort, real_name="{name}", indexes=TABLE.indexes)
    create_table(client, config, environment().name)
    try:
        os.environ["DYNAMODB_TABLE"] = name
        environment.cache_clear()
        yield
    finally:
        if configured is None:
            del os.environ["DYNAMODB_TABLE"]
        else:
            os.environ["DYNAMODB_TABLE"] = configured
        environment.cache_clear()
        delete_table(client, name)


def _user(number: int) -> dict[str, Any]:
    return {**USER, "user_id": number, "email": f"user{number}@example.com", "google_id": f"1{number:020d}"}


class Operations:
    """The operations over `items` users, problems, public runs and uses, in an order that repeats."""

    def __init__(self, items: int) -> None:
        self._users, self._problems = UserRepository(), ProblemRepository()
        self._runs, self._usage = SearchHistoryRepository(), UsageLogRepository()
        self._items = items
        self._random = random.Random(_SEED)
        self._new_users = items

    def fill(self) -> None:
        """Writes what the operations read."""
        for number in range(1, self._items + 1):
            self._users.create_user(_user(number))
            problem = {**PROBLEM, "problem_id": number, "problem_number": str(number)}
            self._problems.create_problem({name: problem[name] for name in problem if name != "version"})
            run = {name: RUN[name] for name in RUN if name not in ("history_id", "version", "created_at")}
            self._runs.create_history({**run, "user_id": number, "problem_id": number})
            self._usage.log_usage(number, "hint", problem_id=number)

    def _number(self) -> int:
        return self._random.randint(1, self._items)

    def create_user(self) -> object:
        """One new user."""
        self._new_users += 1
        return self._users.create_user(_user(self._new_users))

    def by_row(self) -> dict[str, Callable[[], object]]:
        """The operations by their names in the guide."""
        calls: tuple[Callable[[], object], ...] = (
            lambda: self._usage.check_rate_limit(self._number(), "hint", 5),
            lambda: self._users.get_user_by_email(f"user{self._number()}@example.com"),
            lambda: self._problems.get_problem(self._number()),
            lambda: self._runs.list_public_timeline(limit=20),
            self.create_user,
        )
        return {row.operation: call for row, call in zip(GUIDE, calls, strict=True)}


def measure(items: int = ITEMS, rounds: int = ROUNDS) -> list[Measurement]:
    """Fills a table of its own, measures each operation `rounds` times, one after the other, and deletes the table."""
    with own_table():
        operations = Operations(items)
        operations.fill()
        return [_measure(name, call, rounds) for name, call in operations.by_row().items()]


def _measure(operation: str, call: Callable[[], object], rounds: int) -> Measurement:
    for _ in range(_WARM_UP):
        call()
    seconds = []
    with recording() as calls:
        for _ in range(rounds):
            started = time.perf_counter()
            call()
            seconds.append(time.perf_counter() - started)
    seconds.sort()
    return Measurement(
        operation, _percentile(seconds, 50), _percentile(seconds, 95), calls.read_units / rounds,
        calls.write_units / rounds, len(calls.calls) / rounds,
    )  # fmt: skip


def _percentile(ordered: list[float], percent: int) -> float:
    """The smallest value that `percent` of the values do not exceed."""
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def report(measurements: list[Measurement], prices: Prices) -> str:
    """The table for people, beside the guide's."""
    rows = [
        (
            row.operation, f"{each.p50 * 1000:.1f} ms", f"{each.p95 * 1000:.1f} ms", f"{each.round_trips:.1f}",
            f"{each.read_units:.1f}", f"{each.write_units:.1f}", f"${each.dollars(prices):.6f}", row.latency, row.cost,
        )
        for row, each in zip(GUIDE, measurements, strict=True)
    ]  # fmt: skip
    head = (
        "operation",
        "p50",
        "p95",
        "calls",
        "RCU",
        "WCU",
        "cost of 1,000",
        "guide",
        "guide, cost of 1,000",
    )
    return text_table(head, rows)
