"""A source, a table and a live move between them, for tests; followed in this process up to the present."""

from __future__ import annotations

import contextlib
import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from config.environment import environment
from engines.mariadb import RunningMariaDB
from live.commands.status import status_report
from live.follow.ledger import Ledger
from live.move import LiveMove, StartOptions
from live.verification.proof import _write_letters
from migration.verify import VerificationOptions, verify
from tests.integration.migration.migration_harness import LegacySource, Move
from tests.support.sources import legacy_database
from tests.support.waiting import wait_until


@dataclass
class Live:
    """A live move under test. `steps` are the durable steps that were passed."""

    move: Move
    steps: list[str] = field(default_factory=list)

    @property
    def legacy(self) -> LegacySource:
        """The source."""
        return self.move.legacy

    def live_move(self) -> LiveMove:
        """The live move with this test's settings."""
        self.move.use_settings(**self.move.settings())
        return LiveMove(environment(), at_step=self.steps.append)

    def begin(self) -> None:
        """Prepares, copies, and catches up."""
        self.live_move().prepare()
        self.catch_up()

    def catch_up(self, **options: Any) -> None:
        """Goes on until everything that was committed is applied."""
        self.live_move().start(StartOptions(once=True, batch_size=50, **options))

    def status(self) -> dict[str, Any]:
        """The report of the status."""
        return status_report(self.live_move())

    def ledger(self) -> Ledger:
        """The ledger."""
        return Ledger(self.live_move().ledger_path)

    def letters(self) -> dict[tuple[str, str], str]:
        """The reasons of the dead letters, by (step, id)."""
        ledger = self.ledger()
        try:
            return {(entry["entity"], entry["key"]): entry["reason"] for entry in ledger.letters()}
        finally:
            ledger.close()

    def differences(self) -> list[str]:
        """What the move's own verification says of source and table, with the live move's dead letters."""
        move = self.live_move()
        ledger = self.ledger()
        try:
            _write_letters(move, ledger)
        finally:
            ledger.close()
        letters = move.folder / "dead-letters.jsonl"
        report = verify(environment(), VerificationOptions(all_differences=True, dead_letter=letters))
        counts = [f"{line.kind}: {line.source} and {line.table}" for line in report.lines if not line.agrees]
        return [*(str(difference) for difference in report.differences.listed), *counts]

    def unknown_keys(self) -> list[tuple[str, str]]:
        """Items of the table that the ledger does not know: invariant I1."""
        ledger = self.ledger()
        try:
            return [key for key in self.move.items() if not ledger.has_key(key)]
        finally:
            ledger.close()


