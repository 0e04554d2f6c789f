"""Times and meters lookups in the decision log, by day and by the index, while the log is written (make bench-gsi).

DynamoDB Local runs with the phases of a real index build; scripts/add_gsi.py adds the index.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import boto3

from api.dynamodb.control_plane.calls import call_table
from api.dynamodb.control_plane.description import describe_table
from api.dynamodb.errors import DataLayerError, Unavailable
from api.dynamodb.transport.access import OPERATOR_BOUNDS
from config.environment import BACKEND_DIR
from engines.dynamodb_local import start_dynamodb_local
from examples.decision_log import fill
from examples.decision_log.client import ReadOnlyDynamoDBClient, stamp
from examples.decision_log.table_configs.dora_decision_log import BY_MARKET, LOOK_BACK_DAYS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

REGION, ENV = "us-east-1", "demo"
UNITS_TARGET, TIME_TARGET = 50, 20
ROUNDS = 9  # of what takes milliseconds; what takes seconds is done once
FILL = stamp(fill.END)
TYPICAL = fill.market(fill.MARKETS // 2)
BUSIEST = fill.market(0)
PHASES = ("before", "during", "after")
_KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION}

Lookup = Callable[[ReadOnlyDynamoDBClient], Any]
LOOKUPS: dict[str, Lookup] = {
    "context of a fill": lambda log: log.get_decision_context_for_fill(TYPICAL, FILL, LOOK_BACK_DAYS),
    "7 days, a market": lambda log: log.get_recent_decision_logs(TYPICAL, until=FILL, days=LOOK_BACK_DAYS),
    "7 days, the busiest": lambda log: log.get_recent_decision_logs(BUSIEST, until=FILL, days=LOOK_BACK_DAYS),
}
# What a build of half a minute leaves time for, by day.
MEANWHILE = tuple(LOOKUPS)[:2]


@dataclass(frozen=True)
class Figure:
    """One lookup in one phase: seconds, read units, pages, its result, and the index's state when it began."""

    seconds: float
    units: float
    pages: int
    result: Any
    state: str

    @property
    def count(self) -> int:
        """Number of decisions found."""
        return len(self.result) if isinstance(self.result, list) else int(self.result is not None)


