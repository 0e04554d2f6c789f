"""make bench-dashboard: the first pages of both dashboards over a million rows of logs.

DynamoDB Local holds the operator's metrics of eight processes with a million events of 14 days, then the trading
example's five tables with a million rows of 30 days.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import command
from benchmarks.figures import JSON, Figures, Runs, Target, document, target_table
from config.environment import BACKEND_DIR, PROJECT_DIR
from config.options import positive

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

METHOD = """\
Each page is drawn by Streamlit's AppTest in a process of its own, without a browser: first from nothing, the imports of
pandas and Plotly included, then by Refresh, which reads everything again. The range is the one that a visitor sees
first: a day of the service, a week of the bot. RCU are those of the page's foot, as DynamoDB Local reports them."""
MOST_SECONDS, MOST_UNITS = 3.0, 200.0
PROCESSES = tuple(f"web-{host}-{worker}-bench" for host in (1, 2) for worker in (101, 102, 103, 104))
EVENT_DAYS, TRADING_DAYS = 14, 30
# A bot with a step of an hour writes so many rows a day in a dozen markets.
_ROWS_A_DAY = 2_085
_KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
_FAR = {"ttl": {"N": "4102444800"}}  # nothing expires meanwhile
Settings = dict[str, str]


def events(number: int, now: datetime) -> Iterator[JSON]:
    """Items of so many decisions of the limiter: each process's of each minute of 14 days."""
    from metrics.items import event_key, events_item

    minutes = EVENT_DAYS * 24 * 60
    each, more = divmod(number, minutes * len(PROCESSES))
    for position in range(minutes * len(PROCESSES)):
        at = now - timedelta(minutes=position // len(PROCESSES))
        text = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        event = {
            "at": text, "action": "hint", "plan": 2, "outcome": "denied", "wcu": 1.0, "limit": 5, "count": 5,
            "reset": text, "retry_after": 3600, "route": "route api history, hints",
        }  # fmt: skip
        if count := each + (position < more):
            key = event_key(at, "limit", PROCESSES[position % len(PROCESSES)])
            yield {**events_item(key, [event] * count, at), **_FAR}


def fill_service(client: BotoClient, number: int, now: datetime) -> int:
    """The table of metrics of eight processes, with so many events; how many items it has."""
    from api.dynamodb.control_plane.creation import create_table
    from api.dynamodb.table_schema import METRICS_TABLE, TABLE
    from dashboard.demo import HISTORY, METRICS, DemoClient
    from examples.decision_log.fill import write
    from lifecycle.history import History

    for table in (METRICS_TABLE, TABLE):
        create_table(client, table, "dev", seconds=60)
    History(client, HISTORY, "dev").prepare()
    name = METRICS_TABLE.table_name("dev")
    generated = DemoClient(now, processes=PROCESSES, days=3, minutes=60).items(METRICS)
    figures = (item | _FAR for item in generated if not item["PK"]["S"].startswith("D#"))
    return write(client, name, figures) + write(client, name, events(number, now))


def fill_trading(client: BotoClient, number: int, now: datetime) -> int:
    """The five tables with about so many rows of logs; how many items they have."""
    from api.dynamodb.control_plane.creation import create_table
    from examples.trading_dashboard.fill import fill
    from examples.trading_dashboard.market_maker import MarketMaker
    from examples.trading_dashboard.tables import TABLES

    for table in TABLES:
        create_table(client, table, "demo", seconds=60)
    step = timedelta(hours=1) * (_ROWS_A_DAY * TRADING_DAYS / number)
    bot = MarketMaker(now - timedelta(days=TRADING_DAYS), step=step)
    return sum(fill(client, "demo", bot, now).values())


DASHBOARDS: dict[str, tuple[str, Callable[[BotoClient, int, datetime], int]]] = {
    "service": ("dashboard/app/main.py", fill_service),
    "trading": ("examples/trading_dashboard/app/main.py", fill_trading),
}


def draw(path: str, settings: Settings, rounds: int) -> Runs:
    """The runs of a dashboard's first page. Raises `PeerFailed`."""
    from benchmarks.lab import PeerFailed

    python = PROJECT_DIR / ".venv-dashboard" / "bin" / "python"
    arguments = [
        str(python),
        "-W",
        "ignore",
        "benchmarks/dashboard_page.py",
        str(BACKEND_DIR / path),
        str(rounds),
    ]
    done = subprocess.run(
        arguments, cwd=BACKEND_DIR, env={**os.environ, **settings}, capture_output=True, text=True, check=False
    )  # fmt: skip
    if done.returncode:
        raise PeerFailed(f"{path} was not drawn: {done.stderr.strip()[-600:]}")
    runs: Runs = json.loads(done.stdout)
    return runs


def measure(name: str, rows: int, rounds: int) -> tuple[Runs, JSON]:
    """Fills an engine for one dashboard and draws its first page."""
    import boto3

    from api.dynamodb.transport.access import OPERATOR_BOUNDS
    from engines.dynamodb_local import start_dynamodb_local

    path, fill = DASHBOARDS[name]
    with tempfile.TemporaryDirectory() as folder, start_dynamodb_local(Path(folder)) as running:
        client: BotoClient = boto3.client(
            "dynamodb", endpoint_url=running.endpoint_url, region_name=_KEYS["AWS_DEFAULT_REGION"],
            aws_access_key_id=_KEYS["AWS_ACCESS_KEY_ID"], aws_secret_access_key=_KEYS["AWS_SECRET_ACCESS_KEY"],
            config=OPERATOR_BOUNDS.config(),
        )  # fmt: skip
        began = time.perf_counter()
        items = fill(client, rows, datetime.now(UTC).replace(second=0, microsecond=0))
        seconds = time.perf_counter() - began
        print(f"{name}: {items:,} items in {seconds:,.0f} s", file=sys.stderr, flush=True)
        settings = {**_KEYS, "LOCALSTACK_URL": running.endpoint_url, "ALGOITNY_ENV_FILE": ""}
        return draw(path, settings, rounds), {"items": items, "fill_seconds": seconds}


def targets(figures: Figures) -> list[Target]:
    """What is to be reached: 3 s from nothing, and 200 RCU."""
    return [
        target
        for name in DASHBOARDS
        if name in figures.runs
        for target in (
            Target(name, "seconds", f"{name}, first page from nothing", "", "s",
                   figures.median(name, "first", "seconds"), MOST_SECONDS),
            Target(name, "rcu", f"{name}, RCU of it", "", "count", figures.median(name, "first", "rcu"), MOST_UNITS),
        )
    ]  # fmt: skip


def report(figures: Figures, filled: dict[str, JSON]) -> str:
    """A row for each page that was drawn."""
    from reporting.text import markdown_table

    rows = [
        [f"{name}, {kind}", f"{filled[name]['items']:,}", *(
            f"{figures.median(name, kind, value):{form}}"
            for value, form in (("seconds", ".2f"), ("cpu_seconds", ".2f"), ("rcu", ",.1f"), ("requests", ",.0f"))
        )]
        for name, runs in figures.runs.items() for kind in runs
    ]  # fmt: skip
    return markdown_table(("page", "items", "s", "s of CPU", "RCU", "requests"), rows, right=5)


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = command.parser(__doc__)
    parser.add_argument(
        "--rows", type=positive, default=1_000_000, metavar="N", help="rows of logs (default: 1,000,000)"
    )
    parser.add_argument(
        "--rounds", type=positive, default=5, metavar="N", help="pages after the first (default: 5)"
    )
    parser.add_argument("--only", choices=DASHBOARDS, metavar="NAME", help=f"one of {', '.join(DASHBOARDS)}")
    return parser


def main(options: argparse.Namespace) -> int:
    """Measures and prints; 0 when every target is met, 1 otherwise."""
    runs: dict[str, Runs] = {}
    filled: dict[str, JSON] = {}
    for name in [options.only] if options.only else DASHBOARDS:
        runs[name], filled[name] = measure(name, options.rows, options.rounds)
    figures = Figures(runs)
    reached = targets(figures)
    blocks = [
        f"Dashboards over {options.rows:,} rows of logs", report(figures, filled), target_table(reached),
        f"Method: {METHOD}",
    ]  # fmt: skip
    about: dict[str, Any] = {"rows": options.rows, "filled": filled}
    return command.finish(options, "\n\n".join(blocks), document(figures, reached, METHOD, **about), reached)


if __name__ == "__main__":
    sys.exit(command.run(main, arguments()))
