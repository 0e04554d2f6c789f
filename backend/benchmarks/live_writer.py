"""The application of `bench_live`: small transactions at a steady rate, in a process of its own, until it is ended."""

from __future__ import annotations

import itertools
import sys
import time
from random import Random
from typing import Any

from config.databases import mysql_options
from config.environment import MySQLSource, environment


def transaction(cursor: Any, rng: Random, number: int) -> None:
    """One transaction such as the application makes: a run with its usage, a changed user, or a deleted run."""
    user = rng.randrange(1, 1_001)
    cursor.execute("BEGIN")
    kind = number % 4
    if kind < 2:
        cursor.execute(
            "INSERT INTO search_history (user_id, problem_id, platform, problem_number, problem_title, language, "
            "code, passed_count, failed_count, total_count, is_code_public, created_at) "
            "VALUES (%s, 1, 'baekjoon', '1000', 'A+B', 'python', %s, 3, 0, 3, 0, UTC_TIMESTAMP(6))",
            (user, f"print({number})" * 20),
        )
        cursor.execute(
            "INSERT INTO usage_logs (user_id, action, created_at) VALUES (%s, 'execution', UTC_TIMESTAMP(6))",
            (user,),
        )
    elif kind == 2:
        cursor.execute("UPDATE search_history SET is_code_public = 1 - is_code_public WHERE id = %s", (user,))
    else:
        cursor.execute("UPDATE users SET updated_at = UTC_TIMESTAMP(6) WHERE id = %s", (user,))
    cursor.execute("COMMIT")


def main(rate: float) -> None:
    """Writes `rate` transactions a second without end; prints a line when the first one is done."""
    import pymysql

    source = environment().source
    if not isinstance(source, MySQLSource):
        raise SystemExit("no MySQL source is configured")
    rng = Random("live")
    with pymysql.connect(**mysql_options(source), init_command="SET foreign_key_checks = 0") as connection:
        cursor = connection.cursor()
        started = time.monotonic()
        for number in itertools.count():
            transaction(cursor, rng, number)
            if number == 0:
                print("writing", flush=True)
            time.sleep(max(0.0, started + (number + 1) / rate - time.monotonic()))


if __name__ == "__main__":
    main(float(sys.argv[1]))
