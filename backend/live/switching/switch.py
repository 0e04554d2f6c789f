"""Takes a live move to a goal, one durable step after another, from wherever it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from live.gate.gate import APPLICATION, Gate, GateState
from live.move import LiveMove
from live.phases import CUTOVER, Facts, Step, Work, next_step
from live.state import LIVE, State
from migration.errors import MigrationError

Details = dict[str, str]
# Does a piece of work; what it returns is noted in the state item with the step's phase.
Worker = Callable[[State], Details]


@dataclass(frozen=True)
class Passed:
    """A step that was taken: what it came to, and how long it took with its work."""

    name: str
    seconds: float


class Switch:
    """Carries out steps. `workers` has the work of the goals it is used for; `gate_seconds` as of `Gate`.

    `passed` has the steps that were taken, with their durations.
    """

    def __init__(self, move: LiveMove, workers: dict[Work, Worker], *, gate_seconds: int = 3) -> None:
        self._move, self._workers, self._gate_seconds = move, workers, gate_seconds
        self.passed: list[Passed] = []

    def run(self, goal: str, *, before: Callable[[State, Step], None] = lambda state, step: None) -> State:
        """Goes on until the goal is reached; the state then.

        `before` is called before each step and may raise. Raises `WrongPhase`, `StateChanged`, `GateMoved`, `GateBusy`
        and what the work raises; the same command goes on.
        """
        with Gate(self._move.source, wait_seconds=self._gate_seconds) as gate:
            while True:
                state, position = self._move.require_state(), gate.state()
                if state.phase == LIVE and goal == CUTOVER and not gate.is_complete():
                    gate.install(state.epoch)  # goes on where an open transaction or a kill has ended it
                    continue
                if state.phase == LIVE and position is None:  # no gate yet: the application writes
                    position = GateState(APPLICATION, state.epoch)
                if position is None:
                    raise MigrationError(
                        f"the gate in MySQL is gone, and the live move is in phase {state.phase}: nobody can say who "
                        "writes there; stop the application, then see docs/cutover.md"
                    )
                step = next_step(Facts(state.phase, state.epoch, position), goal)
                if step is None:
                    return state
                before(state, step)
                self._take(gate, state, position, step)

    def _take(self, gate: Gate, state: State, position: GateState, step: Step) -> None:
        started = time.monotonic()
        details: Details = {}
        for work in step.work:
            details |= self._workers[work](state)
            self._move.at_step(work.name)
        if step.gate is not None:
            gate.move(position, step.gate)
            name = f"gate: {step.gate}"
        elif step.phase is not None:
            name = step.phase
            self._move.state_item.advance(state, step.phase, new_epoch=step.new_epoch, details=details)
        else:
            return
        self.passed.append(Passed(name, time.monotonic() - started))
        self._move.tell(f"{name} ({self.passed[-1].seconds:.2f} s)")
        self._move.at_step(name)
