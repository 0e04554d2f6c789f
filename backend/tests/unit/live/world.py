"""Everybody who writes during a live move, as a model that is explored exhaustively.

One row stands for the data. `mysql` and `table` hold the number of the write that they contain, `last` is the number of
the last write that somebody was told has succeeded. A write that is made to a store without the last one loses it: that
is the one thing that must never happen.

Actors take single steps in any order: an application with a transaction that may stay open, a service with a cached
permit and a request on its way, a follower and a reverse applier that read and later write, and two commands, each of
which decides and later acts. Each may stop between its steps for as long as it likes, which is a crash and a zombie in
one. One assumption is about time: a permit has ended when `DRAIN_BACK` has waited for it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from live import state as phases
from live.gate.gate import APPLICATION, NOBODY, REVERSE, GateState
from live.phases import CANCEL, CUTOVER, FINISH, ROLLBACK, Facts, Step, Work, next_step
from live.phases.steps import WrongPhase

# The runs of followers in an epoch that are explored, and the run that stands for none.
_RUNS, _NOBODY = 1, 9
Rules = Callable[[Facts, str], Step | None]
_OPEN = GateState(APPLICATION, 1)


class Command(NamedTuple):
    """A command that has decided: what it saw, with the version of the state item, and what it will change."""

    facts: Facts
    version: int
    step: Step


class Snapshot(NamedTuple):
    """What somebody has read and will write, under which fence."""

    value: int
    fence: object


@dataclass(frozen=True)
class World:
    """The stores, and what every actor is about to do."""

    phase: str = phases.LIVE
    epoch: int = 1
    version: int = 0
    gate: GateState = _OPEN
    lane: tuple[int, int] = (1, 0)
    mysql: int = 0
    table: int = 0
    last: int = 0
    transaction: bool = False
    permit: bool = False
    request: bool = False
    starting: int | None = None
    follower: Snapshot | None = None
    reverse: Snapshot | None = None
    commands: tuple[Command | None, Command | None] = (None, None)
    cutovers: int = 0


class Lost(AssertionError):
    """A write was made to a store that did not have the last one."""


class Bounds(NamedTuple):
    """How far the world is explored."""

    writes: int
    cutovers: int
    commands: int = 2


def written(world: World, store: str) -> World:
    """Somebody's write succeeds in a store."""
    if (world.mysql if store == "mysql" else world.table) != world.last:
        raise Lost(f"a write to {store} in phase {world.phase} loses the write before it")
    last = world.last + 1
    return (
        replace(world, last=last, mysql=last) if store == "mysql" else replace(world, last=last, table=last)
    )


def steps_of_people(world: World, bounds: Bounds) -> Iterator[World]:
    """What application and service may do."""
    more = world.last < bounds.writes
    if not world.transaction and more and world.gate.writer == APPLICATION:
        yield replace(world, transaction=True)
    if world.transaction:
        yield replace(world, transaction=False)
        yield written(replace(world, transaction=False), "mysql")
    granted = phases.WRITERS[world.phase] == phases.SERVICE
    if world.permit != granted:
        yield replace(world, permit=granted)
    if world.permit and not world.request and more:
        yield replace(world, request=True)
    if world.request:
        yield written(replace(world, request=False), "table")


def steps_of_appliers(world: World) -> Iterator[World]:
    """What a follower and a reverse applier may do."""
    if world.starting is None and world.phase in (phases.LIVE, phases.CLOSING):
        yield replace(world, starting=world.epoch)
    if world.starting is not None:
        permit = _next_permit(world, world.starting)
        after = replace(world, starting=None)
        yield replace(after, lane=permit) if permit > world.lane and permit[1] <= _RUNS else after
    if world.follower is None and world.lane[1] != _NOBODY and world.table != world.mysql:
        yield replace(world, follower=Snapshot(world.mysql, world.lane))
    if world.follower is not None:
        after = replace(world, follower=None)
        yield replace(after, table=world.follower.value) if world.lane == world.follower.fence else after
    if world.reverse is None and world.gate.writer == REVERSE and world.table != world.mysql:
        yield replace(world, reverse=Snapshot(world.table, world.gate))
    if world.reverse is not None:
        after = replace(world, reverse=None)
        yield replace(after, mysql=world.reverse.value) if world.gate == world.reverse.fence else after


