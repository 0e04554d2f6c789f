"""Fills the ledger by one scan of the table: which unit each item belongs to, by its key and its owner's id."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from zoneinfo import ZoneInfo

from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.codec.key_forms import kind_of
from api.dynamodb.codec.statement_items import is_statement_part
from api.dynamodb.schema.entities import PK, SK
from api.dynamodb.schema.keys import DAY_PREFIX
from api.dynamodb.transport.retry import Caller
from live.follow.batch import DayOfLog, Unit
from live.follow.ledger import Key, Ledger
from migration.dead_letters import Letter
from migration.mapping import USAGE
from migration.stored_records import key_of
from migration.table_contents import read_items
from migration.verify.item_kinds import ATTRIBUTES, ID_ATTRIBUTES, OWNER_STEPS, STEP_OF
from migration.verify.row_values import time_of

_LOG_USER, _LOG_TIME = (ATTRIBUTES["usage_log"][name] for name in ("user_id", "created_at"))
_COMMIT_KEYS = 50_000


def owner_of_item(item: WireItem, zone: ZoneInfo) -> Unit | None:
    """The unit that an item belongs to; None for items of the service and of the tools, parts of statements too."""
    if is_statement_part(item):
        return None
    pk, kind = item[PK]["S"], kind_of(item)
    if kind == "usage_day":
        day = date.fromisoformat(item[SK]["S"].removeprefix(DAY_PREFIX))
        return Unit(USAGE.name, int(pk.split("#")[1]), day.toordinal())
    if kind == "usage_log":
        moment = time_of(int(item[_LOG_TIME]["N"]))
        return Unit(USAGE.name, int(item[_LOG_USER]["N"]), _local_day(moment.isoformat(" "), zone))
    if kind in STEP_OF:
        return Unit(STEP_OF[kind], int(item[ID_ATTRIBUTES[kind]]["N"]))
    if kind == "text_part":
        _, owner, number = pk.split("#")
        return Unit(OWNER_STEPS[owner], int(number))
    return None


def _local_day(text: str, zone: ZoneInfo) -> int:
    day = DayOfLog(zone, None)(text)
    return 0 if day is None else day.toordinal()


def seed(
    ledger: Ledger,
    caller: Caller,
    table: str,
    zone: ZoneInfo,
    letters: Iterator[Letter],
    progress: Callable[[int], None],
) -> int:
    """Makes the ledger anew while nothing writes: its keys by a consistent Scan, the table's size / 4 KB in RCU.

    The move's dead letters are tried again with the first batch. Returns the number of keys. A ledger whose seeding was
    interrupted is not complete, and is made again.
    """
    with ledger.transaction():
        ledger.clear_keys()
    number = 0
    keys: list[tuple[Unit, Key]] = []
    for item in read_items(caller, table, progress):
        unit = owner_of_item(item, zone)
        if unit is not None:
            keys.append((unit, key_of(item)))
            number += 1
        if len(keys) >= _COMMIT_KEYS:
            with ledger.transaction():
                ledger.add_keys(keys)
            keys.clear()
    with ledger.transaction():
        ledger.add_keys(keys)
        for letter in letters:
            unit = Unit(letter["entity"], int(letter["key"]))
            ledger.bury(unit, letter)
            ledger.retry([unit])
    return number
