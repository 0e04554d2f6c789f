"""Followers and an application that writes, as a model that is explored exhaustively: invariants I1 to I5 and I7.

Two rows to begin with, each with a unique name and a group that is counted; a third may come, with a name that another
row has by the table's rules. The binlog shows a transaction before the engine has it. A follower takes the steps of
`live/follow/applier.py` one at a time; between any two it may be killed, or stop while another run takes over and then
go on. So a state here is one that a crash or a pause can leave. Who may write which store (I6) is `world.py`'s subject;
the fence that ends an earlier run is here as well, since without it I2 does not hold.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import NamedTuple

Row = tuple[str, int]  # its name and its group
Rows = tuple[Row | None, Row | None, Row | None]
# A unit is a row ("row", number) or a count ("count", group); a key is that of a main item, a count or a guard.
Unit = tuple[str, int]
Key = tuple[str, int | str]
# What the application commits, in any order: the XA transaction is shown when it is prepared, and changes rows later.
SWAP, DELETE, MOVE, COLLIDE = "swap names", "delete row 0", "move row 0", "insert row 2"
PREPARE, COMMIT, ALTER = "XA PREPARE", "XA COMMIT", "ALTER TABLE"
FIRST: Rows = (("a", 0), ("b", 0), None)
GROUPS = (0, 1)
NAMES = ("a", "b")


class Violation(AssertionError):
    """An invariant does not hold; the message begins with its number."""


class Rules(NamedTuple):
    """What a follower keeps to; a test takes one away to see that it is needed."""

    ledger_first: bool = True
    barrier: bool = True
    asks_holder: bool = True
    both_images: bool = True
    acknowledged: bool = True
    waits_for_xa: bool = True
    refuses_unknown: bool = True
    fence: bool = True
    ledger_of_run: bool = True


ALL_RULES = Rules()


class Follower(NamedTuple):
    """A run between two steps: what it has read up to, its units, its snapshot, and what it is going to delete."""

    run: int
    step: int = 0
    end: int = 0
    units: frozenset[Unit] = frozenset()
    as_of: int = 0
    gone: frozenset[tuple[Unit, Key]] = frozenset()
    buried: frozenset[int] = frozenset()


@dataclass(frozen=True)
class State:
    """The binlog, how much of it the engine has, the table's items, the ledger, the fence, and the runs."""

    log: tuple[str, ...] = ()
    engine: int = 0
    table: frozenset[tuple[Key, object]] = frozenset()
    owned: frozenset[tuple[Unit, Key]] = frozenset()
    waiting: frozenset[int] = frozenset()
    retries: frozenset[int] = frozenset()
    position: int = 0
    fence: int = 1
    ledger_run: int = 1
    followers: tuple[Follower | None, ...] = (Follower(1), None)


@cache
def rows_at(log: tuple[str, ...], number: int) -> Rows:
    """The source's rows after this many transactions."""
    if number == 0:
        return FIRST
    first, second, third = rows_at(log, number - 1)
    change = log[number - 1]
    if change == SWAP and first and second:
        return (second[0], first[1]), (first[0], second[1]), third
    if change == DELETE:
        return None, second, third
    if change in (MOVE, COMMIT) and first:
        return (first[0], 1 - first[1]), second, third
    return (first, second, ("a", 0)) if change == COLLIDE else (first, second, third)


@cache
def touched(log: tuple[str, ...], index: int, *, both_images: bool = True) -> frozenset[Unit]:
    """The units of a transaction: changed rows, and the groups in their images before and after."""
    before, after = rows_at(log, index), rows_at(log, index + 1)
    if log[index] == PREPARE:  # its images are those of the change that its commit will make
        commit = (*log[: index + 1], COMMIT)
        after = rows_at(commit, index + 2)
    units: set[Unit] = set()
    for number, (old, new) in enumerate(zip(before, after, strict=True)):
        if old != new:
            images = (old, new) if both_images or new is None else (new,)
            units |= {("row", number), *(("count", image[1]) for image in images if image)}
    if log[index] == COMMIT:  # it names no rows: they came with the preparation
        return touched(log, log.index(PREPARE), both_images=both_images)
    return frozenset(units)


def content(unit: Unit, rows: Rows) -> dict[Key, object]:
    """The items that a unit should have."""
    kind, number = unit
    if kind == "count":
        count = sum(row is not None and row[1] == number for row in rows)
        return {("count", number): count} if count else {}
    row = rows[number]
    return {} if row is None else {("guard", row[0]): number, ("row", number): row}


def commits(state: State, writes: int) -> Iterator[State]:
    """What the application may do, and the engine's commit of what the binlog shows already."""
    if state.engine < len(state.log):
        yield replace(state, engine=state.engine + 1)
    if len(state.log) < writes and ALTER not in state.log:
        for change in (SWAP, DELETE, MOVE, COLLIDE, PREPARE, COMMIT, ALTER):
            again = change in state.log and change != SWAP
            if not again and (change != COMMIT or PREPARE in state.log):
                yield replace(state, log=(*state.log, change))


