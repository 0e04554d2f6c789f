"""Applies batches of stream records to MySQL: everything they touched, and the stream's position, in one transaction.

Killed at any point, it applies the batch again, which ends in the same rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import pymysql

from api.dynamodb.errors import Corrupt
from api.dynamodb.usage_limits.windows import local_day
from config.environment import MySQLSource
from live.follow.batch import Unit
from live.gate.gate import Gate
from live.gate.statements import REFUSED, REVERSE
from live.reverse.case_rows import apply_cases
from live.reverse.rows import RefusedRow, apply_things
from live.reverse.state import TableState
from live.reverse.target import ReverseTarget, code_of_row
from live.reverse.touched import UNREADABLE, Day, Touched, touched_by
from live.reverse.unique_rows import apply_unique_things
from live.reverse.usage_rows import apply_day
from live.streams import Shard, StreamReader
from migration.errors import MigrationError
from migration.mapping import HISTORY, PROBLEMS, TEST_CASES, USAGE
from migration.source.errors import code_of, explain

_ATTEMPTS = 5
_AGAIN = frozenset({1205, 1213})
_SAVEPOINT = "one_thing"


class Fenced(MigrationError):
    """The gate does not let this writer in: another command has taken over since it started."""

    def __init__(self) -> None:
        super().__init__(
            "the gate in MySQL refuses this process, because the move has gone on without it: "
            "see make dynamodb-live-status"
        )


class Overtaken(MigrationError):
    """Another reader has moved the shard's position meanwhile: what was to be applied is applied already."""

    def __init__(self) -> None:
        super().__init__("another process applied these records meanwhile: they are read again from there")


@dataclass(frozen=True)
class ShardMove:
    """How a batch moves its shard's position, in its own transaction: from `before` (None: not begun) to `after`.

    `read_at` is when the records were read, in epoch seconds.
    """

    arn: str
    before: str | None
    after: Shard
    read_at: float


def reverse_epoch(source: MySQLSource) -> int:
    """The epoch under which the gate lets the direction back write. Raises `Fenced` when it lets in somebody else."""
    with Gate(source) as gate:
        state = gate.state()
    if state is None or state.writer != REVERSE:
        raise Fenced
    return state.epoch


@dataclass(frozen=True)
class Applied:
    """What a batch came to: its records, the number of things they touched, the rows written, and the things set aside.

    `newest` is when the last record was written, None where it does not say.
    """

    records: int
    touched: int
    rows: int
    letters: int
    newest: datetime | None = None


@dataclass(frozen=True)
class _Task:
    """One unit that succeeds or is set aside by itself: its kind, the things' names, and how it is done."""

    kind: str
    identities: Sequence[object]
    run: Callable[[], int]


