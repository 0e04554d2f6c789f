"""make bench-migrate: the move and its proof against their peers, in one run, as ratios.

A private MariaDB and a private MiniStack are started on free loopback ports and stopped
afterwards. Each contender runs in a process of its own against a fresh table, in turn,
several rounds; medians count. The memory and growth figures move usage logs.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import pymysql

from benchmarks.bench_source import fill
from config.environment import BACKEND_DIR, MySQLSource
from engines.mariadb import start_mariadb
from engines.ministack import start_ministack
from engines.processes import EngineFailed, EngineUnavailable

DATABASE = "algoitny_bench"


@dataclass(frozen=True)
class Target:
    """One figure that is to be reached."""

    what: str
    value: float
    limit: float
    at_most: bool

    @property
    def reached(self) -> bool:
        """Whether the figure is within its limit."""
        return self.value <= self.limit if self.at_most else self.value >= self.limit

    def line(self) -> str:
        """The figure beside what was asked."""
        word = "at most" if self.at_most else "at least"
        return f"  {'ok  ' if self.reached else 'MISS'} {self.what:<58} {self.value:>8.2f}   {word} {self.limit:g}"


class Bench:
    """Runs contenders against one source and one engine."""

    def __init__(self, source: MySQLSource, endpoint: str, folder: Path) -> None:
        self._source = source
        self._endpoint = endpoint
        self._folder = folder
        self._tables = 0

    def environment(self, table: str) -> dict[str, str]:
        """The environment of a contender: nothing of the caller's settings changes what is measured."""
        keep = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return keep | {
            "MYSQL_HOST": self._source.host, "MYSQL_PORT": str(self._source.port), "MYSQL_USER": self._source.user,
            "MYSQL_PASSWORD": self._source.password, "MYSQL_DATABASE": self._source.database,
            "LOCALSTACK_URL": self._endpoint, "DYNAMODB_TABLE": table, "ALGOITNY_STATE_DIR": str(self._folder / table),
            "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1",
            "DJANGO_DEBUG": "1", "DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONPATH": str(BACKEND_DIR),
        }  # fmt: skip

    def python(self, table: str, *arguments: str) -> str:
        """Runs Python with the contender's environment; its output."""
        done = subprocess.run(
            [sys.executable, *arguments], cwd=BACKEND_DIR, env=self.environment(table), capture_output=True, text=True
        )  # fmt: skip
        if done.returncode:
            raise SystemExit(f"error: {' '.join(arguments)} failed:\n{done.stderr.strip()[-2000:]}")
        return done.stdout

    @contextmanager
    def fresh_table(self) -> Iterator[str]:
        """A new empty table, deleted afterwards."""
        self._tables += 1
        table = f"bench_{self._tables}"
        self.python(table, "scripts/init_dynamodb.py")
        yield table
        self.python(table, "scripts/delete_dynamodb.py", "--yes")

    def run(self, name: str, table: str) -> dict[str, Any]:
        """One contender's figures."""
        result: dict[str, Any] = json.loads(self.python(table, "-m", "benchmarks.contenders", name))
        print(f"    {name:<13} {result['items'] / result['wall']:>9,.0f} items/s  "
              f"{result['cpu'] / result.get('rows', result['items']) * 1e6:>7.1f} us of CPU a "
              f"{'row' if 'rows' in result else 'item'}", file=sys.stderr, flush=True)  # fmt: skip
        return result


def _median(results: list[dict[str, Any]], value: str, per: str) -> float:
    return float(statistics.median(r[value] / r[per] for r in results))


def pipeline(bench: Bench, rounds: int) -> tuple[list[Target], dict[str, Any]]:
    """History rows: the product, the plain way and the ceiling in turn; then the proof beside a bare scan."""
    found: dict[str, list[dict[str, Any]]] = {}
    for number in range(rounds):
        print(f"  round {number + 1} of {rounds}", file=sys.stderr)
        for name in ("ordinary", "ceiling", "move-history"):
            with bench.fresh_table() as table:
                found.setdefault(name, []).append(bench.run(name, table))
                if name == "move-history":
                    for reader in ("scan", "verify"):
                        found.setdefault(reader, []).append(bench.run(reader, table))
    cpu = _median(found["move-history"], "cpu", "rows") / _median(found["ordinary"], "cpu", "rows")
    rate = _median(found["move-history"], "items", "wall") / _median(found["ceiling"], "items", "wall")
    proof = _median(found["verify"], "items", "wall") / _median(found["scan"], "items", "wall")
    return [
        Target("CPU a history row, against ORM + batch_writer", cpu, 1 / 3, True),
        Target("items a second, against prebuilt batches", rate, 0.9, False),
        Target("verified items a second, against a bare scan", proof, 0.8, False),
    ], found


