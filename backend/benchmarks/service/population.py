"""The rows that both services serve: the demonstration's, two people who look back, and people who record runs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random
from typing import Any

from legacy.demo import COLUMNS, Row
from legacy.demo.programs import program

READER, LONG_READER = 900_001, 900_002
READER_RUNS = 40  # as many as the demonstration's people have on average
FIRST_WRITER = 1_000_001
FREE_PLAN = 1  # 50 executions a day, 20 a minute
FIRST_RUN, FIRST_LONG_RUN = 10_000_001, 20_000_001
CASES = 10
_CHUNK = 500


@dataclass(frozen=True)
class ProblemRow:
    """What a request or a run needs of a problem."""

    id: int
    platform: str
    number: str
    title: str


@dataclass(frozen=True)
class Population:
    """What requests name; ids are the same on both sides. Runs are recorded of the first problem.

    The long reader has `long_runs`, numbered from `FIRST_LONG_RUN`, the newest last.
    """

    problems: Sequence[ProblemRow]
    cases: Sequence[int]
    code: str
    long_runs: int

    def new_run(self) -> dict[str, Any]:
        """The body of a request that records a run: nine of ten test cases pass."""
        results = [{"test_case_id": case, "status": "AC"} for case in self.cases]
        results[-1]["status"] = "WA"
        return {
            "problem_id": self.problems[0].id, "language": "python", "code": self.code, "results": results,
        }  # fmt: skip


def _users(first: int, number: int, created: datetime) -> Iterator[Row]:
    for user in range(first, first + number):
        yield (
            user, f"person.{user}@example.org", f"Jordan Example {user}",
            f"https://lh3.example.com/a/{user:040x}=s96-c", f"1{user:020d}", FREE_PLAN, 1, 0,
            _text(created), _text(created), _text(created),
        )  # fmt: skip


def _runs(
    user: int, first: int, number: int, problems: Sequence[ProblemRow], until: datetime
) -> Iterator[Row]:
    rng = Random(f"runs of {user}")
    for n in range(number):
        problem = problems[n % len(problems)]
        passed = rng.randrange(CASES + 1)
        results = [
            {"test_case_id": case, "status": "AC" if case < passed else "WA", "time_ms": 4 + case}
            for case in range(CASES)
        ]
        yield (
            first + n, user, problem.id, problem.platform, problem.number, problem.title, "python",
            program(rng, "python", problem.title), f"({passed}/{CASES})", passed, CASES - passed, CASES, 0,
            json.dumps(results), None, _text(until - timedelta(minutes=5 * (number - n))),
        )  # fmt: skip


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")


def _insert(cursor: Any, table: str, rows: Iterable[Row]) -> None:
    columns = COLUMNS[table]
    names = ", ".join(f"`{name}`" for name in columns)
    statement = f"INSERT INTO `{table}` ({names}) VALUES ({', '.join(['%s'] * len(columns))})"
    iterator = iter(rows)
    while chunk := list(islice(iterator, _CHUNK)):
        cursor.executemany(statement, chunk)


def fill(connection: Any, *, long_runs: int, writers: int) -> Population:
    """Adds people and their runs to a MySQL that the demonstration filled; what requests may then name."""
    now = datetime.now(UTC)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.id, platform, p.problem_id, title FROM problems p JOIN test_cases c ON c.problem_id = p.id"
            " WHERE is_completed AND NOT is_deleted GROUP BY p.id HAVING count(*) >= %s"
            " ORDER BY count(*), p.id LIMIT 50",  # a run that is recorded has a result of each of its cases
            (CASES,),
        )
        problems = [ProblemRow(*row) for row in cursor.fetchall()]
        cursor.execute(
            "SELECT id FROM test_cases WHERE problem_id = %s ORDER BY position LIMIT %s",
            (problems[0].id, CASES),
        )
        cases = [int(row[0]) for row in cursor.fetchall()]
        _insert(cursor, "users", _users(READER, 2, now))
        _insert(cursor, "users", _users(FIRST_WRITER, writers, now))
        _insert(cursor, "search_history", _runs(READER, FIRST_RUN, READER_RUNS, problems, now))
        _insert(cursor, "search_history", _runs(LONG_READER, FIRST_LONG_RUN, long_runs, problems, now))
        connection.commit()
        for table in COLUMNS:
            cursor.execute(f"ANALYZE TABLE `{table}`")
            cursor.fetchall()
    return Population(problems, cases, program(Random("a run"), "python", problems[0].title), long_runs)
