"""make drill: a whole live move against the clock, with an application and a service that never stop trying to write.

Move, follow, cutover, rollback, cutover again, and the end, on a private MariaDB and a private MiniStack. Every write
that somebody was told has succeeded is looked for in both stores at the end: none may be lost, none doubled.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import command
from benchmarks.drill_writer import OK, REFUSED, UNKNOWN, USERS, token
from benchmarks.figures import JSON, Figures, Target, document, target_table
from benchmarks.lab import PeerFailed, run_python, surroundings, wait_for_line
from config.options import positive
from engines.ministack import start_ministack
from engines.processes import die_with_parent
from reporting.text import text_table

WRITERS = ("application", "service")
METHOD = """\
The application tries 60 transactions a second on MySQL and the service 30 requests a second on the table, from before
the copy until after the end; the gate, or the permit, refuses whoever has not got the writes. A stop is the longest
time between two writes of anybody around a switch. Everything shares one machine."""


class Phase(NamedTuple):
    """A phase: when it began (epoch seconds), how long it took, and what its report says of it."""

    name: str
    began: float
    seconds: float
    note: str = ""


@dataclass
class Drill:
    """The processes of a drill, and how long its phases took."""

    env: dict[str, str]
    folder: Path
    phases: list[Phase] = field(default_factory=list)

    def live(self, name: str, *arguments: str, note: str = "") -> JSON:
        """One command of the live move to its end, as a phase; its report."""
        print(f"  {name}", file=sys.stderr, flush=True)
        began = time.time()
        printed = run_python(self.env, "scripts/live_migration.py", *arguments, "--json", seconds=None)
        report: JSON = json.loads(printed.splitlines()[0])
        self.phases.append(Phase(name, began, time.time() - began, note.format(**report)))
        return report

    @contextmanager
    def process(self, *arguments: str, wait_for: str = "") -> Iterator[Any]:
        """A process beside the commands, ended by its id."""
        import subprocess

        from config.environment import BACKEND_DIR

        with (self.folder / "processes.log").open("a") as log:
            process = subprocess.Popen(
                [sys.executable, *arguments], cwd=BACKEND_DIR, env=self.env, stdout=subprocess.PIPE, stderr=log,
                text=True, preexec_fn=die_with_parent,
            )  # fmt: skip
            try:
                if wait_for and not wait_for_line(process, wait_for):
                    raise PeerFailed(f"{' '.join(arguments)} ended")
                yield process
            finally:
                process.terminate()
                process.wait(timeout=60)

    def wait_until_following(self) -> None:
        """Waits for a lag that is known and below a second."""
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline:
            status: JSON = json.loads(run_python(self.env, "scripts/live_migration.py", "status", "--json"))
            if status["following"] and status["status"].get("lag_s", 9.0) < 1.0:
                return
            time.sleep(0.5)
        raise PeerFailed("the follower does not catch up")

    def attempts(self, who: str) -> list[tuple[int, float, float, str]]:
        """What a writer has tried."""
        lines = (self.folder / f"{who}.jsonl").read_text().splitlines()
        return [tuple(json.loads(line)) for line in lines if line.endswith("]")]


def rehearse(drill: Drill, options: argparse.Namespace) -> None:
    """All phases."""
    settle = f"--settle={options.settle}"
    files = {who: str(drill.folder / f"{who}.jsonl") for who in WRITERS}
    rates = {"application": str(options.rate), "service": str(options.rate // 2)}
    start = ("scripts/live_migration.py", "start")
    drill.live("prepare", "prepare")
    began = time.time()
    writer = ("-m", "benchmarks.drill_writer")
    with (
        drill.process(*writer, "application", rates["application"], files["application"], wait_for="writing"),
        drill.process(*writer, "service", rates["service"], files["service"], wait_for="writing"),
    ):
        for number in ("first", "second"):
            with drill.process(*start):
                drill.wait_until_following()
                what = "copy" if number == "first" else "scan of the table"
                drill.phases.append(Phase(f"{what}, until it follows", began, time.time() - began))
                time.sleep(options.seconds)
                drill.live("verify", "verify", note="{persistent} persistent differences")
                drill.live(
                    f"{number} cutover", "cutover", "--yes", "--once", settle, f"--stop={options.stop}",
                    note="the gate was shut for {writes_stopped_s} s",
                )  # fmt: skip
            with drill.process("scripts/live_migration.py", "cutover", "--yes"):
                time.sleep(options.seconds)
                if number == "first":
                    drill.live("rollback", "rollback", "--yes", note="{records} records applied to the end")
            began = time.time()
        drill.live("finish", "finish", "--yes", note="{last_proof}")
        time.sleep(1)


@dataclass
class Account:
    """What became of every write: by writer, what it was told; and what both stores have at the end."""

    outcomes: dict[str, Counter[str]]
    lost: int
    doubled: int
    missing_in_mysql: int
    stops: dict[str, float]


def settle_accounts(drill: Drill, in_table: Counter[str], in_mysql: Counter[str]) -> Account:
    """Looks for every write. MySQL has to have those from before the end; stops are of anybody's writes."""
    attempts = {who: drill.attempts(who) for who in WRITERS}
    times = {token(who, n): end for who in WRITERS for n, _, end, outcome in attempts[who] if outcome == OK}
    ends = sorted(times.values())
    switches = [phase for phase in drill.phases if "cutover" in phase.name or phase.name == "rollback"]
    (finish,) = (phase.began for phase in drill.phases if phase.name == "finish")
    return Account(
        outcomes={who: Counter(outcome for *_, outcome in attempts[who]) for who in WRITERS},
        lost=sum(1 for text in times if not in_table[text]),
        doubled=sum(1 for store in (in_table, in_mysql) for number in store.values() if number > 1),
        missing_in_mysql=sum(1 for text, end in times.items() if end < finish and not in_mysql[text]),
        stops={
            phase.name: max(
                (b - a for a, b in pairwise(ends) if b > phase.began and a < phase.began + phase.seconds),
                default=0.0,
            )
            for phase in switches
        },
    )


