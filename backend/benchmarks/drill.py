"""make drill: a whole live move against the clock, with an application and a service that never stop trying to write.

Move, follow, cutover, rollback, cutover again, and the end, on a private MariaDB and a private MiniStack. Before each
cutover one is tried while a transaction is left open, and has to give up in time.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import command, drill_report
from benchmarks.drill_report import MARKER, MOST_SECONDS, Attempt, Phase
from benchmarks.drill_writer import USERS
from benchmarks.figures import JSON, Figures, document
from benchmarks.lab import PeerFailed, run_python, surroundings, wait_for_line
from config.environment import BACKEND_DIR
from config.options import positive
from engines.ministack import start_ministack
from engines.processes import die_with_parent, tail, terminate

WRITERS = ("application", "service")
# A user whom nobody else changes, so that his row's lock alone holds nobody up.
_LEFT_OPEN = USERS + 1
_MOST_SECONDS = 600.0
_TRIES = 3
# What a cutover says when the follower needs some more seconds.
_NOT_YET = ("behind MySQL", "rows wait to be applied")
_LIVE = "scripts/live_migration.py"


@dataclass
class Drill:
    """The processes of a drill, and how long its phases took. `connection` is to MariaDB."""

    env: dict[str, str]
    folder: Path
    connection: Any
    phases: list[Phase] = field(default_factory=list)

    @property
    def log(self) -> Path:
        """What the processes beside the commands said."""
        return self.folder / "processes.log"

    @contextmanager
    def phase(self, name: str, most_pause: float = 0) -> Iterator[list[str]]:
        """A phase; the block adds to the list what is said of it."""
        print(f"  {name}", file=sys.stderr, flush=True)
        notes: list[str] = []
        began = time.time()
        yield notes
        self.phases.append(Phase(name, began, time.time() - began, "; ".join(notes), most_pause))

    @contextmanager
    def process(self, *arguments: str, wait_for: str = "") -> Iterator[subprocess.Popen[str]]:
        """A process beside the commands, ended by its id."""
        with self.log.open("a") as log:
            process = subprocess.Popen(
                [sys.executable, *arguments], cwd=BACKEND_DIR, env=self.env, stdout=subprocess.PIPE, stderr=log,
                text=True, preexec_fn=die_with_parent(),
            )  # fmt: skip
        with process:
            try:
                if wait_for and not wait_for_line(process, wait_for):
                    raise PeerFailed(f"{' '.join(arguments)} ended")
                yield process
            finally:
                terminate(process, seconds=30)

    def live(self, *arguments: str) -> JSON:
        """One command of the live move to its end; its report. Tried again while the follower is behind."""
        for tries in range(_TRIES):
            try:
                printed = run_python(self.env, _LIVE, *arguments, "--json", seconds=_MOST_SECONDS)
                report: JSON = json.loads(printed.splitlines()[0])
                return report
            except PeerFailed as error:
                if tries + 1 == _TRIES or not any(reason in str(error) for reason in _NOT_YET):
                    raise
                time.sleep(5)
        raise AssertionError  # the last try returns or raises

    def cut_over(self, settle: int) -> JSON:
        """Gives the writes to the service."""
        return self.live("cutover", "--yes", "--once", f"--stop={MOST_SECONDS}", f"--settle={settle}")

    def give_up(self) -> None:
        """A cutover while a transaction is left open; it has to name the connection."""
        with self.connection.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("UPDATE users SET name = 'Left open' WHERE id = %s", (_LEFT_OPEN,))
            try:
                self.cut_over(0)
            except PeerFailed as error:
                if "KILL" not in str(error):
                    raise
            else:
                raise PeerFailed("a cutover did not wait for a transaction that was left open")
            finally:
                cursor.execute("ROLLBACK")

    def catch_up(self, follower: subprocess.Popen[str]) -> None:
        """Waits until the follower is less than a second behind."""
        deadline = time.monotonic() + _MOST_SECONDS
        while True:
            report = self.live("status")
            if report["following"] and report["status"].get("lag_s", 9.0) < 1.0:
                return
            if follower.poll() is not None or time.monotonic() > deadline:
                raise PeerFailed("the follower does not catch up: give a smaller --rate")
            time.sleep(0.5)

    def attempts(self, who: str) -> list[Attempt]:
        """What a writer has tried."""
        lines = (self.folder / f"{who}.jsonl").read_text().splitlines()
        return [Attempt(*json.loads(line)) for line in lines if line.endswith("]")]


def rehearse(drill: Drill, options: argparse.Namespace) -> None:
    """All phases."""
    with drill.phase("prepare"):
        drill.live("prepare")
    with ExitStack() as writers:
        for who, rate in zip(WRITERS, (options.rate, max(1, options.rate // 2)), strict=True):
            writer = ("-m", "benchmarks.drill_writer", who, str(rate), str(drill.folder / f"{who}.jsonl"))
            writers.enter_context(drill.process(*writer, wait_for="writing"))
        switch(drill, options, "first", "copy")
        with drill.process(_LIVE, "cutover", "--yes", "--json"):
            with drill.phase("the service writes"):
                time.sleep(options.seconds)
            with drill.phase("rollback") as notes:
                notes.append(f"{drill.live('rollback', '--yes')['records']:,} records were left to apply")
        switch(drill, options, "second", "scan of the table")
        with drill.process(_LIVE, "cutover", "--yes", "--json"), drill.phase("the service writes again"):
            time.sleep(options.seconds)
        with drill.phase("finish") as notes:
            notes.append(drill.live("finish", "--yes")["last_proof"])
        time.sleep(1)


def switch(drill: Drill, options: argparse.Namespace, number: str, work: str) -> None:
    """From MySQL with the writes to the table with them."""
    with drill.process(_LIVE, "start", "--json") as follower:
        with drill.phase(f"{work}, until it follows"):
            drill.catch_up(follower)
        with drill.phase(f"following after the {work}") as notes:
            time.sleep(options.seconds)
            lag = drill.live("status")["status"]
            notes.append(f"lag: median {lag['median_s']:.2f} s, 99 % within {lag['p99_s']:.2f} s")
        with drill.phase(f"{number} proof") as notes:
            proof = drill.live("verify")
            notes.append(f"{proof['rows']:,} rows, {proof['persistent']:,} persistent differences")
        with drill.phase(f"{number} cutover, a transaction left open", MOST_SECONDS) as notes:
            drill.give_up()
            notes.append("given up, with the connection's name")
        with drill.phase(f"{number} cutover", MOST_SECONDS) as notes:
            notes.append(f"the gate was shut for {drill.cut_over(options.settle)['writes_stopped_s']} s")


def tokens_in_mysql(connection: Any) -> Counter[str]:
    """How often each write is in MySQL, by its run's code."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT code, COUNT(*) FROM search_history WHERE code LIKE %s GROUP BY code", (f"{MARKER}%",)
        )
        return Counter({str(code): int(number) for code, number in cursor.fetchall()})


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = command.parser(__doc__)
    add = parser.add_argument
    add("--rows", type=positive, default=5_000, metavar="N",
        help="runs, and as many usage logs, at the start (default: 5000)")  # fmt: skip
    add("--rate", type=positive, default=60, metavar="N",
        help="transactions of the application a second; the service makes half as many (default: 60)")  # fmt: skip
    add("--seconds", type=positive, default=15, metavar="N", help="how long each stage lasts (default: 15)")
    add("--settle", type=positive, default=10, metavar="N", help="--settle of the cutover (default: 10)")
    return parser


