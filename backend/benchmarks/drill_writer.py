"""Who writes in `drill`: an application into MySQL, or a service into the table; each in a process of its own.

`python -m benchmarks.drill_writer application|service RATE FILE` writes at a steady rate until it is ended, whoever has
the writes. Each attempt is a line of FILE: its number, when it began and ended, and what became of it. With `count` it
prints how often each write is in the table.
"""

from __future__ import annotations

import itertools
import json
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from benchmarks.drill_report import MARKER, OK, REFUSED, UNKNOWN, token
from config.environment import MySQLSource, environment

USERS = 500
Attempt = Callable[[int], str]


def application() -> Attempt:
    """A transaction of the application: a run with its usage, and a changed user."""
    import pymysql

    from config.databases import mysql_options
    from live.gate.statements import REFUSED as REFUSED_BY_GATE

    source = environment().source
    if not isinstance(source, MySQLSource):
        raise SystemExit("no MySQL source is configured")
    connection = pymysql.connect(**mysql_options(source), init_command="SET foreign_key_checks = 0")
    cursor = connection.cursor()

    def write(number: int) -> str:
        user = 1 + number % USERS
        try:
            cursor.execute("BEGIN")
            cursor.execute(
                "INSERT INTO search_history (user_id, problem_id, platform, problem_number, problem_title, language, "
                "code, passed_count, failed_count, total_count, is_code_public, created_at) VALUES "
                "(%s, 1, 'baekjoon', '1000', 'A+B', 'python', %s, 3, 0, 3, %s, UTC_TIMESTAMP(6))",
                (user, token("application", number), number % 2),
            )
            cursor.execute(
                "INSERT INTO usage_logs (user_id, action, created_at) VALUES (%s, 'execution', UTC_TIMESTAMP(6))",
                (user,),
            )
            cursor.execute("UPDATE users SET updated_at = UTC_TIMESTAMP(6) WHERE id = %s", (user,))
            cursor.execute("COMMIT")
        except pymysql.Error as error:
            with suppress(pymysql.Error):
                connection.rollback()
            return REFUSED if error.args[0] in (REFUSED_BY_GATE, 1205) else UNKNOWN
        return OK

    return write


def service() -> Attempt:
    """What the service writes for a request: a run and its usage, and sometimes a changed user."""
    from api.dynamodb.errors import DataLayerError, WritesPaused
    from api.dynamodb.repositories import SearchHistoryRepository, UsageLogRepository, UserRepository

    runs, usage, users = SearchHistoryRepository(), UsageLogRepository(), UserRepository()

    def write(number: int) -> str:
        user = 1 + number % USERS
        run: dict[str, Any] = {
            "user_id": user, "problem_id": 1, "platform": "baekjoon", "problem_number": "1000",
            "problem_title": "A+B", "language": "python", "code": token("service", number), "passed_count": 3,
            "total_count": 3, "is_code_public": number % 2 == 0,
        }  # fmt: skip
        try:
            runs.create_history(run)
        except WritesPaused:
            return REFUSED
        except DataLayerError:
            return UNKNOWN
        with suppress(DataLayerError):
            usage.log_usage(user, "execution", 1)
            if number % 4 == 0:
                users.update_user(user, {"name": f"Changed {number}"})
        return OK

    return write


def count() -> Counter[str]:
    """How often each write is in the table, by its run's code."""
    from api.dynamodb.codec.items import CODECS
    from api.dynamodb.transport.http import Transport
    from migration.table_contents import read_items

    counts: Counter[str] = Counter()
    for item in read_items(Transport.of_environment(), environment().table_name):
        if item["PK"]["S"].startswith("RUN#"):
            code = CODECS["run"].decode(item, {}).get("code") or ""
            counts.update([code] if code.startswith(MARKER) else [])
    return counts


def main(who: str, rate: float, path: str) -> None:
    """Writes until SIGTERM; prints a line when it begins."""
    stopped = False

    def stop(signum: int, frame: object) -> None:
        nonlocal stopped
        stopped = True

    signal.signal(signal.SIGTERM, stop)
    write = application() if who == "application" else service()
    print("writing", flush=True)
    due = time.monotonic()
    with open(path, "w", buffering=1) as log:  # noqa: PTH123  (line by line, whatever ends it)
        for number in itertools.count():
            if stopped:
                return
            began = time.time()
            outcome = write(number)
            log.write(json.dumps([number, began, time.time(), outcome]) + "\n")
            due = max(due + 1 / rate, time.monotonic())  # what was held up is not made up for
            time.sleep(max(0.0, due - time.monotonic()))


if __name__ == "__main__":
    if sys.argv[1] == "count":
        print(json.dumps(count()))
    else:
        main(sys.argv[1], float(sys.argv[2]), sys.argv[3])