def steps_of(state: State, slot: int, rules: Rules) -> Iterator[State]:
    """The next step of a follower, or its end."""
    follower = state.followers[slot]
    assert follower is not None
    yield _with(state, slot, None)
    after = _STEPS[follower.step](state, follower, rules)
    if after is not None:
        changed, ahead = after
        yield _with(changed, slot, ahead)


def _with(state: State, slot: int, follower: Follower | None) -> State:
    followers = tuple(follower if n == slot else other for n, other in enumerate(state.followers))
    return replace(state, followers=followers)


Step = tuple[State, Follower] | None


def _read(state: State, follower: Follower, rules: Rules) -> Step:
    log = state.log
    end = log.index(ALTER) if ALTER in log and rules.refuses_unknown else len(log)
    units: set[Unit] = {("row", number) for number in state.retries}
    for index in range(state.position, end):
        units |= touched(log, index, both_images=rules.both_images)
    if end <= state.position and not units:
        return None
    if not rules.acknowledged:
        state = replace(state, position=safe_position(log, end))
    return state, follower._replace(step=1, end=end, units=frozenset(units))


def _snapshot(state: State, follower: Follower, rules: Rules) -> Step:
    """The mark is committed behind everything that the binlog shows, so the engine has that when its write returns."""
    if rules.barrier:
        state = replace(state, engine=len(state.log))
    return state, follower._replace(step=2, as_of=state.engine)


def _ledger(state: State, follower: Follower, rules: Rules) -> Step:
    rows = rows_at(state.log, follower.as_of)
    wanted = {(unit, key) for unit in follower.units for key in content(unit, rows)}
    gone = {entry for entry in state.owned if entry[0] in follower.units} - wanted
    if rules.ledger_first:
        state = replace(state, owned=state.owned | wanted)
    return state, follower._replace(step=3, gone=frozenset(gone))


def _guards(state: State, follower: Follower, rules: Rules) -> Step:
    if rules.fence and state.fence != follower.run:
        return None
    rows, table = rows_at(state.log, follower.as_of), dict(state.table)
    buried, gone = set(follower.buried), set(follower.gone)
    for unit in sorted(follower.units):
        for key in [key for key in content(unit, rows) if key[0] == "guard"]:
            holder = table.get(key, unit[1])
            assert isinstance(holder, int)
            if holder == unit[1] or not rules.asks_holder or key not in content(("row", holder), rows):
                table[key] = unit[1]
            else:
                buried.add(unit[1])
                gone |= {(unit, other) for other in content(unit, rows)}
    after = replace(state, table=frozenset(table.items()))
    return after, follower._replace(step=4, buried=frozenset(buried), gone=frozenset(gone))


def _items(state: State, follower: Follower, rules: Rules) -> Step:
    if rules.fence and state.fence != follower.run:
        return None
    rows, table = rows_at(state.log, follower.as_of), dict(state.table)
    for unit in follower.units:
        if unit[0] == "count" or unit[1] not in follower.buried:
            table |= {key: value for key, value in content(unit, rows).items() if key[0] != "guard"}
    return replace(state, table=frozenset(table.items())), follower._replace(step=5)


def _delete(state: State, follower: Follower, rules: Rules) -> Step:
    if rules.fence and state.fence != follower.run:
        return None
    gone = {key for unit, key in follower.gone if key[0] != "guard" or dict(state.table).get(key) == unit[1]}
    return (
        replace(state, table=frozenset(item for item in state.table if item[0] not in gone)),
        follower._replace(step=6),
    )


def _commit(state: State, follower: Follower, rules: Rules) -> Step:
    if rules.ledger_of_run and state.ledger_run != follower.run:
        return None
    tried = {number for kind, number in follower.units if kind == "row"}
    waiting = (state.waiting - tried) | follower.buried
    freed = any(key[0] == "guard" for _, key in follower.gone)
    retries = (state.retries - tried) | (waiting - follower.buried if freed else frozenset())
    after = replace(
        state, owned=state.owned - follower.gone, waiting=waiting, retries=frozenset(retries),
        position=safe_position(state.log, follower.end) if rules.waits_for_xa else follower.end,
    )  # fmt: skip
    return after, Follower(follower.run)


def safe_position(log: tuple[str, ...], end: int) -> int:
    """Before an XA transaction that is prepared and not finished."""
    prepared = PREPARE in log[:end] and COMMIT not in log[:end]
    return log.index(PREPARE) if prepared else end


_STEPS: tuple[Callable[[State, Follower, Rules], Step], ...] = (
    _read, _snapshot, _ledger, _guards, _items, _delete, _commit,
)  # fmt: skip


def takes_over(state: State, runs: int) -> Iterator[State]:
    """A later run, while the earlier one may be asleep: it issues its fence and takes the ledger."""
    if None in state.followers and state.fence < runs:
        run = state.fence + 1
        yield _with(replace(state, fence=run, ledger_run=run), state.followers.index(None), Follower(run))


