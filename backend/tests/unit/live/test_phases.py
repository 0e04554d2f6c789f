"""The order of a live move's steps, and every interleaving of them with everybody who writes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from live import state as phases
from live.gate.gate import APPLICATION, NOBODY, REVERSE, GateState
from live.phases import CANCEL, CUTOVER, FINISH, ROLLBACK, Facts, Step, Work, WrongPhase, next_step
from tests.unit.live.world import Bounds, Lost, explore

SMALL = Bounds(writes=3, cutovers=2, commands=1)
ONCE = Bounds(writes=3, cutovers=1, commands=1)


def run(phase: str, gate: GateState, epoch: int, goal: str) -> list[str]:
    """The phases and gates that a command goes through when nobody disturbs it."""
    facts, path = Facts(phase, epoch, gate), []
    while (step := next_step(facts, goal)) is not None:
        if step.gate is not None:
            facts = replace(facts, gate=step.gate)
            path.append(f"gate: {step.gate}")
        elif step.phase is not None:
            facts = Facts(step.phase, facts.epoch + step.new_epoch, facts.gate)
            path.append(step.phase)
        assert len(path) < 20
    return path


def test_a_cutover_shuts_the_gate_before_the_service_may_write() -> None:
    assert run(phases.LIVE, GateState(APPLICATION, 1), 1, CUTOVER) == [
        "closing", "gate: nobody (epoch 2)", "drained", "switched", "gate: reverse (epoch 2)", "reverse",
    ]  # fmt: skip


def test_a_rollback_opens_the_gate_last() -> None:
    assert run(phases.REVERSE, GateState(REVERSE, 2), 2, ROLLBACK) == [
        "closing back", "gate: nobody (epoch 3)", "rolled back", "live", "gate: application (epoch 3)",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("phase", "gate"),
    [
        (phases.CLOSING, GateState(APPLICATION, 1)),
        (phases.CLOSING, GateState(NOBODY, 2)),
        (phases.DRAINED, GateState(NOBODY, 2)),
    ],
)  # fmt: skip
def test_a_cutover_that_is_given_up_opens_the_gate_under_a_new_epoch(phase: str, gate: GateState) -> None:
    assert run(phase, gate, 2, CANCEL) == ["live", "gate: application (epoch 3)"]


def test_the_end_shuts_the_gate_for_the_reverse_direction_as_well() -> None:
    assert run(phases.REVERSE, GateState(REVERSE, 2), 2, FINISH) == ["finished", "gate: nobody (epoch 3)"]


@pytest.mark.parametrize(
    ("goal", "phase", "command"),
    [
        (CUTOVER, phases.BULK, "live-start"), (CUTOVER, phases.CLOSING_BACK, "live-rollback"),
        (ROLLBACK, phases.DRAINED, "live-cutover"), (FINISH, phases.LIVE, "live-cutover"),
        (CANCEL, phases.SWITCHED, "live-cutover"), (CANCEL, phases.REVERSE, "live-rollback"),
    ],
)  # fmt: skip
def test_a_command_in_the_wrong_phase_names_the_right_one(goal: str, phase: str, command: str) -> None:
    with pytest.raises(WrongPhase, match=command):
        next_step(Facts(phase, 2, GateState(NOBODY, 2)), goal)


def test_every_step_is_allowed_by_the_state_item() -> None:
    for goal in (CUTOVER, CANCEL, ROLLBACK, FINISH):
        for phase in phases.FOLLOWING:
            for writer in (APPLICATION, NOBODY, REVERSE):
                try:
                    step = next_step(Facts(phase, 2, GateState(writer, 2)), goal)
                except WrongPhase:
                    continue
                if step is not None and step.phase is not None:
                    assert step.phase in phases.FOLLOWING[phase]


def test_no_interleaving_of_one_command_loses_a_write() -> None:
    """I6 is checked in every state, beside the loss of a write."""
    count = explore(SMALL)
    assert set(count) == {
        phases.LIVE, phases.CLOSING, phases.DRAINED, phases.SWITCHED, phases.REVERSE, phases.CLOSING_BACK,
        phases.ROLLED_BACK, phases.FINISHED,
    }  # fmt: skip


def test_no_interleaving_of_two_commands_loses_a_write() -> None:
    explore(Bounds(writes=2, cutovers=1))


Rules = Callable[[Facts, str], Step | None]


def _without(work: Work) -> Rules:
    def rules(facts: Facts, goal: str) -> Step | None:
        step = next_step(facts, goal)
        return step and replace(step, work=tuple(piece for piece in step.work if piece is not work))

    return rules


def _gate_stays_open(facts: Facts, goal: str) -> Step | None:
    if goal == CUTOVER and facts.phase == phases.CLOSING:
        return Step((Work.DRAIN,), phase=phases.DRAINED)
    return next_step(facts, goal)


def _gate_opened_first(facts: Facts, goal: str) -> Step | None:
    if goal == CANCEL and facts.phase == phases.DRAINED and facts.gate.writer == NOBODY:
        return Step(gate=GateState(APPLICATION, facts.epoch))
    return next_step(facts, goal)


@pytest.mark.parametrize(
    "rules",
    [
        _without(Work.DRAIN), _without(Work.FENCE_FOLLOWERS), _without(Work.DRAIN_BACK), _gate_stays_open,
        _gate_opened_first,
    ],
    ids=["no drain", "no fence", "no drain back", "gate stays open", "gate opened first"],
)  # fmt: skip
def test_each_step_is_needed(rules: Rules) -> None:
    with pytest.raises(Lost):
        explore(ONCE, rules)