def growth(bench: Bench, connection: Any, rows: int, rounds: int) -> tuple[list[Target], dict[str, Any]]:
    """Usage logs: a tenth of the rows, then all of them; memory must not grow and CPU only in proportion."""
    found: dict[str, list[dict[str, Any]]] = {}
    for name, number, times in (("small", rows // 10, rounds), ("large", rows, 1)):
        print(f"  filling {number:,} usage logs", file=sys.stderr)
        fill(connection, 0, number)
        for _ in range(times):
            with bench.fresh_table() as table:
                found.setdefault(name, []).append(bench.run("move-usage", table))
    small, (large,) = found["small"], found["large"]
    memory = large["peak_mb"] / min(run["peak_mb"] for run in small)
    cpu = large["cpu"] / statistics.median(run["cpu"] for run in small)
    return [
        Target(f"peak memory at {rows:,} rows, against {rows // 10:,}", memory, 1.1, True),
        Target("peak memory, MB", large["peak_mb"], 150, True),
        Target("CPU for 10 times the rows", cpu, 10.5, True),
    ], found


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    made.add_argument("--rows", type=int, default=20_000, metavar="N", help="history rows (default: 20000)")
    made.add_argument(
        "--usage", type=int, default=1_000_000, metavar="N", help="usage logs (default: 1000000)"
    )
    made.add_argument(
        "--rounds", type=int, default=3, metavar="N", help="rounds of the pipeline (default: 3)"
    )
    made.add_argument("--json", action="store_true", help="print only JSON")
    return made


def main(options: argparse.Namespace) -> int:
    """Measures and prints; 0 when every target is reached, 1 otherwise."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with start_mariadb() as server, start_ministack(folder / "engine") as engine:
            source = replace(server.source, database=DATABASE)
            connection = pymysql.connect(
                host=source.host,
                port=source.port,
                user=source.user,
                password=source.password,
                charset="utf8mb4",
            )
            with connection, connection.cursor() as cursor:
                cursor.execute(f"CREATE DATABASE {DATABASE} CHARACTER SET utf8mb4")
                cursor.execute(f"USE {DATABASE}")
                bench = Bench(source, engine.endpoint_url, folder)
                bench.python(
                    "none", "manage.py", "migrate", "legacy", "--database", "legacy", "--verbosity", "0"
                )
                print(f"filling {options.rows:,} history rows", file=sys.stderr)
                fill(connection, options.rows, 0)
                targets, details = pipeline(bench, options.rounds)
                more, sizes = growth(bench, connection, options.usage, options.rounds)
    targets += more
    document = {
        "targets": [{**vars(target), "reached": target.reached} for target in targets],
        "pipeline": details,
        "growth": sizes,
        "rows": options.rows,
        "cpus": os.cpu_count(),
        "python": sys.version.split()[0],
    }
    if not options.json:
        print(f"\nAlgoItny move and proof, {options.rows:,} history rows of 1 KB, {os.cpu_count()} CPUs\n")
        print("\n".join(target.line() for target in targets))
        print(
            "\nMethod: one MariaDB and one MiniStack on this machine; each contender in its own process against a\n"
            "fresh table, in turn, medians of the rounds. CPU is the process's own, imports left out. The plain way\n"
            "writes the same three items a row; the ceiling sends bodies made beforehand by the same transport.\n"
        )
    print(json.dumps(document))
    return 0 if all(target.reached for target in targets) else 1


if __name__ == "__main__":
    try:
        sys.exit(main(arguments().parse_args()))
    except (EngineUnavailable, EngineFailed) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
