"""The work on the way to DynamoDB: what has to be so before writes stop, and what is proved while they stand still."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from api.dynamodb.client import DynamoDBClient
from api.dynamodb.errors import DataLayerError
from live.follow.lanes import Permit, issue
from live.follow.ledger import Ledger
from live.gate.gate import Gate, GateBusy, GateMoved, GateState
from live.move import LiveMove
from live.phases import CANCEL, CUTOVER, Step, Work
from live.reverse.target import ReverseTarget
from live.source.server import SourceServer
from live.state import CLOSING, DRAINED, State, StateChanged
from live.streams import disable_stream, enable_stream
from live.streams.table_stream import stream_settings
from live.switching.switch import Details, Switch, Worker
from live.switching.trial import try_direction_back
from live.verification.proof import _write_letters
from live.verification.recheck import Outcome, Recheck, Subject, wait_for_mark
from migration.errors import MigrationError
from migration.mapping import USAGE
from migration.source import LegacyDatabase
from migration.verify.verification import VerificationJob, VerificationOptions, open_job

LAG_SECONDS = 2.0
NOBODYS_RUN = 2**53
# More than this is proved faster by a proof of everything.
MOST_TOUCHED = 100_000
_SILENT_SECONDS = 10.0
# Each round proves what changed during the one before.
_ROUNDS, _FEW = 3, 100
_CHUNK = 50
Barrier = Callable[[SourceServer, Ledger], None]


@dataclass(frozen=True)
class CutoverOptions:
    """The conditions of a cutover. All times are in seconds.

    settle: for how long the lag must have been below two. stop: how long writes may stand still. accept_letters: the
    number of dead letters that somebody has looked at and leaves behind.
    """

    settle: float = 60.0
    stop: float = 5.0
    accept_letters: int = 0


class ForwardWork:
    """The work of a cutover. One object for each command."""

    def __init__(self, move: LiveMove, options: CutoverOptions) -> None:
        self._move, self._options = move, options
        self._stopped_at: float | None = None

    @property
    def workers(self) -> dict[Work, Worker]:
        """What `Switch` calls."""
        return {
            Work.PREPARE_SWITCH: self.prepare_switch,
            Work.DRAIN: self.drain,
            Work.FENCE_FOLLOWERS: self.fence_followers,
        }

    def before(self, state: State, step: Step) -> None:
        """Notes when writes stop."""
        if state.phase == CLOSING and isinstance(step.gate, GateState):
            self._stopped_at = time.monotonic()

    def prepare_switch(self, state: State) -> Details:
        """Everything that can fail is tried while the application still writes. Raises `MigrationError`."""
        self.check_ready(settle=self._options.settle)
        try_direction_back(self._move.source)
        with ReverseTarget(self._move.source, None) as target:
            target.forget_touched()
        stream = self._new_stream(state)
        self._prove_ahead()
        return {"stream": stream, "left_behind": str(self._options.accept_letters)}

    def _prove_ahead(self) -> None:
        """Proves what has changed since the last proof, again and again, until little is left for the stop."""
        with self._move.opened_ledger() as ledger, SourceServer(self._move.source) as server:
            for _ in range(_ROUNDS):
                batch, began = int(ledger.note("batch") or 0), time.monotonic()
                outcome = self._recheck(ledger, server, barrier=wait_for_mark)
                if outcome.persistent:
                    raise MigrationError(
                        f"source and table differ: {outcome.persistent[0]}; run make dynamodb-live-verify"
                    )
                ledger.forget_touched(batch)  # what still moves was touched again by a later batch
                if outcome.checked < _FEW or time.monotonic() - began < self._options.stop / 4:
                    return

    def check_ready(self, *, settle: float) -> None:
        """Raises `MigrationError` that says why a cutover would not succeed now."""
        deadline = time.monotonic() + settle
        with self._move.opened_ledger() as ledger:
            self._check_proof(ledger)
            while True:
                _check_lag(ledger.report("status"))
                if time.monotonic() >= deadline:
                    return
                time.sleep(min(1.0, max(0.05, settle)))

    def _check_proof(self, ledger: Ledger) -> None:
        proof = ledger.report("proof")
        if not proof or not proof["agrees"]:
            raise MigrationError("source and table are not proved to agree: run make dynamodb-live-verify")
        touched = sum(1 for _ in ledger.touched_since(0))
        if touched > MOST_TOUCHED:
            raise MigrationError(
                f"{touched:,} things have changed since the last proof, too many to be proved one by one: run "
                "make dynamodb-live-verify right before the cutover"
            )
        letters = ledger.count_letters()
        if letters != self._options.accept_letters:
            raise MigrationError(
                f"{letters} rows cannot be moved: mend them in MySQL, or leave them behind with "
                f"ARGS=--accept-letters={letters}"
            )
        if ledger.retries(1):
            raise MigrationError("rows wait to be applied: run the command again in a few seconds")

    def _new_stream(self, state: State) -> str:
        """A stream that began just now: one that was on for a day may have lost records that nobody read."""
        client = DynamoDBClient.get_client(patient=True)
        settings = stream_settings(client, self._move.table)
        own = state.details.get("stream")
        if settings.is_on and settings.arn != own and not _began_after(settings.arn, state.since):
            raise MigrationError(
                f"table {self._move.table} has a stream that this move did not turn on: turn it off where nobody reads "
                "it, then run the command again"
            )
        if settings.is_on:
            disable_stream(client, self._move.table)
        return enable_stream(client, self._move.table, not_arn=settings.arn)

    def drain(self, state: State) -> Details:
        """Waits for the follower, and proves what changed since the last proof, for half of the time that there is.

        Raises `MigrationError` when it would take longer than writes may stand still, or when something differs.
        """
        self._stopped_at = self._stopped_at or time.monotonic()
        with Gate(self._move.source) as gate:
            if not gate.is_complete():
                raise MigrationError(
                    "a trigger of the gate in MySQL is gone, so that somebody may still write: run the command again"
                )
        left = self._options.stop - (time.monotonic() - self._stopped_at)
        with self._move.opened_ledger() as ledger, SourceServer(self._move.source) as server:
            wait_for_mark(server, ledger, max(left, 0.5))
            deadline = self._stopped_at + self._options.stop / 2
            outcome = self._recheck(ledger, server, deadline, barrier=_nobody_writes)
            if outcome.persistent or outcome.moving:
                first = outcome.persistent[0] if outcome.persistent else f"{len(outcome.moving)} things"
                raise MigrationError(f"source and table differ: {first}; run make dynamodb-live-verify")
            if ledger.count_letters() != self._options.accept_letters:
                raise MigrationError("a row that cannot be moved was written meanwhile: see its dead letter")
            return {"proved_while_stopped": str(outcome.checked)}

    def _recheck(
        self, ledger: Ledger, server: SourceServer, deadline: float = float("inf"), *, barrier: Barrier
    ) -> Outcome:
        """Compares what was touched since the last proof, as much as is possible before a deadline."""
        move = self._move
        _write_letters(move, ledger)
        options = VerificationOptions(
            quiet=True, keep_expired=move.job().keep_expired, dead_letter=move.folder / "dead-letters.jsonl"
        )
        suspects: dict[Subject, set[tuple[str, str]]] = {
            Subject(unit.step, unit.id): set()
            for unit in ledger.touched_since(0)
            if unit.step != USAGE.name or unit.day
        }

        def opened() -> VerificationJob:
            return open_job(move.settings, options)

        total = Outcome()
        with LegacyDatabase(move.source) as database:
            subjects = list(suspects)
            for start in range(0, len(subjects), _CHUNK):
                if time.monotonic() > deadline:
                    break
                chunk = {subject: suspects[subject] for subject in subjects[start : start + _CHUNK]}
                outcome = Recheck(server, database, ledger, opened, barrier).run(chunk)
                total.checked += outcome.checked
                total.persistent += outcome.persistent
                total.moving |= outcome.moving
        return total

    def fence_followers(self, state: State) -> Details:
        """Nobody of this direction writes the table any more. 2 WCU."""
        issue(self._move.transport, self._move.table, Permit(state.epoch, NOBODYS_RUN))
        return {}

    @property
    def stopped_seconds(self) -> float | None:
        """For how long writes have stood still so far; None before they do."""
        return None if self._stopped_at is None else time.monotonic() - self._stopped_at


def _nobody_writes(server: SourceServer, ledger: Ledger) -> None:
    """The barrier behind the gate: everything is applied already."""


def _began_after(arn: str | None, since: str) -> bool:
    """Whether a stream, whose address ends with the time at which it was turned on, began after another time.

    One that did was turned on by a cutover that was killed before it could note it.
    """
    label = (arn or "").rpartition("/stream/")[2]
    try:
        return datetime.fromisoformat(label).replace(tzinfo=UTC) >= datetime.fromisoformat(since)
    except ValueError:
        return False


def _check_lag(status: Mapping[str, object]) -> None:
    at, lag = status.get("at"), status.get("lag_s")
    if not isinstance(at, float | int) or abs(time.time() - at) > _SILENT_SECONDS:
        raise MigrationError("nothing follows MySQL: run make dynamodb-live-start, and leave it running")
    if not isinstance(lag, float | int) or lag > LAG_SECONDS:
        raise MigrationError(
            f"the table is {lag if lag is not None else 'some'} s behind MySQL, and a cutover takes less than "
            f"{LAG_SECONDS:.0f}: wait until make dynamodb-live-status says so"
        )


def switch_over(move: LiveMove, switch: Switch, work: ForwardWork) -> State:
    """The cutover; one that fails before the switch is given up, so that the application writes again.

    Raises `MigrationError` and `DataLayerError` with what failed.
    """
    try:
        return switch.run(CUTOVER, before=work.before)
    except (StateChanged, GateMoved):
        raise
    except (MigrationError, DataLayerError) as error:
        if move.require_state().phase not in (CLOSING, DRAINED):
            raise
        with suppress(GateBusy):  # then it is the application's as it was, under the former epoch
            switch.run(CANCEL)
        raise MigrationError(
            f"{error} (the cutover was given up: the application writes to MySQL as before)"
        ) from None