def fill(legacy: LegacySource, number: int = 30) -> None:
    """Some rows of every table."""
    legacy.add("subscription_plans", {"id": 1}, {"id": 2})
    legacy.add("users", *[{"id": n, "subscription_plan_id": 1 + n % 2} for n in range(1, number + 1)])
    legacy.add("problems", *[{"id": n, "tags": '["dp", "graph"]'} for n in range(1, number // 2 + 1)])
    legacy.add("test_cases", *[{"id": n, "problem_id": 1 + n % 5, "position": n} for n in range(1, number)])
    legacy.add(
        "search_history",
        *[{"id": n, "user_id": 1 + n % number, "is_code_public": n % 2} for n in range(1, number)],
    )
    legacy.add("usage_logs", *[_log(n, 1 + n % 7) for n in range(1, 3 * number)])


def _log(log_id: int, user_id: int) -> dict[str, Any]:
    return {
        "id": log_id,
        "user_id": user_id,
        "created_at": _time(log_id),
        "action": ("hint", "execution")[log_id % 2],
    }


def _time(number: int) -> str:
    """A recent time: logs of it do not expire while the tests run."""
    moment = datetime.now(UTC).replace(tzinfo=None) - timedelta(hours=5 * (number % 40), minutes=number % 60)
    return moment.isoformat(sep=" ")


def _swap_addresses(legacy: LegacySource, user: int, other: int, number: int) -> None:
    """Exchanges the e-mail addresses of two users in one transaction."""
    first, second = (legacy.sql("SELECT email FROM users WHERE id = %s", who) for who in (user, other))
    legacy.sql("BEGIN")
    legacy.sql("UPDATE users SET email = %s WHERE id = %s", f"between{number}@example.org", user)
    legacy.sql("UPDATE users SET email = %s WHERE id = %s", first[0][0], other)
    legacy.sql("UPDATE users SET email = %s WHERE id = %s", second[0][0], user)
    legacy.sql("COMMIT")


def _replace_user(legacy: LegacySource, user: int, other: int, number: int) -> None:
    """Removes a user and gives its address to a new row of the same id later on."""
    (row,) = legacy.sql("SELECT email FROM users WHERE id = %s", user)
    legacy.sql("DELETE FROM users WHERE id = %s", user)
    legacy.sql("UPDATE users SET email = %s WHERE id = %s", row[0], other)
    legacy.add("users", {"id": user, "email": f"again{number}@example.org", "google_id": f"again-{number}"})


_STATEMENTS = (
    "UPDATE usage_logs SET user_id = {user}, created_at = '{time}' WHERE id = {other}",
    "DELETE FROM usage_logs WHERE id = {other}",
    "UPDATE users SET name = 'Name {number}' WHERE id = {user}",
    "DELETE FROM search_history WHERE id = {other}",
    "UPDATE search_history SET user_id = {user}, is_code_public = 1 - is_code_public WHERE id = {other}",
    "UPDATE problems SET title = 'Title {number}', tags = '[\"greedy\"]' WHERE id = {user}",
    "UPDATE problems SET problem_id = 'n{number}', is_deleted = 1 - is_deleted WHERE id = {other}",
    "UPDATE test_cases SET position = {number}, is_sample = 1 - is_sample WHERE id = {other}",
    "UPDATE test_cases SET id = 5000 + {number} WHERE id = {other}",
    "UPDATE users SET is_active = {number} % 3 WHERE id = {user}",  # 2 cannot be moved
    "REPLACE INTO subscription_plans VALUES ({user}, 'Plan {number}', 1, 2, 1, '2024-01-01')",
)


def random_change(legacy: LegacySource, rng: random.Random, number: int) -> None:
    """One change such as applications make, and some that only tests do: keys change, addresses are exchanged."""
    user, other = rng.sample(range(1, 31), 2)
    choice = rng.randrange(len(_STATEMENTS) + 4)
    if choice < len(_STATEMENTS):
        values = {"user": user, "other": other, "number": number, "time": _time(number)}
        legacy.sql(_STATEMENTS[choice].format(**values))
    elif choice == len(_STATEMENTS):
        _swap_addresses(legacy, user, other, number)
    elif choice == len(_STATEMENTS) + 1:
        _replace_user(legacy, user, other, number)
    elif choice == len(_STATEMENTS) + 2:
        legacy.add("usage_logs", _log(1_000 + number, user))
    else:
        size = rng.choice((10, 9_000))
        code = "".join(rng.choices("abcdefghijklmnopqrstuvwxyz0123456789+-*/ ", k=size))
        legacy.add("search_history", {"id": 1_000 + number, "user_id": user, "code": code})


@contextlib.contextmanager
def following(live: Live, at_step: Callable[[str], None] | None = None) -> Iterator[list[str]]:
    """A follower that runs in the background until the move goes on, or the block ends; gives what it says."""
    move = live.live_move()
    failures: list[BaseException] = []
    stopped = threading.Event()

    def stop(_: Any) -> None:
        if stopped.is_set():
            raise InterruptedError

    lines: list[str] = []
    move.on_status, move.tell, move.at_step = stop, lines.append, at_step or move.at_step

    def run() -> None:
        try:
            move.start(StartOptions(batch_size=50))
        except InterruptedError:
            return
        except BaseException as error:  # shown by the test
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        wait_until(lambda: bool(failures) or live.status()["following"], "following")
        wait_until(lambda: bool(failures) or "lag_s" in live.status()["status"], "a known lag")
        yield lines
    finally:
        stopped.set()
        thread.join(60)
    assert failures == []


@contextlib.contextmanager
def on_server(live: Live, server: RunningMariaDB, tables: tuple[str, ...]) -> Iterator[Live]:
    """The same live move with its source on another server, which has the same database."""
    with legacy_database(server.source, tables) as source, contextlib.closing(LegacySource(source)) as legacy:
        move = live.move
        yield Live(Move(legacy, move.engine, move.table, move.state_dir, move.use_settings))
