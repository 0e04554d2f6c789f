"""make bench-migrate: the migration and its verification against their peers, in one run, as ratios.

A private MariaDB and a private MiniStack are started on free loopback ports and stopped afterwards.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import command
from benchmarks.bench_source import fill
from benchmarks.figures import JSON, Figures, Runs, Target, document, target_table
from benchmarks.lab import run_python, surroundings
from config.environment import MySQLSource
from config.options import positive
from engines.ministack import start_ministack

DATABASE = "algoitny_bench"
METHOD = """\
One MariaDB and one MiniStack run on this machine. Each program runs in a process of its own against a fresh table, in
turn with the others, and the medians of the rounds count. CPU is the process's own, without its imports. The ordinary
way writes the same three items for each row; the ceiling sends bodies made beforehand by the same transport. Memory
and growth are measured with usage logs, which no index has in the order in which they are read."""


class Bench:
    """Runs the measured programs against one source and one engine."""

    def __init__(self, source: MySQLSource, endpoint: str, folder: Path) -> None:
        self._source = source
        self._endpoint = endpoint
        self._folder = folder
        self._tables = 0

    def python(self, table: str, *arguments: str) -> str:
        """Runs Python with the settings of a measured program; its output. Raises `PeerFailed`."""
        env = surroundings(self._endpoint) | {
            "MYSQL_HOST": self._source.host, "MYSQL_PORT": str(self._source.port), "MYSQL_USER": self._source.user,
            "MYSQL_PASSWORD": self._source.password, "MYSQL_DATABASE": self._source.database,
            "DYNAMODB_TABLE": table, "ALGOITNY_STATE_DIR": str(self._folder / table),
            "DJANGO_DEBUG": "1", "DJANGO_SETTINGS_MODULE": "config.settings",
        }  # fmt: skip
        return run_python(env, *arguments, seconds=None)

    @contextmanager
    def fresh_table(self) -> Iterator[str]:
        """A new empty table, deleted afterwards."""
        self._tables += 1
        table = f"bench_{self._tables}"
        self.python(table, "scripts/init_dynamodb.py")
        yield table
        self.python(table, "scripts/delete_dynamodb.py", "--yes", "--no-backup")

    def run(self, name: str, table: str) -> JSON:
        """The figures of one program."""
        result: JSON = json.loads(self.python(table, "-m", "benchmarks.contenders", name))
        unit = "row" if "rows" in result else "item"
        result["rate"] = result["items"] / result["wall"]
        result["cpu_each"] = result["cpu"] / result[f"{unit}s"] * 1e6
        print(f"    {name:<13} {result['rate']:>9,.0f} items/s  {result['cpu_each']:>7.1f} us of CPU for each {unit}",
              file=sys.stderr, flush=True)  # fmt: skip
        return result


def pipeline(bench: Bench, rounds: int) -> dict[str, Runs]:
    """History rows: the product, the ordinary way and the ceiling in turn; then the verification beside a bare scan."""
    runs: Runs = {}
    for number in range(rounds):
        print(f"  round {number + 1} of {rounds}", file=sys.stderr)
        for name in ("ordinary", "ceiling", "move-history"):
            with bench.fresh_table() as table:
                runs.setdefault(name, []).append(bench.run(name, table))
                if name == "move-history":
                    for reader in ("scan", "verify"):
                        runs.setdefault(reader, []).append(bench.run(reader, table))
    return {"pipeline": runs}


def rows_handled(connection: Any) -> int:
    """How many rows the server has read or sorted since it was started."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT SUM(variable_value) FROM information_schema.global_status WHERE variable_name IN "
            "('HANDLER_READ_NEXT', 'HANDLER_READ_PREV', 'HANDLER_READ_RND_NEXT', 'SORT_ROWS')"
        )
        return int(cursor.fetchone()[0])