def tokens_in_mysql(connection: Any) -> Counter[str]:
    """The same of MySQL."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT code, COUNT(*) FROM search_history WHERE code LIKE '# drill %' GROUP BY code")
        return Counter({str(code): int(number) for code, number in cursor.fetchall()})


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = command.parser(__doc__)
    add = parser.add_argument
    add(
        "--rows",
        type=positive,
        default=5_000,
        metavar="N",
        help="runs and usage logs at the start (default: 5000)",
    )
    add("--rate", type=positive, default=60, metavar="N", help="transactions a second (default: 60)")
    add("--seconds", type=positive, default=15, metavar="N", help="how long each stage lasts (default: 15)")
    add("--settle", type=positive, default=10, metavar="N", help="--settle of the cutover (default: 10)")
    add("--stop", type=positive, default=5, metavar="N", help="--stop of the cutover (default: 5)")
    return parser


def targets(account: Account) -> list[Target]:
    """What is to be reached."""
    counts = (
        ("lost", "writes lost", account.lost),
        ("doubled", "writes doubled", account.doubled),
        ("mysql", "writes from before the end that MySQL lacks", account.missing_in_mysql),
    )
    return [
        *(Target("drill", name, label, "", "count", number, 0) for name, label, number in counts),
        *(
            Target("drill", name, f"longest time without a write, {name}", "", "s", seconds, 5)
            for name, seconds in account.stops.items()
            if "cutover" in name
        ),
    ]


def _text(drill: Drill, account: Account, reached: list[Target]) -> str:
    phases = text_table(
        ["phase", "seconds", ""],
        [[phase.name, f"{phase.seconds:,.1f}", phase.note] for phase in drill.phases],
    )
    writes = text_table(
        ["writer", "made", "refused", "unknown"],
        [
            [who, *(f"{account.outcomes[who][outcome]:,}" for outcome in (OK, REFUSED, UNKNOWN))]
            for who in WRITERS
        ],
    )
    stops = "; ".join(f"{name} {seconds:.1f} s" for name, seconds in account.stops.items())
    parts = (
        phases,
        writes,
        f"longest time without a write: {stops}",
        target_table(reached),
        f"Method: {METHOD}",
    )
    return "\n\n".join(parts)


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
            drill = Drill(env, folder)
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
                        [(n, f"user{n}@example.org") for n in range(1, USERS + 1)],
                    )
                rehearse(drill, options)
                in_table, in_mysql = (
                    Counter(json.loads(run_python(env, "-m", "benchmarks.drill_writer", "count"))),
                    tokens_in_mysql(connection),
                )
    account = settle_accounts(drill, in_table, in_mysql)
    reached = targets(account)
    report = document(
        Figures({}), reached, METHOD, phases=[phase._asdict() for phase in drill.phases],
        writes={who: dict(account.outcomes[who]) for who in WRITERS}, stops=account.stops,
    )  # fmt: skip
    return command.finish(options, _text(drill, account, reached), report, reached)


if __name__ == "__main__":
    sys.exit(command.run(main, arguments()))