def main(options: argparse.Namespace) -> int:
    """Rehearses and prints; 0 when every target is met, 1 otherwise."""
    import pymysql

    from benchmarks.bench_source import fill
    from engines.mariadb import start_mariadb

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with start_mariadb() as server, start_ministack(folder / "engine") as engine:
            source = server.source
            env = surroundings(engine.endpoint_url) | {
                "MYSQL_HOST": source.host, "MYSQL_PORT": str(source.port), "MYSQL_USER": source.user,
                "MYSQL_PASSWORD": source.password, "MYSQL_DATABASE": source.database, "DYNAMODB_TABLE": "drill",
                "ALGOITNY_STATE_DIR": str(folder / "state"), "ALGOITNY_LIVE_MOVE": "1", "DJANGO_DEBUG": "1",
                "DJANGO_SETTINGS_MODULE": "config.settings",
            }  # fmt: skip
            run_python(env, "manage.py", "migrate", "legacy", "--database", "legacy", "--verbosity", "0")
            run_python(env, "scripts/init_dynamodb.py")
            with pymysql.connect(
                host=source.host, port=source.port, user=source.user, password=source.password,
                database=source.database, charset="utf8mb4", autocommit=True,
            ) as connection:  # fmt: skip
                fill(connection, options.rows, options.rows)
                with connection.cursor() as cursor:
                    cursor.executemany(
                        "INSERT INTO users (id, email, name, is_active, is_staff, created_at, updated_at) "
                        "VALUES (%s, %s, 'User', 1, 0, NOW(), NOW())",
                        [(n, f"user{n}@example.org") for n in range(1, _LEFT_OPEN + 1)],
                    )
                drill = Drill(env, folder, connection)
                try:
                    rehearse(drill, options)
                except PeerFailed as error:
                    raise PeerFailed(f"{error}; beside it: {tail(drill.log)}") from None
                in_table = Counter(json.loads(run_python(env, "-m", "benchmarks.drill_writer", "count")))
                in_mysql = tokens_in_mysql(connection)
            attempts = {who: drill.attempts(who) for who in WRITERS}
    account = drill_report.settle(attempts, drill.phases, in_table, in_mysql)
    reached = drill_report.targets(account, drill.phases)
    report = document(
        Figures({}), reached, drill_report.METHOD, rows=options.rows, rate=options.rate,
        phases=[{**phase._asdict(), "pause": account.pauses[phase.name]} for phase in drill.phases],
        writes={who: dict(outcomes) for who, outcomes in account.outcomes.items()},
    )  # fmt: skip
    heading = f"AlgoItny's live move, {options.rate} transactions a second, {os.cpu_count()} CPUs"
    text = drill_report.report_text(account, drill.phases, reached)
    return command.finish(options, f"{heading}\n\n{text}", report, reached)


if __name__ == "__main__":
    sys.exit(command.run(main, arguments()))