def growth(bench: Bench, connection: Any, rows: int, rounds: int) -> dict[str, Runs]:
    """Usage logs, which no index has in the order of (user_id, id): a tenth of the rows, then all of them."""
    runs: Runs = {}
    for name, number, times in (("small", rows // 10, rounds), ("large", rows, 1)):
        print(f"  filling {number:,} usage logs", file=sys.stderr)
        fill(connection, 0, number)
        for _ in range(times):
            with bench.fresh_table() as table:
                before = rows_handled(connection)
                run = bench.run("move-usage", table)
                run["handled_each"] = (rows_handled(connection) - before) / number
                runs.setdefault(name, []).append(run)
    return {"growth": runs}


def letters(bench: Bench, connection: Any, rows: int) -> dict[str, Runs]:
    """A tenth of the history rows, then all of them, become dead letters; they are mended and retried."""
    runs: Runs = {}
    for name, number in (("few", rows // 10), ("many", rows)):
        print(f"  filling {number:,} rows that cannot be moved", file=sys.stderr)
        fill(connection, number, 0)
        with connection.cursor() as cursor, bench.fresh_table() as table:
            cursor.execute("UPDATE search_history SET is_code_public = 9")
            connection.commit()
            bench.python(table, "-m", "benchmarks.contenders", "move-history")
            cursor.execute("UPDATE search_history SET is_code_public = 0")
            connection.commit()
            runs[name] = [bench.run("replay", table)]
    return {"letters": runs}


def proof(bench: Bench, connection: Any, rows: int) -> dict[str, Runs]:
    """Usage logs: the verification of a tenth of the rows and of all, and one in which every record differs."""
    runs: Runs = {}
    for name, number in (("small", rows // 10), ("large", rows)):
        print(f"  filling {number:,} usage logs to verify", file=sys.stderr)
        fill(connection, 0, number)
        with bench.fresh_table() as table:
            runs[f"{name}-differences"] = [bench.run("verify-differences", table)]
            bench.run("move-usage", table)
            runs[name] = [bench.run("verify-usage", table)]
            runs[f"{name}-counts"] = [bench.run("count-usage", table)]
    return {"proof": runs}


def _proof_targets(figures: Figures, rows: int) -> list[Target]:
    """The verification's memory, of the program and of the process that reads the source beside it."""
    peaks = [
        Target("proof", f"{value} {runs}", f"{process}, {rows:,} rows{condition}", "", "MB",
               figures.worst("proof", runs, value), 100)
        for runs, condition in (("large", ""), ("large-differences", " that all differ"))
        for value, process in (("peak_mb", "peak memory of verifying"), ("reader_mb", "of its reader of the source"))
    ]  # fmt: skip
    small = f"{rows // 10:,} rows"
    ratio = figures.quotient("proof", "peak_mb", "large", "small")
    return [
        *peaks,
        Target("proof", "memory", f"memory of verifying {rows:,} rows", small, "ratio", ratio, 1.15),
    ]


def targets(figures: Figures, rows: int, verified_rows: int, letter_rows: int) -> list[Target]:
    """What is to be reached; memory must not grow with the rows, and CPU only in proportion."""

    small = min(run["peak_mb"] for run in figures.runs["growth"]["small"])
    large = statistics.median(run["peak_mb"] for run in figures.runs["growth"]["large"])
    handled = statistics.median(run["handled_each"] for run in figures.runs["growth"]["large"])
    return [
        Target("pipeline", "cpu", "CPU for each history row", "ORM and batch_writer", "ratio",
               figures.quotient("pipeline", "cpu_each", "move-history", "ordinary"), 1 / 3),
        Target("pipeline", "rate", "items a second", "prebuilt batches", "ratio",
               figures.quotient("pipeline", "rate", "move-history", "ceiling"), 0.9, at_most=False),
        Target("pipeline", "verified", "verified items a second", "a bare scan", "ratio",
               figures.quotient("pipeline", "rate", "verify", "scan"), 0.8, at_most=False),
        Target("growth", "memory", f"peak memory at {rows:,} rows", f"{rows // 10:,} rows", "ratio",
               large / small, 1.1),
        Target("growth", "peak", f"peak memory at {rows:,} rows", "", "MB", large, 150),
        Target("growth", "cpu", "CPU for 10 times the rows", "", "ratio",
               figures.quotient("growth", "cpu", "large", "small"), 10.5),
        Target("growth", "handled", "rows that MySQL reads and sorts for a usage log", "", "rows", handled, 8),
        *_proof_targets(figures, verified_rows),
        Target("letters", "memory", f"peak memory of a replay of {letter_rows:,} letters",
               f"{letter_rows // 10:,} letters", "ratio",
               figures.quotient("letters", "peak_mb", "many", "few"), 1.1),
        Target("letters", "peak", f"peak memory of a replay of {letter_rows:,} letters", "", "MB",
               figures.runs["letters"]["many"][0]["peak_mb"], 150),
    ]  # fmt: skip


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = command.parser(__doc__)
    add = parser.add_argument
    add("--rows", type=positive, default=20_000, metavar="N", help="history rows (default: 20000)")
    add("--usage", type=positive, default=1_000_000, metavar="N", help="usage logs (default: 1000000)")
    add("--verified", type=positive, default=600_000, metavar="N",
        help="usage logs to verify, about four to an item (default: 600000)")  # fmt: skip
    add("--letters", type=positive, default=60_000, metavar="N", help="dead letters (default: 60000)")
    add("--rounds", type=positive, default=3, metavar="N", help="rounds of the pipeline (default: 3)")
    return parser


def main(options: argparse.Namespace) -> int:
    """Measures and prints; 0 when every target is met, 1 otherwise."""
    import pymysql

    from engines.mariadb import start_mariadb

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with start_mariadb() as server, start_ministack(folder / "engine") as engine:
            source = replace(server.source, database=DATABASE)
            connection = pymysql.connect(
                host=source.host, port=source.port, user=source.user, password=source.password, charset="utf8mb4"
            )  # fmt: skip
            with connection, connection.cursor() as cursor:
                cursor.execute(f"CREATE DATABASE {DATABASE} CHARACTER SET utf8mb4")
                cursor.execute(f"USE {DATABASE}")
                bench = Bench(source, engine.endpoint_url, folder)
                bench.python(
                    "none", "manage.py", "migrate", "legacy", "--database", "legacy", "--verbosity", "0"
                )
                print(f"filling {options.rows:,} history rows", file=sys.stderr)
                fill(connection, options.rows, 0)
                runs = pipeline(bench, options.rounds)
                runs |= growth(bench, connection, options.usage, options.rounds)
                runs |= proof(bench, connection, options.verified)
                runs |= letters(bench, connection, options.letters)
    figures = Figures(runs)
    reached = targets(figures, options.usage, options.verified, options.letters)
    heading = f"AlgoItny's migration and its verification, {options.rows:,} history rows of 1 KB, {os.cpu_count()} CPUs"
    text = f"{heading}\n\n{target_table(reached)}\n\nMethod: {METHOD}"
    return command.finish(options, text, document(figures, reached, METHOD, rows=options.rows), reached)


if __name__ == "__main__":
    sys.exit(command.run(main, arguments()))