# The invariants, one by one.


def i1_every_item_is_in_the_ledger(state: State) -> bool:
    """Every item key in the table is in the ledger."""
    return {key for key, _ in state.table} <= {key for _, key in state.owned}


def i2_rows_are_of_a_state_at_or_after_the_position(state: State) -> bool:
    """After position P the items of every row that changed before P come from a state at or after P's change of it."""
    return all(_is_of_later_state(state, ("row", number)) for number in range(3))


def i3_a_guard_is_its_owners(before: State, after: State) -> bool:
    """A guard changes hands or goes only when the row that had it no longer holds its name."""
    held = dict(after.table)
    for key, owner in before.table:
        if key[0] != "guard" or held.get(key) == owner:
            continue
        assert isinstance(owner, int)
        later = range(_last_touch(before, ("row", owner)), len(before.log) + 1)
        if all(key in content(("row", owner), rows_at(before.log, n)) for n in later) and owner not in {
            number for follower in before.followers if follower for number in follower.buried
        }:
            return False
    return True


def i4_counts_are_recounts(state: State) -> bool:
    """A count is that of a state at or after P, for the groups of both images of each changed row."""
    return all(_is_of_later_state(state, ("count", group)) for group in GROUPS)


def i5_the_position_is_behind_open_xa(state: State) -> bool:
    """The position never passes the preparation of an XA transaction that is not finished."""
    return state.position <= safe_position(state.log, len(state.log))


def i7_nothing_unknown_is_passed(state: State) -> bool:
    """The position never passes an event that rows do not tell."""
    return ALTER not in state.log[: state.position]


def equal_at_the_end(state: State) -> bool:
    """With everything applied and nobody at work, the table has what the source has, and rows wait for held names."""
    if state.position != len(state.log) or state.retries or any(state.followers):
        return True
    rows = rows_at(state.log, len(state.log))
    expected: dict[Key, object] = {}
    for unit in [*(("row", n) for n in range(3) if n not in state.waiting), *(("count", g) for g in GROUPS)]:
        expected |= content(unit, rows)
    holders = {key for key in expected if key[0] == "guard"}
    waits_rightly = all(
        ("guard", row[0]) in holders for n in state.waiting if (row := rows[n]) is not None
    )  # fmt: skip
    return dict(state.table) == expected and waits_rightly


def _last_touch(state: State, unit: Unit) -> int:
    """After how many transactions the last one before the position is over that has changed a unit."""
    return max((n + 1 for n in range(state.position) if unit in touched(state.log, n)), default=0)


def _is_of_later_state(state: State, unit: Unit) -> bool:
    """Whether the item of a unit is one of those that it may have in a state after its last change before P."""
    last = _last_touch(state, unit)
    stored = dict(state.table).get(unit)
    return not last or any(
        stored in _possible(unit, rows_at(state.log, n)) for n in range(last, len(state.log) + 1)
    )


def _possible(unit: Unit, rows: Rows) -> tuple[object, ...]:
    """The item of a unit; nothing as well for a row whose name another one has: one of the two is a dead letter."""
    kind, number = unit
    item = content(unit, rows).get(unit)
    names = [row[0] for n, row in enumerate(rows) if row is not None and n != number]
    row = rows[number] if kind == "row" else None
    return (item, None) if row is not None and row[0] in names else (item,)


PROPERTIES: Mapping[str, Callable[[State], bool]] = {
    "I1": i1_every_item_is_in_the_ledger, "I2": i2_rows_are_of_a_state_at_or_after_the_position,
    "I4": i4_counts_are_recounts, "I5": i5_the_position_is_behind_open_xa, "I7": i7_nothing_unknown_is_passed,
    "the end": equal_at_the_end,
}  # fmt: skip


def begin() -> State:
    """Right after the copy: the table and the ledger have every row of the source."""
    units: list[Unit] = [("row", 0), ("row", 1), ("row", 2), ("count", 0), ("count", 1)]
    items = {(unit, key): value for unit in units for key, value in content(unit, FIRST).items()}
    return State(table=frozenset((key, value) for (_, key), value in items.items()), owned=frozenset(items))


def explore(writes: int, runs: int, rules: Rules = ALL_RULES) -> int:
    """Visits every state that can be reached; how many there are. Raises `Violation`."""
    start = begin()
    seen, queue = {start}, deque([start])
    while queue:
        state = queue.popleft()
        following = [*commits(state, writes), *takes_over(state, runs)]
        for slot, follower in enumerate(state.followers):
            if follower is not None:
                following += steps_of(state, slot, rules)
        for after in following:
            if after in seen:
                continue
            for name, holds in PROPERTIES.items():
                if not holds(after):
                    raise Violation(f"{name}: {holds.__doc__} {state} {after}")
            if not i3_a_guard_is_its_owners(state, after):
                raise Violation(f"I3: {state} {after}")
            seen.add(after)
            queue.append(after)
    return len(seen)
