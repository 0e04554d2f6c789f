"""A moved source whose service writes to the table, and the direction back to MySQL."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from api.dynamodb.repositories import (
    PlanRepository,
    ProblemRepository,
    SearchHistoryRepository,
    UsageLogRepository,
    UserRepository,
)
from api.dynamodb.transport import access
from api.dynamodb.usage_limits.ledger import logs
from config.environment import MySQLSource
from live.gate import REVERSE, Gate, GateState
from live.reverse import ReverseApplier, ReverseTarget
from live.reverse.row_format import RowFormat
from live.reverse.rows import locked_rows
from live.reverse.state import TableState
from live.streams import StreamReader, enable_stream
from migration.mapping import HISTORY, PLANS, PROBLEMS, STEPS, TEST_CASES, USAGE, USERS
from tests.integration.live.gate_harness import OPEN, SHUT
from tests.integration.migration.migration_harness import LegacySource, Move

REVERSED = GateState(REVERSE, SHUT.epoch)
_PREFIXES = {PLANS.name: "PLAN", USERS.name: "USR#", PROBLEMS.name: "PRB#", HISTORY.name: "RUN#"}


class Way:
    """The direction back, ready to be followed: gate, stream, applier, and the service's repositories."""

    def __init__(self, move: Move) -> None:
        self.move, self.source = move, move.legacy.source
        move.run(batch_size=25)
        move.use_settings(**move.settings())
        self.arn = enable_stream(move.engine.client(), move.table)
        with Gate(self.source, wait_seconds=5) as gate:
            gate.install(OPEN.epoch)
            gate.move(OPEN, SHUT)
            gate.move(SHUT, REVERSED)
        self.plans, self.users, self.problems = PlanRepository(), UserRepository(), ProblemRepository()
        self.runs, self.usage = SearchHistoryRepository(), UsageLogRepository()

    @contextlib.contextmanager
    def follow(
        self, *, epoch: int = REVERSED.epoch, **options: Any
    ) -> Iterator[tuple[ReverseApplier, StreamReader, ReverseTarget]]:
        """An applier with a reader at the position that MySQL has."""
        with ReverseTarget(self.source, epoch) as target:
            target.create_tables()
            reader = StreamReader(self.streams(), target.position(self.arn), look_seconds=0, **options)
            yield ReverseApplier(self.source, target), reader, target

    def streams(self) -> Any:
        """A client of DynamoDB Streams."""
        return access.service_client("dynamodbstreams")

    def catch_up(self, **options: Any) -> int:
        """Applies everything that is in the stream; the number of rows written."""
        with self.follow(**options) as (applier, reader, _):
            return follow_to_end(applier, reader)

    def letters(self) -> list[tuple[str, str, str]]:
        """Everything whose row could not be written."""
        with ReverseTarget(self.source, REVERSED.epoch) as target:
            return target.letters()

    def sql(self, statement: str, *values: object) -> Any:
        """Rows of MySQL, for a test to look at."""
        return self.move.legacy.sql(statement, *values)

    def differences(self) -> list[str]:
        """What MySQL and the table do not agree in; empty when they are equal."""
        return differences(self.move)


def follow_to_end(applier: ReverseApplier, reader: StreamReader) -> int:
    """Applies until nothing is left; the number of rows written."""
    rows = empty = 0
    while empty < 2:
        applied = applier.follow(reader)
        empty = 0 if applied else empty + 1
        rows += applied.rows if applied else 0
    return rows


def differences(move: Move) -> list[str]:
    """What MySQL and the table do not agree in; empty when they are equal."""
    result: list[str] = []
    items = move.items()
    state = TableState()
    with ReverseTarget(move.legacy.source, None) as target:
        for step in STEPS:
            form = target.formats[step.name]
            rows = locked_rows(target, form, "1 = 1", ())
            if step is USAGE:
                result += _usage_differences(form, rows, items)
                continue
            states: dict[int, Any]
            if step is TEST_CASES:
                problems = _ids(items, _PREFIXES[PROBLEMS.name])
                states = {c["test_case_id"]: c for number in problems for c in state.cases(number)}
            else:
                states = dict(state.read(step.name, _ids(items, _PREFIXES[step.name])))
            result += [f"{step.name} {n} is in one store alone" for n in set(rows) ^ set(states)]
            for number in set(rows) & set(states):
                changes = form.changes(states[number], rows[number])
                result += [f"{step.name} {number}: {changes}"] if changes else []
    return result


def _ids(items: dict[tuple[str, str], Any], prefix: str) -> list[int]:
    if prefix == "PLAN":
        return [int(sk) for pk, sk in items if pk == "PLAN"]
    return [
        int(pk.removeprefix(prefix)) for pk, sk in items
        if sk == "META" and pk.startswith(prefix) and pk.removeprefix(prefix).isdecimal()
    ]  # fmt: skip


def _usage_differences(form: RowFormat, rows: Any, items: dict[tuple[str, str], Any]) -> list[str]:
    """Uses are compared by what they are, whatever their ids: an id may be taken in MySQL."""
    stored: Counter[str] = Counter()
    for (pk, sk), item in items.items():
        if sk.startswith("DAY#"):
            _, user, _, action = pk.split("#")
            stored.update(_use(log) for log in logs(item, int(user), action))
    in_mysql = Counter(_use(record) for row in rows.values() if (record := form.record(row)))
    return [f"uses differ: {text}" for text in ((stored - in_mysql) | (in_mysql - stored))]


def _use(log: Any) -> str:
    return f"{log['user_id']} {log['action']} {log['problem_id']} {log['created_at'].isoformat()}"


def new_run(user_id: int, **more: Any) -> dict[str, Any]:
    """A run as the service stores it."""
    return {
        "user_id": user_id, "problem_id": 1, "platform": "baekjoon", "problem_number": "1000",
        "problem_title": "A+B", "language": "python", "code": "print(1)", "passed_count": 1, "total_count": 1,
        "test_results": [{"status": "AC"}], **more,
    }  # fmt: skip


def fill(legacy: LegacySource) -> None:
    """A small source: plans, users, problems with cases, runs and uses."""
    legacy.add("subscription_plans", {"id": 1}, {"id": 2})
    legacy.add("users", *[{"id": n} for n in range(1, 7)])
    legacy.add("problems", {"id": 1}, {"id": 2, "tags": '{"b": 1,  "a": [true, 1.0]}'})
    legacy.add("test_cases", *[{"id": n, "problem_id": 1 + n % 2, "position": n} for n in range(1, 9)])
    legacy.add("search_history", *[{"id": n, "user_id": 1 + n % 3} for n in range(1, 7)])


MakeWay = Callable[[], Way]
Source = MySQLSource