@dataclass
class Writer:
    """Writes later decisions in a thread, a hundred a second at most."""

    client: BotoClient
    table_name: str
    acknowledged: dict[str, str] = field(default_factory=dict)
    repeated: int = 0
    failures: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    def write(self) -> None:
        """Writes until it is stopped; refused writes are recorded."""
        chance, at = random.Random(2), fill.END
        while not self._stop.wait(0.01):
            at += timedelta(milliseconds=10)
            item = fill.decision(at, fill.market(chance.randrange(fill.MARKETS)), chance)
            try:
                self._put(item)
            except DataLayerError as failure:
                self.failures.append(str(failure))
            else:
                self.acknowledged[item["timestamp"]["S"]] = item["market_id"]["S"]

    def _put(self, item: fill.Item) -> None:
        """Writes a decision until it is acknowledged.

        DynamoDB Local, unlike AWS, answers 500 to some writes while it allocates an index.
        """
        while True:
            try:
                call_table(self.client, "PutItem", self.table_name, Item=item)
                return
            except Unavailable:
                self.repeated += 1
                if self._stop.wait(0.05):
                    raise

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Writes while the block runs."""
        thread = threading.Thread(target=self.write)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()

    def missing(self, log: ReadOnlyDynamoDBClient) -> int:
        """Number of acknowledged decisions that the lookup by market does not return."""
        until = stamp(fill.END + timedelta(days=1))
        timestamps = {
            decision["timestamp"]["S"]
            for name in set(self.acknowledged.values())
            for decision in log.get_recent_decision_logs(name, until=until, days=1)
        }
        return len(self.acknowledged.keys() - timestamps)


@dataclass
class Bench:
    """The log on one engine, with the figures taken so far by lookup and phase."""

    client: BotoClient
    endpoint_url: str
    table_name: str
    figures: dict[tuple[str, str], Figure] = field(default_factory=dict)
    _units: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.log = ReadOnlyDynamoDBClient(REGION, ENV, client=self.client, metered=self._units.append)

    def state(self) -> str:
        """The index's state as DynamoDB names it, or `none`."""
        index = describe_table(self.client, self.table_name).indexes.get(BY_MARKET.name)
        return "none" if index is None else index.status

    def take(self, phase: str, names: Iterable[str] = LOOKUPS, rounds: int = 1) -> None:
        """Runs lookups and stores their figures; the time is the median of `rounds`."""
        for name in names:
            lookup, state, seconds = LOOKUPS[name], self.state(), []
            for _ in range(rounds):
                self._units.clear()
                began = time.perf_counter()
                result = lookup(self.log)
                seconds.append(time.perf_counter() - began)
            units = sum(self._units)
            self.figures[name, phase] = Figure(median(seconds), units, len(self._units), result, state)

    def add_index(self) -> tuple[str, int]:
        """Runs scripts/add_gsi.py during lookups; returns its output and the number of further lookups."""
        command = [sys.executable, "scripts/add_gsi.py", REGION, "--env", ENV]
        settings = {
            **os.environ, **_KEYS, "LOCALSTACK_URL": self.endpoint_url, "ALGOITNY_ENV_FILE": ""
        }  # fmt: skip
        expected = self.figures["context of a fill", "before"].result
        more = 0
        with subprocess.Popen(
            command,
            cwd=BACKEND_DIR,
            env=settings,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as adding:
            while adding.poll() is None and self.state() == "none":
                time.sleep(0.1)
            if adding.poll() is None:
                self.take("during", MEANWHILE)
            while adding.poll() is None and self.state() != "ACTIVE":
                more += 1
                if LOOKUPS["context of a fill"](self.log) != expected:
                    raise DataLayerError(f"lookup {more} while the index was built returned another result")
            printed, _ = adding.communicate()
        if adding.returncode:
            raise DataLayerError(f"scripts/add_gsi.py ended with {adding.returncode}: {printed[-400:]}")
        while not self.log.indexes.is_usable(BY_MARKET.name):
            time.sleep(0.1)
        return printed, more

    def missed(self) -> list[str]:
        """The targets that are not met, a line each."""
        lines = []
        for name in LOOKUPS:
            before, after = self.figures[name, "before"], self.figures[name, "after"]
            during = self.figures.get((name, "during"))
            if name in MEANWHILE and (during is None or during.state != "CREATING"):
                lines.append(f"{name}: the index was built before it could be looked up meanwhile")
            elif not before.result == (during or before).result == after.result:
                lines.append(f"{name}: not the same results")
            if before.units < UNITS_TARGET * after.units:
                lines.append(
                    f"{name}: {before.units / after.units:,.0f} times fewer read units, not {UNITS_TARGET}"
                )
            if before.seconds < TIME_TARGET * after.seconds:
                lines.append(f"{name}: {before.seconds / after.seconds:,.0f} times faster, not {TIME_TARGET}")
        return lines

    def lines(self) -> list[str]:
        """The figures as a table."""
        lines = [
            "| lookup | phase | index | found | pages | read units | time | fewer units | faster |",
            "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        ]
        for name, phase in ((name, phase) for name in LOOKUPS for phase in PHASES):
            before, figure = self.figures[name, "before"], self.figures.get((name, phase))
            if figure is None:
                continue
            gains = [f"{before.units / figure.units:,.0f} x", f"{before.seconds / figure.seconds:,.0f} x"]
            cells = (
                name, phase, figure.state, f"{figure.count:,}", f"{figure.pages:,}", f"{figure.units:,.1f}",
                f"{figure.seconds * 1000:,.1f} ms", *(gains if phase == "after" else ("", "")),
            )  # fmt: skip
            lines.append(f"| {' | '.join(cells)} |")
        return lines


def measure(client: BotoClient, endpoint_url: str, count: int, seed: int) -> int:
    """Fills, measures and prints; 0 when everything is reached, otherwise 1."""
    name = fill.create(client, ENV)
    began = time.perf_counter()
    fill.write(client, name, fill.decisions(count, seed))
    print(f"{count:,} decisions of {fill.MARKETS} markets in {time.perf_counter() - began:.0f} s", flush=True)
    bench, writer = Bench(client, endpoint_url, name), Writer(client, name)
    with writer.at_work():
        bench.take("before")
        printed, more = bench.add_index()
        bench.take("after", rounds=ROUNDS)
    print(printed)
    print("\n".join(bench.lines()))
    lost = writer.missing(bench.log)
    print(
        f"\nwritten meanwhile: {len(writer.acknowledged):,} decisions, {lost} of them not found by the index;"
    )
    print(
        f"{writer.repeated} tries got a 500 of the engine and were made again, {len(writer.failures)} were refused;"
    )
    print(f"{more:,} further lookups while the index was built found the same as before")
    missed = bench.missed()
    if lost or writer.failures:
        missed.append(f"{lost} writes were lost and {len(writer.failures)} refused {writer.failures[:1]}")
    print("\n".join(f"missed: {line}" for line in missed) or "every target is met")
    return 1 if missed else 0


def run(decisions: int, seed: int) -> int:
    """Measures on a private DynamoDB Local, which is stopped at the end; 0 when every target is met, otherwise 1."""
    with (
        tempfile.TemporaryDirectory() as folder,
        start_dynamodb_local(Path(folder), slow_indexes=True) as running,
    ):
        client: BotoClient = boto3.client(
            "dynamodb", endpoint_url=running.endpoint_url, region_name=REGION,
            aws_access_key_id=_KEYS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=_KEYS["AWS_SECRET_ACCESS_KEY"], config=OPERATOR_BOUNDS.config(),
        )  # fmt: skip
        return measure(client, running.endpoint_url, decisions, seed)
