"""The durable phase of a live move: one item of the table, changed by conditional writes alone.

The phases, in their order:

- prepared: the preflight has passed and the mark table exists; nothing is read or written yet.
- noted: the source's identity and binlog position are noted, and the barrier after them was passed.
- bulk: the move's own code copies every row; the position stays where it was noted.
- live: changes are followed. MySQL has the writes.
- closing: the gate in MySQL is being shut, under a new epoch.
- drained: nobody writes, everything up to the position after the gate is applied, and the proof holds.
- switched: DynamoDB has the writes; the gate lets only the reverse direction in.
- reverse: the table's stream feeds MySQL.
- closing back: the service's permit to write is ending and the stream is read to its end.
- rolled back: a new position is noted and new epochs are set; `live` follows.
- finished: MySQL is retired.

Who may write what is decided here and enforced elsewhere: by the gate row in MySQL and by the lanes' fence items.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Self

from api.dynamodb.errors import ConditionFailed, InvalidInput
from api.dynamodb.schema.entities import PK, SK
from api.dynamodb.schema.keys import OPERATIONS_PREFIX
from api.dynamodb.transport.retry import Caller

LIVE_PK = f"{OPERATIONS_PREFIX}live"
STATE_KEY: dict[str, Any] = {PK: {"S": LIVE_PK}, SK: {"S": "STATE"}}

PREPARED, NOTED, BULK, LIVE = "prepared", "noted", "bulk", "live"
CLOSING, DRAINED, SWITCHED, REVERSE = "closing", "drained", "switched", "reverse"
CLOSING_BACK, ROLLED_BACK, FINISHED = "closing back", "rolled back", "finished"

# From each phase, the phases that may follow.
FOLLOWING: Mapping[str, tuple[str, ...]] = {
    PREPARED: (NOTED,),
    NOTED: (BULK,),
    BULK: (LIVE,),
    LIVE: (CLOSING,),
    CLOSING: (DRAINED, LIVE),
    DRAINED: (SWITCHED, LIVE),
    SWITCHED: (REVERSE,),
    REVERSE: (CLOSING_BACK, FINISHED),
    CLOSING_BACK: (ROLLED_BACK, REVERSE),
    ROLLED_BACK: (LIVE,),
    FINISHED: (),
}
# Who may write the data: the application into MySQL, the service into DynamoDB, or nobody.
APPLICATION, SERVICE, NOBODY = "application", "service", "nobody"
WRITERS: Mapping[str, str] = {
    **dict.fromkeys((PREPARED, NOTED, BULK, LIVE), APPLICATION),
    **dict.fromkeys((CLOSING, DRAINED, CLOSING_BACK, ROLLED_BACK), NOBODY),
    **dict.fromkeys((SWITCHED, REVERSE, FINISHED), SERVICE),
}


class StateChanged(InvalidInput):
    """Another process has changed the state meanwhile; `current` is what it is now, None if it was removed."""

    def __init__(self, current: State | None) -> None:
        now = "no live move" if current is None else f"in phase {current.phase}, epoch {current.epoch}"
        super().__init__(
            f"another process changed the live move meanwhile: it is {now}",
            hint="look with make dynamodb-live-status, then run the command again",
        )
        self.current = current


@dataclass(frozen=True)
class State:
    """The phase, the epoch of writes, and what a phase has to carry, as text by name (`details`).

    `epoch` grows with each change of who writes. `stamp` is new with each write of the item, so that a writer whose
    response was lost recognises its own write.
    """

    phase: str
    epoch: int
    since: str
    stamp: str
    details: Mapping[str, str] = field(default_factory=dict)

    @property
    def writer(self) -> str:
        """Who may write the data in this phase: `APPLICATION`, `SERVICE` or `NOBODY`."""
        return WRITERS[self.phase]

    @classmethod
    def decode(cls, item: Mapping[str, Any]) -> Self:
        """The state that an item holds."""
        return cls(
            item["phase"]["S"], int(item["epoch"]["N"]), item["since"]["S"], item["stamp"]["S"],
            {name: value["S"] for name, value in item["details"]["M"].items()},
        )  # fmt: skip

    def encode(self) -> dict[str, Any]:
        """The item, in wire form."""
        return {
            **STATE_KEY,
            "phase": {"S": self.phase},
            "epoch": {"N": str(self.epoch)},
            "since": {"S": self.since},
            "stamp": {"S": self.stamp},
            "details": {"M": {name: {"S": value} for name, value in self.details.items()}},
        }


class StateItem:
    """The state item of one table; `caller` makes the calls and repeats what got no response."""

    def __init__(self, caller: Caller, table_name: str) -> None:
        self._caller, self._table = caller, table_name

    def read(self) -> State | None:
        """The state; None when no live move was prepared. One consistent GetItem, 1 RCU."""
        request = {"TableName": self._table, "Key": STATE_KEY, "ConsistentRead": True}
        item = self._caller.call("GetItem", request).get("Item")
        return None if item is None else State.decode(item)

    def create(self, details: Mapping[str, str] | None = None, epoch: int = 1) -> State:
        """Begins a live move in the phase `prepared`. One PutItem, 1 WCU. Raises `StateChanged` if there is one.

        `epoch` has to be later than those of an earlier live move of this table.
        """
        state = State(PREPARED, epoch, _now(), secrets.token_hex(8), dict(details or {}))
        return self._put(state, "attribute_not_exists(#pk)", {"#pk": PK}, {})

    def advance(
        self,
        state: State,
        phase: str,
        *,
        new_epoch: bool = False,
        details: Mapping[str, str] | None = None,
    ) -> State:
        """Moves on from `state`, under the condition that phase, epoch and stamp are still its own.

        `details` are added to those it has; with `new_epoch` the epoch grows by one. The present phase itself is
        allowed, to change details or the epoch alone. One PutItem, 1 WCU. Returns the new state. Raises
        `StateChanged`, and `InvalidInput` for a phase that does not follow.
        """
        if phase not in (state.phase, *FOLLOWING[state.phase]):
            raise InvalidInput(
                f"a live move in phase {state.phase} cannot go on to {phase}",
                hint="see make dynamodb-live-status",
            )
        after = replace(
            state,
            phase=phase,
            epoch=state.epoch + new_epoch,
            since=state.since if phase == state.phase else _now(),
            stamp=secrets.token_hex(8),
            details={**state.details, **(details or {})},
        )
        return self._put(after, *_unchanged(state))

    def remove(self, state: State) -> None:
        """Forgets the live move, under the condition that nobody has changed it. One DeleteItem, 1 WCU."""
        condition, names, values = _unchanged(state)
        request = {
            "TableName": self._table, "Key": STATE_KEY, "ConditionExpression": condition,
            "ExpressionAttributeNames": names, "ExpressionAttributeValues": values,
        }  # fmt: skip
        try:
            self._caller.call("DeleteItem", request)
        except ConditionFailed:
            current = self.read()
            if current is not None:  # otherwise it is gone, perhaps by an attempt whose response was lost
                raise StateChanged(current) from None

    def _put(
        self, state: State, condition: str, names: Mapping[str, str], values: Mapping[str, Any]
    ) -> State:
        request = {
            "TableName": self._table, "Item": state.encode(), "ConditionExpression": condition,
            "ExpressionAttributeNames": names, **({"ExpressionAttributeValues": values} if values else {}),
        }  # fmt: skip
        try:
            self._caller.call("PutItem", request)
        except ConditionFailed:
            current = self.read()
            if current is None or current.stamp != state.stamp:
                raise StateChanged(current) from None
        return state


def _unchanged(state: State) -> tuple[str, dict[str, str], dict[str, Any]]:
    """The condition that the stored state is this one, with its names and values."""
    return (
        "#phase = :phase AND #epoch = :epoch AND #stamp = :stamp",
        {"#phase": "phase", "#epoch": "epoch", "#stamp": "stamp"},
        {
            ":phase": {"S": state.phase},
            ":epoch": {"N": str(state.epoch)},
            ":stamp": {"S": state.stamp},
        },
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
