"""The next step of a cutover, a rollback, a cancelled cutover and the end.

Every step ends in one durable change: the gate in MySQL is moved, or the state item goes on. Both are compare-and-set.
A command that is killed is started again, looks at both, and goes on from there. So does a second command at the same
time: of two, one change succeeds, and the other command stops.

The order is what keeps two stores from being written at once:

- The state item is changed before the gate is opened for the application, and after it was shut.
- The service may write in the phases `switched`, `reverse` and `finished`. It asks the state item, and believes the
  answer for some seconds; going back waits for that long.
- A follower looks at the phase, which is `live` or `closing`, and then takes a permit of that epoch. A later permit
  ends an earlier one, and the last of an epoch belongs to nobody. So none writes once that one was issued.
- A gate that is open for the application has the epoch of the state item, so that a command which was overtaken cannot
  shut it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from live import state as phases
from live.gate.gate import APPLICATION, NOBODY, REVERSE, GateState
from migration.errors import MigrationError

CUTOVER, CANCEL, ROLLBACK, FINISH = "cutover", "cancel", "rollback", "finish"


class Work(Enum):
    """What has to be done before a step's change. Each can be repeated."""

    PREPARE_SWITCH = "turn on a new stream, try the direction back"
    DRAIN = "wait until everything from before the gate's closing is applied, and prove it"
    FENCE_FOLLOWERS = "refuse whatever a follower still writes to the table"
    DRAIN_BACK = "wait until the service's permits have ended, turn the stream off, apply it to its end"
    NOTE_POSITION = "note the position from which MySQL is followed again"
    PROVE_LAST = "compare both stores for the last time"
    STOP_STREAM = "turn the stream off"


@dataclass(frozen=True)
class Facts:
    """What is durable: the phase and the epoch of the state item, and where the gate is."""

    phase: str
    epoch: int
    gate: GateState


@dataclass(frozen=True)
class Step:
    """What comes next: some work, and then one change, of the gate or of the phase (with a new epoch or not)."""

    work: tuple[Work, ...] = ()
    gate: GateState | None = None
    phase: str | None = None
    new_epoch: bool = False


class WrongPhase(MigrationError):
    """The move is in a phase from which the command cannot be reached."""

    def __init__(self, goal: str, phase: str) -> None:
        super().__init__(
            f"a live move in phase {phase!r} cannot be taken to {goal}: {_NEXT.get(phase, _LOOK)}"
        )


_LOOK = "see make dynamodb-live-status"
_NEXT = {
    phases.PREPARED: "run make dynamodb-live-start first",
    phases.NOTED: "run make dynamodb-live-start first",
    phases.BULK: "run make dynamodb-live-start until it follows",
    phases.LIVE: "DynamoDB has no writes yet; run make dynamodb-live-cutover first",
    phases.CLOSING: "a cutover is not finished; run make dynamodb-live-cutover again",
    phases.DRAINED: "a cutover is not finished; run make dynamodb-live-cutover again",
    phases.SWITCHED: "a cutover is not finished; run make dynamodb-live-cutover again",
    phases.REVERSE: "the service writes to DynamoDB already; run make dynamodb-live-rollback to go back",
    phases.CLOSING_BACK: "a rollback is not finished; run make dynamodb-live-rollback again",
    phases.ROLLED_BACK: "a rollback is not finished; run make dynamodb-live-rollback again",
    phases.FINISHED: "it is finished, and MySQL is retired",
}


def next_step(facts: Facts, goal: str) -> Step | None:
    """The step that comes next on the way to a goal; None when it is reached.

    Raises `WrongPhase` when no way leads there from this phase.
    """
    step = _GOALS[goal](facts)
    if step is _NO_WAY:
        raise WrongPhase(goal, facts.phase)
    return step


_NO_WAY = Step()


def _open_gate(facts: Facts) -> Step | None:
    """In `live` the gate is the application's, under the state item's epoch."""
    target = GateState(APPLICATION, facts.epoch)
    return None if facts.gate == target else Step(gate=target)


def _cutover(facts: Facts) -> Step | None:
    if facts.phase == phases.LIVE:
        if (opening := _open_gate(facts)) is not None:
            return opening
        return Step((Work.PREPARE_SWITCH,), phase=phases.CLOSING, new_epoch=True)
    if facts.phase == phases.CLOSING:
        shut = GateState(NOBODY, facts.epoch)
        if facts.gate != shut:
            return Step(gate=shut)
        return Step((Work.DRAIN,), phase=phases.DRAINED)
    if facts.phase == phases.DRAINED:
        return Step((Work.FENCE_FOLLOWERS,), phase=phases.SWITCHED)
    if facts.phase == phases.SWITCHED:
        reverse = GateState(REVERSE, facts.epoch)
        return Step(gate=reverse) if facts.gate != reverse else Step(phase=phases.REVERSE)
    return None if facts.phase == phases.REVERSE else _NO_WAY


def _cancel(facts: Facts) -> Step | None:
    """Back to `live` from a cutover whose service has not written yet. The state item is changed first."""
    if facts.phase in (phases.CLOSING, phases.DRAINED):
        return Step(phase=phases.LIVE, new_epoch=True)
    return _open_gate(facts) if facts.phase == phases.LIVE else _NO_WAY


def _rollback(facts: Facts) -> Step | None:
    if facts.phase == phases.REVERSE:
        return Step(phase=phases.CLOSING_BACK, new_epoch=True)
    if facts.phase == phases.CLOSING_BACK:
        shut = GateState(NOBODY, facts.epoch)
        if facts.gate != shut:
            return Step((Work.DRAIN_BACK,), gate=shut)
        return Step((Work.NOTE_POSITION,), phase=phases.ROLLED_BACK)
    if facts.phase == phases.ROLLED_BACK:
        return Step(phase=phases.LIVE)
    return _open_gate(facts) if facts.phase == phases.LIVE else _NO_WAY


def _finish(facts: Facts) -> Step | None:
    if facts.phase == phases.REVERSE:
        return Step((Work.PROVE_LAST,), phase=phases.FINISHED, new_epoch=True)
    if facts.phase == phases.FINISHED:
        shut = GateState(NOBODY, facts.epoch)
        return None if facts.gate == shut else Step((Work.STOP_STREAM,), gate=shut)
    return _NO_WAY


_GOALS = {CUTOVER: _cutover, CANCEL: _cancel, ROLLBACK: _rollback, FINISH: _finish}
