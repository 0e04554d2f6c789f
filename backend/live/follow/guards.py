"""Who holds a unique key: a guard is taken over only from a row that, read again, no longer holds it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.schema.entities import ENTITIES, PK, SK
from api.dynamodb.schema.keys import GUARD
from api.dynamodb.transport.retry import Caller, retry_while
from live.follow.batch import Unit
from live.follow.contents import UnitContent
from live.follow.lanes import Lanes, Write
from migration.errors import Collision
from migration.lease import TEMPORARY
from migration.mapping import UNIQUE_KEYS

_ATTEMPTS = 10
# By the beginning of a guard's partition key, the attribute that names its owner.
GUARD_OWNERS: Mapping[str, str] = {
    entity.pk[:3]: entity.fields[0].short
    for entity in ENTITIES
    if entity.sk == GUARD and entity.name.endswith("_guard")
}


def owner_of(guard: Mapping[str, Mapping[str, str]]) -> tuple[str, Mapping[str, str]]:
    """The attribute of a guard that names its owner, and its value."""
    return next((name, value) for name, value in guard.items() if name not in (PK, SK))


class GuardWriter:
    """Puts the guards of a batch. `row_of` builds a unit that is not in the batch from the batch's snapshot."""

    def __init__(
        self, caller: Caller, table: str, lanes: Lanes, row_of: Callable[[Unit], UnitContent]
    ) -> None:
        self._caller, self._table, self._lanes, self._row_of = caller, table, lanes, row_of

    def write(self, contents: dict[Unit, UnitContent]) -> None:
        """Puts every guard; a row whose key is held by another row becomes a dead letter that waits for it."""
        free: dict[str, Write] = {}
        contested: list[tuple[Unit, WireItem]] = []
        units: dict[str, Unit] = {}
        for unit, content in contents.items():
            for guard in content.guards:
                pk = guard[PK]["S"]
                if pk in free:
                    contested.append((unit, guard))
                else:
                    free[pk], units[pk] = Write(guard, owner=owner_of(guard)), unit
        for write, _ in self._lanes.write(list(free.values())):
            contested.append((units[write.item[PK]["S"]], write.item))
        for unit, guard in contested:
            if guard in contents[unit].guards:  # it is not a dead letter meanwhile
                self._take_over(unit, guard, contents)

    def _take_over(self, unit: Unit, guard: WireItem, contents: dict[Unit, UnitContent]) -> None:
        """Takes a guard from a row that no longer holds its key; otherwise buries the row that wants it."""
        name, value = owner_of(guard)
        for _ in range(_ATTEMPTS):
            stored = self._stored(guard)
            if stored is None or owner_of(stored)[1] == value:
                write = Write(guard, owner=(name, value))
            else:
                holder = Unit(unit.step, int(owner_of(stored)[1]["N"]))
                content = contents.get(holder) or self._row_of(holder)
                if any(own_guard[PK] == guard[PK] for own_guard in content.guards):
                    pk = guard[PK]["S"]
                    contents[unit].bury(str(Collision(UNIQUE_KEYS[pk[:3]], pk, holder.id)), [pk])
                    return
                write = Write(guard, owner=(name, owner_of(stored)[1]))
            failed = self._lanes.write([write])
            if not failed:
                return
            if isinstance(failed[0][1], str):
                contents[unit].bury(failed[0][1])
                return
        raise AssertionError(f"the guard {guard[PK]['S'][:3]} changes its owner while one run writes")

    def _stored(self, guard: WireItem) -> WireItem | None:
        request = {
            "TableName": self._table, "Key": {PK: guard[PK], SK: guard[SK]}, "ConsistentRead": True,
        }  # fmt: skip
        response = retry_while(TEMPORARY, lambda: self._caller.call("GetItem", request))
        item: WireItem | None = response.get("Item")
        return item


def is_guard(key: tuple[str, str]) -> bool:
    """Whether a key is that of a guard item."""
    return key[1] == GUARD