class ReverseApplier:
    """Applies records by one connection. Not thread-safe."""

    def __init__(self, source: MySQLSource, target: ReverseTarget, state: TableState | None = None) -> None:
        self._source, self._target = source, target
        self._state = state or TableState()
        self._units: set[Unit] = set()
        self._noted_shards: set[Shard] = set()

    def apply(self, records: Sequence[Mapping[str, Any]], move: ShardMove | None = None) -> Applied:
        """Applies records and moves their shard's position, in one transaction.

        Consistent reads of what was touched, and for each thing at most one statement that reads and one that writes.
        Raises `Overtaken` when another reader has moved that position, `Fenced`, and `MigrationError`.
        """
        touched = touched_by(records, local_day)
        for attempt in range(_ATTEMPTS):
            try:
                rows, letters = self._transaction(touched, move)
            except pymysql.Error as error:
                self._roll_back()
                if code_of(error) in _AGAIN and attempt + 1 < _ATTEMPTS:
                    continue
                if code_of(error) == REFUSED:
                    raise Fenced from None
                raise MigrationError(explain(error, self._source)) from None
            except Exception:
                self._roll_back()
                raise
            return Applied(len(records), touched.count, rows, letters, _written_at(records))
        raise AssertionError  # the last attempt returns or raises

    def _roll_back(self) -> None:
        try:
            self._target.connection.rollback()
        except pymysql.Error:  # the connection is lost, and with it the transaction
            return

    def _transaction(self, touched: Touched, move: ShardMove | None) -> tuple[int, int]:
        """Does it all at once; if a row cannot be written, again with every thing by itself."""
        self._claim(move)
        self._units = {Unit(name, number) for name, ids in touched.ids.items() for number in ids}
        try:
            rows = sum(task.run() for task in self._tasks(touched, each=False))
            letters = 0
            self._forget_letters(touched)
        except (RefusedRow, Corrupt, pymysql.Error) as error:
            if isinstance(error, pymysql.Error) and not code_of_row(error):
                raise
            self._target.connection.rollback()
            self._claim(move)
            rows, letters = self._one_by_one(touched)
        letters += self._set_aside(touched)
        self._target.note_touched(self._units)
        if move is not None:
            self._save(move)
        self._target.connection.commit()
        return rows, letters

    def _claim(self, move: ShardMove | None) -> None:
        if move is not None and self._target.claim_shard(move.arn, move.after.shard) != move.before:
            raise Overtaken

    def _set_aside(self, touched: Touched) -> int:
        """Writes letters about records that say nothing that can be understood; forgets those whose item is gone."""
        self._target.remove_letters(UNREADABLE, touched.unreadable)
        letters = {name: reason for name, reason in touched.unreadable.items() if reason}
        for name, reason in letters.items():
            self._target.add_letter(UNREADABLE, name, reason)
        return len(letters)

    def _one_by_one(self, touched: Touched) -> tuple[int, int]:
        rows = letters = 0
        for task in self._tasks(touched, each=True):
            self._target.run(f"SAVEPOINT {_SAVEPOINT}")
            try:
                rows += task.run()
            except (RefusedRow, Corrupt, pymysql.Error) as error:
                if isinstance(error, pymysql.Error) and not code_of_row(error):
                    raise
                self._target.run(f"ROLLBACK TO SAVEPOINT {_SAVEPOINT}")
                for identity in task.identities:
                    self._target.add_letter(task.kind, identity, _reason(error))
                letters += 1
            else:
                self._target.remove_letters(task.kind, task.identities)
        return rows, letters

    def _tasks(self, touched: Touched, *, each: bool) -> Iterable[_Task]:
        """What is to be done: all things of a kind together, or each by itself."""
        for name, ids in touched.ids.items():
            groups = [[number] for number in sorted(ids)] if each else [sorted(ids)] if ids else []
            for group in groups:
                yield _Task(name, group, partial(self._things, name, group, touched.removed[name]))
        for problem_id in sorted(touched.cases):
            yield _Task(TEST_CASES.name, [problem_id], partial(self._cases, problem_id))
        for day, refunded in sorted(touched.days.items()):
            yield _Task(USAGE.name, [_name(day)], partial(self._day, day, refunded))

    def _things(self, name: str, ids: Sequence[int], removed: set[int]) -> int:
        apply = apply_things if name == HISTORY.name else apply_unique_things
        return apply(self._target, self._state, name, ids, removed)

    def _cases(self, problem_id: int) -> int:
        written, ids = apply_cases(self._target, problem_id, self._state.cases(problem_id))
        self._units |= {Unit(PROBLEMS.name, problem_id), *(Unit(TEST_CASES.name, number) for number in ids)}
        return written

    def _day(self, day: Day, refunded: set[int]) -> int:
        written, ids = apply_day(self._target, day, self._state.logs(day), refunded)
        of_day = Unit(USAGE.name, day.user_id, day.day.toordinal())
        self._units |= {of_day, *(Unit(USAGE.name, number) for number in ids)}
        return written

    def _forget_letters(self, touched: Touched) -> None:
        """Everything that was touched is written: letters about it are settled."""
        for name, ids in touched.ids.items():
            self._target.remove_letters(name, ids)
        self._target.remove_letters(TEST_CASES.name, touched.cases)
        self._target.remove_letters(USAGE.name, map(_name, touched.days))

    def follow(self, reader: StreamReader) -> Applied | None:
        """Reads one batch and applies it with its position. None when there is nothing to read at present.

        Raises `StreamGap`, `Fenced`, and `MigrationError`.
        """
        batch = reader.read()
        if batch is None:
            return None
        before = reader.position.shards[batch.shard.shard].sequence
        try:
            applied = self.apply(
                batch.records, ShardMove(reader.position.arn, before, batch.shard, reader.now())
            )
        except Overtaken:
            reader.move_to(self._target.position(reader.position.arn))
            return Applied(0, 0, 0, 0)
        reader.acknowledge(batch)
        self._note_shards(reader)
        return applied

    def _save(self, move: ShardMove) -> None:
        self._target.save_position(move.arn, [move.after], move.read_at)

    def _note_shards(self, reader: StreamReader) -> None:
        """Notes shards that the reader has found, with their parents. A transaction of its own when there are any."""
        shards = {
            Shard(shard.shard, shard.parent, None, shard.is_done) for shard in reader.position.shards.values()
        }
        if shards <= self._noted_shards:
            return
        self._target.note_shards(reader.position.arn, shards - self._noted_shards)
        self._target.connection.commit()
        self._noted_shards |= shards

    def save_rest(self, reader: StreamReader) -> None:
        """Notes that the stream was read just now and had nothing new. One transaction."""
        self._note_shards(reader)
        self._target.save_position(reader.position.arn, (), reader.position.read_at)
        self._target.connection.commit()


def _written_at(records: Sequence[Mapping[str, Any]]) -> datetime | None:
    moment = records[-1]["dynamodb"].get("ApproximateCreationDateTime") if records else None
    return moment if isinstance(moment, datetime) else None


def _name(day: Day) -> str:
    return f"{day.user_id} {day.action} {day.day.isoformat()}"


def _reason(error: Exception) -> str:
    if isinstance(error, pymysql.Error):
        return str(error.args[1] if len(error.args) > 1 else error).splitlines()[0]
    return str(error)
