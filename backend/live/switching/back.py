"""The way back: the loop that keeps MySQL equal to the table, and the work of a rollback and of the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pymysql

from api.dynamodb.client import DynamoDBClient
from api.dynamodb.table.write_permit import PERMIT_SECONDS
from api.dynamodb.transport import access
from api.dynamodb.transport.retry import SERVICE_POLICY
from live import state as phases
from live.gate import Gate
from live.move import LiveMove
from live.phases import Work
from live.reverse import Applied, ReverseApplier, ReverseTarget
from live.reverse.applier import reverse_epoch
from live.source.changes import SourceRefused
from live.source.server import SourceServer
from live.state import State
from live.streams import StreamReader, disable_stream
from live.switching.last_proof import prove_last
from live.switching.switch import Details, Worker
from migration.errors import MigrationError
from migration.source.errors import explain

# A request that had a permit has ended, with its last call.
PERMITS_END_SECONDS = PERMIT_SECONDS + SERVICE_POLICY.total + 1.0
_LOCK = "algoitny_live_reverse"
_IDLE_SECONDS, _NOTE_SECONDS, _LOOK_SECONDS = 0.2, 30.0, 1.0


@dataclass
class BackTotals:
    """What a process has applied to MySQL."""

    records: int = 0
    rows: int = 0
    letters: int = 0


@dataclass
class Back:
    """One process that applies the stream: the only one, by a lock of MySQL's that ends with its connection."""

    source_text: str
    target: ReverseTarget
    applier: ReverseApplier
    reader: StreamReader
    totals: BackTotals = field(default_factory=BackTotals)

    def step(self) -> Applied | None:
        """Applies one batch; None when there was none."""
        applied = self.applier.follow(self.reader)
        if applied is None:
            return None
        self.totals.records += applied.records
        self.totals.rows += applied.rows
        self.totals.letters += applied.letters
        return applied

    def catch_up(self) -> None:
        """Applies what was written before this call, while the service goes on writing.

        Shards are read in turn: when several batches for each have nothing from before, none has.
        """
        started = datetime.now(UTC).replace(microsecond=0)  # records have whole seconds
        recent = 0
        while recent < 2 * max(1, len(self.reader.position.readable())):
            applied = self.step()
            is_old = applied is not None and (applied.newest is None or applied.newest < started)
            recent = 0 if is_old else recent + 1


@contextmanager
def opened_back(move: LiveMove, state: State, *, wait_seconds: int = 15) -> Iterator[Back]:
    """The direction back at the position that MySQL has. Raises `MigrationError` when another process applies."""
    epoch = reverse_epoch(move.source)
    with ReverseTarget(move.source, epoch) as target:
        try:
            target.create_tables()
            ((locked,),) = target.rows(
                "SELECT GET_LOCK(%s, %s)", [f"{_LOCK}_{move.table}"[:64], wait_seconds]
            )
            if locked != "1":
                raise MigrationError(
                    "another process applies the stream to MySQL: stop it, then run the command again"
                )
            position = target.position(state.details["stream"])
        except pymysql.Error as error:
            raise MigrationError(explain(error, move.source)) from None
        reader = StreamReader(access.service_client("dynamodbstreams"), position)
        yield Back(str(move.source), target, ReverseApplier(move.source, target), reader)


def follow_back(
    move: LiveMove, *, once: bool = False, on_totals: Callable[[BackTotals], None] = lambda totals: None
) -> State:
    """Keeps MySQL equal to the table until another command takes over; with `once`, up to the present.

    Returns the state that ended it. Raises `MigrationError`.
    """
    state = move.require_state()
    if state.phase != phases.REVERSE:
        raise MigrationError(
            f"the live move is in phase {state.phase}, in which DynamoDB is not followed: see "
            "make dynamodb-live-status"
        )
    with opened_back(move, state) as back:
        noted = looked = time.monotonic()
        while True:
            if once:
                back.catch_up()
                return move.require_state()
            if not back.step():
                time.sleep(_IDLE_SECONDS)
            now = time.monotonic()
            if now - looked >= _LOOK_SECONDS:
                looked = now
                on_totals(back.totals)
                state = move.require_state()
                if state.phase != phases.REVERSE:
                    return state
            if now - noted >= _NOTE_SECONDS:
                noted = now
                back.applier.save_rest(back.reader)