def _next_permit(world: World, epoch: int) -> tuple[int, int]:
    """The permit (epoch, run) of a follower that starts now."""
    return (epoch, world.lane[1] + 1 if world.lane[0] == epoch else 0)


def steps_of_commands(world: World, bounds: Bounds, rules: Rules) -> Iterator[World]:
    """What two commands may do: decide on a step and do its work, act on what was decided, or end."""
    for number in range(bounds.commands):
        command = world.commands[number]
        if command is not None:
            yield _with(world, number, None)
            yield from _act(_with(world, number, None), command)
            continue
        facts = Facts(world.phase, world.epoch, world.gate)
        for goal in (CUTOVER, CANCEL, ROLLBACK, FINISH):
            if goal == CUTOVER and world.phase == phases.LIVE and world.cutovers == bounds.cutovers:
                continue
            try:
                step = rules(facts, goal)
            except WrongPhase:
                continue
            if step is None:
                continue
            for after in _work(world, step.work):
                yield _with(after, number, Command(facts, world.version, step))


def _with(world: World, number: int, command: Command | None) -> World:
    commands = tuple(command if n == number else other for n, other in enumerate(world.commands))
    return replace(world, commands=commands)  # type: ignore[arg-type]  # (it has two)


def _work(world: World, work: tuple[Work, ...]) -> Iterator[World]:
    """The world after the work, if it can be done at present."""
    for piece in work:
        if piece is Work.DRAIN:
            if world.follower is not None and world.follower.fence == world.lane:
                return  # the follower that has the permit applies in order: what it has read comes first
            world = replace(world, table=world.mysql)
        elif piece is Work.FENCE_FOLLOWERS:
            world = replace(world, lane=max(world.lane, (world.epoch, _NOBODY)))
        elif piece is Work.DRAIN_BACK:
            if world.request or world.reverse is not None or world.gate.writer != REVERSE:
                return
            if phases.WRITERS[world.phase] != phases.SERVICE:
                world = replace(world, permit=False)
            world = replace(world, mysql=world.table)
        elif piece is Work.PROVE_LAST and world.mysql != world.table:
            return
    yield world


def _act(world: World, command: Command) -> Iterator[World]:
    """The one change of a step, by compare-and-set; moving the gate waits for open transactions."""
    step = command.step
    if step.gate is not None:
        if world.gate == command.facts.gate and not world.transaction and world.reverse is None:
            yield replace(world, gate=step.gate)
    elif step.phase is not None and world.version == command.version:
        yield replace(
            world,
            phase=step.phase,
            epoch=world.epoch + step.new_epoch,
            version=world.version + 1,
            cutovers=world.cutovers + (step.phase == phases.CLOSING),
        )


def i6_one_direction_at_a_time(world: World) -> None:
    """I6: application and service never may write at once, and after the end nobody does in MySQL."""
    if world.gate.writer == APPLICATION and phases.WRITERS[world.phase] == phases.SERVICE:
        raise Lost(f"the application and the service may both write in phase {world.phase}")
    if world.phase == phases.FINISHED and world.gate == GateState(NOBODY, world.epoch) and world.transaction:
        raise Lost("the application writes after the end")


def explore(bounds: Bounds, rules: Rules = next_step, start: World | None = None) -> dict[str, int]:
    """Visits every world that can be reached; how many there are in each phase. Raises `Lost`."""
    start = start or World()
    seen = {start}
    queue = deque([start])
    count: dict[str, int] = {}
    while queue:
        world = queue.popleft()
        count[world.phase] = count.get(world.phase, 0) + 1
        for step in (
            *steps_of_people(world, bounds),
            *steps_of_appliers(world),
            *steps_of_commands(world, bounds, rules),
        ):
            if step not in seen:
                i6_one_direction_at_a_time(step)
                seen.add(step)
                queue.append(step)
    return count
