"""make bench-gsi: a market's decisions looked up by day and by the index, timed and metered, while the log is written.

A private DynamoDB Local is started with the phases of a real index build, filled, and stopped afterwards; the
index is added by scripts/add_gsi.py. Exit code 0: same results, and every target is met; 1: one is missed; 2: it
could not be measured.
"""

from __future__ import annotations

import argparse
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

from api.dynamodb.client import OPERATOR_BOUNDS
from api.dynamodb.errors import DataLayerError, Unavailable
from config.environment import BACKEND_DIR
from engines.dynamodb_local import start_dynamodb_local
from engines.processes import EngineFailed, EngineUnavailable
from examples.decision_log import fill
from examples.decision_log.client import ReadOnlyDynamoDBClient, stamp
from examples.decision_log.table_configs.dora_decision_log import BY_MARKET, LOOK_BACK_DAYS
from lifecycle.tables import ask, describe

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
    """One lookup in one phase: seconds, read units, pages, what was found, and the index's state when it began."""

    seconds: float
    units: float
    pages: int
    found: Any
    state: str

    @property
    def count(self) -> int:
        """How many decisions were found."""
        return len(self.found) if isinstance(self.found, list) else int(self.found is not None)


@dataclass
class Writer:
    """Goes on writing decisions behind the others in a thread, a hundred a second at most."""

    client: BotoClient
    table_name: str
    acknowledged: dict[str, str] = field(default_factory=dict)
    repeated: int = 0
    failures: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    def write(self) -> None:
        """Until it is stopped; what is refused is kept."""
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
        """Writes one until it is acknowledged.

        DynamoDB Local, unlike AWS, answers 500 to some writes while it allocates an index.
        """
        while True:
            try:
                ask(self.client, "PutItem", self.table_name, Item=item)
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
        """How many acknowledged decisions are not found by their market."""
        until = stamp(fill.END + timedelta(days=1))
        found = {
            decision["timestamp"]["S"]
            for name in set(self.acknowledged.values())
            for decision in log.get_recent_decision_logs(name, until=until, days=1)
        }
        return len(self.acknowledged.keys() - found)


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
        """The index's state as DynamoDB says it, or `none`."""
        indexes = describe(self.client, self.table_name).get("GlobalSecondaryIndexes") or []
        states: dict[str, str] = {index["IndexName"]: index["IndexStatus"] for index in indexes}
        return states.get(BY_MARKET.name, "none")

    def take(self, phase: str, names: Iterable[str] = LOOKUPS, rounds: int = 1) -> None:
        """Does lookups and keeps their figures; the time is the middle one of `rounds`."""
        for name in names:
            lookup, state, seconds = LOOKUPS[name], self.state(), []
            for _ in range(rounds):
                self._units.clear()
                began = time.perf_counter()
                found = lookup(self.log)
                seconds.append(time.perf_counter() - began)
            units = sum(self._units)
            self.figures[name, phase] = Figure(median(seconds), units, len(self._units), found, state)

    def add_index(self) -> tuple[str, int]:
        """Runs scripts/add_gsi.py and looks up all along: what it printed, and how many more lookups there were."""
        command = [sys.executable, "scripts/add_gsi.py", REGION, "--env", ENV]
        settings = {
            **os.environ, **_KEYS, "LOCALSTACK_URL": self.endpoint_url, "ALGOITNY_ENV_FILE": ""
        }  # fmt: skip
        expected = self.figures["context of a fill", "before"].found
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
                    raise DataLayerError(f"lookup {more} while the index was built found something else")
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
            elif not before.found == (during or before).found == after.found:
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
            before, one = self.figures[name, "before"], self.figures.get((name, phase))
            if one is None:
                continue
            gains = [f"{before.units / one.units:,.0f} x", f"{before.seconds / one.seconds:,.0f} x"]
            cells = (
                name, phase, one.state, f"{one.count:,}", f"{one.pages:,}", f"{one.units:,.1f}",
                f"{one.seconds * 1000:,.1f} ms", *(gains if phase == "after" else ("", "")),
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


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    made.add_argument(
        "--decisions", type=fill.positive, default=200_000, metavar="N", help="how many (default 200,000)"
    )
    made.add_argument("--seed", type=int, default=1, metavar="N", help="another seed, other decisions")
    return made


def main(options: argparse.Namespace) -> int:
    """Measures on an engine of its own."""
    with (
        tempfile.TemporaryDirectory() as folder,
        start_dynamodb_local(Path(folder), slow_indexes=True) as running,
    ):
        client: BotoClient = boto3.client(
            "dynamodb", endpoint_url=running.endpoint_url, region_name=REGION,
            aws_access_key_id=_KEYS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=_KEYS["AWS_SECRET_ACCESS_KEY"], config=OPERATOR_BOUNDS.config(),
        )  # fmt: skip
        return measure(client, running.endpoint_url, options.decisions, options.seed)


if __name__ == "__main__":
    try:
        sys.exit(main(arguments().parse_args()))
    except (EngineUnavailable, EngineFailed, DataLayerError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