def back_report(move: LiveMove, state: State) -> dict[str, Any]:
    """Where the gate is, when the stream was last read, and what could not be written. Raises `MigrationError`."""
    with Gate(move.source) as gate:
        report: dict[str, Any] = {"gate": str(gate.state()), "stream": state.details.get("stream")}
    with ReverseTarget(move.source, None) as target:
        try:
            read_at = target.position(state.details["stream"]).read_at
            report["letters"] = [
                {"kind": kind, "thing": identity, "reason": reason}
                for kind, identity, reason in target.letters()
            ]
        except pymysql.Error as error:
            raise MigrationError(explain(error, move.source)) from None
    report["stream_read"] = (
        None if read_at is None else datetime.fromtimestamp(read_at, UTC).isoformat(timespec="seconds")
    )
    return report


class BackWork:
    """The work of a rollback and of the end. `accept_letters` as for a cutover, of the direction back."""

    def __init__(
        self, move: LiveMove, *, accept_letters: int = 0, permits_end: float = PERMITS_END_SECONDS
    ) -> None:
        self._move, self._accepted, self._permits_end = move, accept_letters, permits_end
        self.totals = BackTotals()

    @property
    def workers(self) -> dict[Work, Worker]:
        """What `Switch` calls."""
        return {
            Work.DRAIN_BACK: self.drain_back,
            Work.NOTE_POSITION: self.note_position,
            Work.PROVE_LAST: self.prove_last,
            Work.STOP_STREAM: self.stop_stream,
        }

    def check_ready(self, state: State) -> None:
        """Raises `MigrationError` while there are things that could not be written to MySQL."""
        with ReverseTarget(self._move.source, None) as target:
            try:
                letters = target.letters()
            except pymysql.Error as error:
                raise MigrationError(explain(error, self._move.source)) from None
        if len(letters) != self._accepted:
            kind, identity, reason = letters[0] if letters else ("", "", "")
            raise MigrationError(
                f"{len(letters)} things cannot be written to MySQL ({kind} {identity}: {reason}): mend them, or leave "
                f"them behind with ARGS=--accept-letters={len(letters)}"
            )

    def drain_back(self, state: State) -> Details:
        """Waits until no permit of the service can be valid, turns the stream off, and applies it to its end."""
        time.sleep(self._permits_end)
        disable_stream(DynamoDBClient.get_client(patient=True), self._move.table)
        with opened_back(self._move, state) as back:
            while not back.reader.is_drained:
                if not back.step() and not back.reader.is_drained:
                    time.sleep(_IDLE_SECONDS)
            self.totals = back.totals
        self.check_ready(state)
        return {}

    def note_position(self, state: State) -> Details:
        """From where MySQL is followed again: nobody writes at this moment. Raises `SourceRefused` for open XA."""
        with SourceServer(self._move.source) as server:
            server.mark(0)
            if server.has_open_xa():
                raise SourceRefused(
                    "an XA transaction is prepared and not finished: commit or roll it back (XA RECOVER), then run "
                    "make dynamodb-live-rollback again"
                )
            return {"position": str(server.position())}

    def prove_last(self, state: State) -> Details:
        """Compares both stores for the last time. Raises `MigrationError` when they differ."""
        self.check_ready(state)
        with opened_back(self._move, state) as back:
            left_behind = int(state.details.get("left_behind", "0"))
            return prove_last(self._move, back, left_behind=left_behind).details()

    def stop_stream(self, state: State) -> Details:
        """The direction back is over."""
        disable_stream(DynamoDBClient.get_client(patient=True), self._move.table)
        return {}
