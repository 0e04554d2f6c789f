"""Fills the benchmark's MariaDB with plain rows of a known size; not the demonstration's realistic ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random
from typing import Any

from legacy.demo import COLUMNS

USERS = 1_000
PROBLEMS = 200
LOGS_OF_A_USER = 100
CODE_CHARACTERS = 900
_WORDS = (
    "for",
    "while",
    "return",
    "queue",
    "graph",
    "int",
    "value",
    "최단",
    "경로",
    "if",
    "else",
    "=",
    "+",
    "(",
    ")",
)


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")


def history_rows(number: int, today: datetime) -> Iterator[tuple[Any, ...]]:
    """Rows of search_history with about 1 KB of text each; one in five public."""
    rng = Random("history")
    blocks = [" ".join(rng.choices(_WORDS, k=400))[:CODE_CHARACTERS] for _ in range(200)]
    for row_id in range(1, number + 1):
        problem = rng.randrange(1, PROBLEMS + 1)
        moment = today - timedelta(seconds=(number - row_id) * 7, microseconds=row_id % 1000)
        yield (
            row_id, rng.randrange(1, USERS + 1), problem, "baekjoon", str(1000 + problem), f"문제 {problem}", "python",
            f"# {row_id}\n{blocks[row_id % 200]}", "Accepted (3/3)", 3, 0, 3, int(row_id % 5 == 0),
            json.dumps([{"case": n, "status": "AC"} for n in range(3)]), None, _time(moment),
        )  # fmt: skip


def usage_rows(number: int, today: datetime) -> Iterator[tuple[Any, ...]]:
    """Rows of usage_logs over the last eighty days, none expired; a hundred of a user, so that counters grow alike."""
    rng = Random("usage")
    users = max(1, number // LOGS_OF_A_USER)
    step = timedelta(days=80) / max(number, 1)
    for row_id in range(1, number + 1):
        moment = today - step * (number - row_id)
        action = "hint" if row_id % 4 == 0 else "execution"
        yield (
            row_id, rng.randrange(1, users + 1), action, rng.randrange(1, PROBLEMS + 1),
            f'{{"history_id": {row_id}}}', _time(moment),
        )  # fmt: skip


def fill(connection: Any, history: int, usage: int) -> None:
    """Empties the two tables and fills them; foreign keys are not checked, their parents are not needed."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION foreign_key_checks = 0, unique_checks = 0")
        for table, rows in (
            ("search_history", history_rows(history, today)),
            ("usage_logs", usage_rows(usage, today)),
        ):
            cursor.execute(f"TRUNCATE TABLE `{table}`")
            columns = COLUMNS[table]
            names = ", ".join(f"`{name}`" for name in columns)
            sql = f"INSERT INTO `{table}` ({names}) VALUES ({', '.join(['%s'] * len(columns))})"
            while batch := list(islice(rows, 2_000)):
                cursor.executemany(sql, batch)
            connection.commit()
            cursor.execute(f"ANALYZE TABLE `{table}`")
