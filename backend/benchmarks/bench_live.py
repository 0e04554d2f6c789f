"""make bench-live: how far a followed table is behind, how fast a backlog drains, and what that costs.

A private MariaDB and a private MiniStack are started on free loopback ports and stopped afterwards.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import command
from benchmarks.bench_source import fill
from benchmarks.figures import JSON, Figures, Runs, Target, document, target_table
from benchmarks.lab import PeerFailed, run_python, surroundings
from config.environment import BACKEND_DIR, MySQLSource
from config.options import positive
from engines.ministack import start_ministack

RATE = 60
USERS = 1_000
_HOT_ROWS = 200
METHOD = """\
One MariaDB, one MiniStack, the follower and an application of 60 transactions a second (runs with usage, changed runs,
changed users) share the machine. Lag is measured by marks: the time from a write to the source until everything up to
it is acknowledged by the table, of the last minute, as the follower's status has it. The backlog is made while nothing
follows and drained while the application writes; CPU and memory are those of the follower's process, CPU less that of
a run that finds nothing to do. Memory is measured with changes of 200 rows."""


@dataclass
class Bench:
    """One source, one table and the processes of a live move between them."""

    source: MySQLSource
    env: dict[str, str]

    def live(self, *arguments: str) -> JSON:
        """One command of the live move to its end; its report."""
        report: JSON = json.loads(
            run_python(self.env, "scripts/live_migration.py", *arguments, "--json", seconds=None)
        )
        return report

    def caught_up(self) -> JSON:
        """Follows to the present end: the report, with CPU seconds, peak memory in MB and wall time of the process."""
        started = time.monotonic()
        with tempfile.TemporaryFile() as out:
            process = subprocess.Popen(
                [sys.executable, "scripts/live_migration.py", "start", "--once", "--json"],
                cwd=BACKEND_DIR, env=self.env, stdout=out,
            )  # fmt: skip
            _, code, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(code)
            if code:
                raise PeerFailed("the follower failed")
            out.seek(0)
            report: JSON = json.loads(out.read())
        return {
            **report, "wall": time.monotonic() - started, "cpu": usage.ru_utime + usage.ru_stime,
            "peak_mb": usage.ru_maxrss / 1024,
        }  # fmt: skip

    @contextmanager
    def process(self, *arguments: str, ready: str = "") -> Iterator[None]:
        """A process beside the measured one, ended by its id; with `ready`, waits for that line."""
        process = subprocess.Popen(
            [sys.executable, *arguments], cwd=BACKEND_DIR, env=self.env, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        try:
            while ready and process.stdout is not None and process.stdout.readline().strip() != ready:
                if process.poll() is not None:
                    raise PeerFailed(f"{arguments[-2]} ended")
            yield
        finally:
            process.terminate()
            process.wait(timeout=30)


def steady(bench: Bench, seconds: int) -> JSON:
    """The lag while the application writes, for `seconds` of at most a minute."""
    print(f"  following {RATE} transactions a second for {seconds} s", file=sys.stderr, flush=True)
    with (
        bench.process("scripts/live_migration.py", "start"),
        bench.process("-m", "benchmarks.live_writer", str(RATE), ready="writing"),
    ):
        time.sleep(seconds)
        status: JSON = bench.live("status")["status"]
    return status


def backlog(bench: Bench, connection: Any, changes: int, idle: JSON) -> JSON:
    """Drains `changes` changed rows while the application goes on."""
    print(f"  a backlog of {changes:,} changes", file=sys.stderr, flush=True)
    with connection.cursor() as cursor:
        for start in range(0, changes, 1_000):
            cursor.execute(
                "UPDATE search_history SET passed_count = passed_count + 1 WHERE id > %s AND id <= %s",
                (start, start + 1_000),
            )
    with bench.process("-m", "benchmarks.live_writer", str(RATE), ready="writing"):
        run = bench.caught_up()
    run["cpu_each_ms"] = (run["cpu"] - idle["cpu"]) / run["keys"] * 1e3
    run["rate"] = run["keys_per_s"]
    return run


def memory(bench: Bench, connection: Any, changes: int) -> JSON:
    """Follows so many changes of a few rows."""
    print(f"  {changes:,} changes of {_HOT_ROWS} rows", file=sys.stderr, flush=True)
    with connection.cursor() as cursor:
        for _ in range(changes // _HOT_ROWS):
            cursor.execute(
                f"UPDATE search_history SET passed_count = passed_count + 1 WHERE id <= {_HOT_ROWS}"
            )
    return bench.caught_up()


def measured(bench: Bench, connection: Any, options: argparse.Namespace) -> dict[str, Runs]:
    """Everything, after the copy."""
    bench.live("prepare")
    print("  copying", file=sys.stderr, flush=True)
    bench.caught_up()
    idle = bench.caught_up()
    runs: Runs = {"idle": [idle], "steady": [steady(bench, options.seconds)]}
    runs["backlog"] = [backlog(bench, connection, options.backlog, idle)]
    runs["few"] = [memory(bench, connection, options.changes // 10)]
    runs["many"] = [memory(bench, connection, options.changes)]
    runs["proof"] = [verified(bench)]
    return {"live": {name: [_numbers(run) for run in each] for name, each in runs.items()}}


def _numbers(run: JSON) -> JSON:
    return {
        name: value
        for name, value in run.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }


def verified(bench: Bench) -> JSON:
    """A proof while the application writes and the table follows."""
    print("  proving while following", file=sys.stderr, flush=True)
    with (
        bench.process("scripts/live_migration.py", "start"),
        bench.process("-m", "benchmarks.live_writer", str(RATE), ready="writing"),
    ):
        return bench.live("verify")


def targets(figures: Figures, options: argparse.Namespace) -> list[Target]:
    """What is to be reached on two cores."""
    median, few = figures.median, figures.median("live", "few", "peak_mb") or 1.0
    many = median("live", "many", "peak_mb") or 0.0
    return [
        Target("live", "median", f"median lag at {RATE} transactions a second", "", "s",
               median("live", "steady", "median_s"), 0.5),
        Target("live", "p99", "99 % of the lags within", "", "s", median("live", "steady", "p99_s"), 2),
        Target("live", "rate", "keys a second applied", "", "keys", median("live", "backlog", "rate"), 1_000,
               at_most=False),
        Target("live", "cpu", "CPU for each key", "", "ms", median("live", "backlog", "cpu_each_ms"), 0.5),
        Target("live", "memory", f"peak memory after {options.changes:,} changes", f"{options.changes // 10:,}",
               "ratio", many / few, 1.1),
        Target("live", "persistent", "persistent differences of a proof meanwhile", "", "count",
               median("live", "proof", "persistent"), 0),
    ]  # fmt: skip


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = command.parser(__doc__)
    add = parser.add_argument
    add("--backlog", type=positive, default=100_000, metavar="N", help="changes to drain (default: 100000)")
    add("--changes", type=positive, default=1_000_000, metavar="N", help="changes whose memory is measured "
        "(default: 1000000)")  # fmt: skip
    add(
        "--seconds", type=positive, default=60, metavar="N", help="how long the lag is measured (default: 60)"
    )
    return parser


def main(options: argparse.Namespace) -> int:
    """Measures and prints; 0 when every target is met, 1 otherwise."""
    import pymysql

    from engines.mariadb import start_mariadb

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with start_mariadb() as server, start_ministack(folder / "engine") as engine:
            source = server.source
            env = surroundings(engine.endpoint_url) | {
                "MYSQL_HOST": source.host, "MYSQL_PORT": str(source.port), "MYSQL_USER": source.user,
                "MYSQL_PASSWORD": source.password, "MYSQL_DATABASE": source.database,
                "DYNAMODB_TABLE": "bench_live", "ALGOITNY_STATE_DIR": str(folder / "state"),
                "DJANGO_DEBUG": "1", "DJANGO_SETTINGS_MODULE": "config.settings",
            }  # fmt: skip
            connection = pymysql.connect(
                host=source.host, port=source.port, user=source.user, password=source.password,
                database=source.database, charset="utf8mb4", autocommit=True,
            )  # fmt: skip
            with connection:
                bench = Bench(source, env)
                run_python(env, "manage.py", "migrate", "legacy", "--database", "legacy", "--verbosity", "0")
                run_python(env, "scripts/init_dynamodb.py")
                fill(connection, options.backlog, options.backlog // 10)
                with connection.cursor() as cursor:
                    cursor.executemany(
                        "INSERT INTO users (id, email, name, is_active, is_staff, created_at, updated_at) "
                        "VALUES (%s, %s, 'User', 1, 0, NOW(), NOW())",
                        [(n, f"user{n}@example.org") for n in range(1, USERS + 1)],
                    )
                runs = measured(bench, connection, options)
    figures = Figures(runs)
    reached = targets(figures, options)
    heading = f"AlgoItny's live move, a backlog of {options.backlog:,} changes, {os.cpu_count()} CPUs"
    text = f"{heading}\n\n{target_table(reached)}\n\nMethod: {METHOD}"
    return command.finish(options, text, document(figures, reached, METHOD, rows=options.backlog), reached)


if __name__ == "__main__":
    sys.exit(command.run(main, arguments()))
