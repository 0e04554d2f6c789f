"""Takes ledgers apart: the logs that a move put into the ledger of their day, as the items that each would be.

The form of an entry is written from the decision record, apart from the service's ledger. So a log is compared
with its row in the same way whether it is in a ledger or an item of its own, as earlier versions wrote it.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from api.dynamodb.schema.entities import PK, SK, TTL
from migration.verify.absence_policy import RETENTION_SECONDS
from migration.verify.item_kinds import ATTRIBUTES
from migration.verify.row_values import micros, time_of

USES, _COUNT = (ATTRIBUTES["usage_day"][name] for name in ("uses", "count"))
_LOG_ID, _USER_ID, _ACTION, _PROBLEM_ID, _METADATA, _CREATED_AT = (
    ATTRIBUTES["usage_log"][name]
    for name in ("log_id", "user_id", "action", "problem_id", "metadata", "created_at")
)
_ID = "(?:0|[1-9][0-9]*)"
# Log id, microseconds since 0:00 UTC of the ledger's date, problem id, metadata.
_MOVED = re.compile(f"=({_ID}),(-?{_ID})(?:,(null|{_ID})(?:,(.*))?)?", re.DOTALL)
_DAY_PREFIX = "DAY#"
_PK = re.compile(f"USR#({_ID})#USE#(hint|execution)")
_SK = re.compile(f"{_DAY_PREFIX}([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})")
_TEN_HOURS = 36_000_000_000

Item = dict[str, Any]


def unpack(item: Item, zone: ZoneInfo) -> list[Item]:
    """The moved logs of a ledger as items of their own. Changes the ledger: it counts them, and holds them no longer.

    An entry stays in the ledger if no reader of its day would find it: one that cannot be read, or that is of
    another day. Nothing happens to other items.
    """
    entries = item.get(USES, {}).get("SS")
    if entries is None:
        return []
    partition, sort = _PK.fullmatch(item[PK]["S"]), _SK.fullmatch(item[SK]["S"])
    if partition is None or sort is None:
        return []
    day = sort[1]
    logs, other_entries = [], []
    for entry in entries:
        log = _log(entry, partition, day, zone)
        if log is None:
            other_entries.append(entry)
        else:
            logs.append(log)
    if other_entries:
        item[USES] = {"SS": sorted(other_entries)}
    else:
        del item[USES]
    _count(item, len(logs))
    return logs


def ledger_key(log: Item, zone: ZoneInfo) -> tuple[str, str]:
    """The key of the ledger of a log's local day; of a log that is an item of its own, `log` is the record."""
    when = time_of(int(log[_CREATED_AT]["N"]))
    return log[PK]["S"], _DAY_PREFIX + _local_day(when, zone)


def _local_day(when: datetime, zone: ZoneInfo) -> str:
    """The local day of a moment in UTC; empty for one at an end of the calendar, which has no ledger."""
    try:
        return when.replace(tzinfo=UTC).astimezone(zone).date().isoformat()
    except OverflowError:
        return ""


def _count(item: Item, number: int) -> None:
    counted = item.get(_COUNT, {"N": "0"}).get("N", "")
    if number and counted.isdecimal():
        item[_COUNT] = {"N": str(int(counted) + number)}


@lru_cache(maxsize=1_000)
def _hours_of(day: str, zone: ZoneInfo) -> tuple[datetime, int, int]:
    """0:00 UTC of a date, and offsets from it in microseconds that are in that local day, whatever clocks do around."""
    midnight = datetime.fromisoformat(day)
    noon = midnight.replace(hour=12, tzinfo=zone).astimezone(UTC).replace(tzinfo=None)
    return (
        midnight,
        micros(noon) - micros(midnight) - _TEN_HOURS,
        micros(noon) - micros(midnight) + _TEN_HOURS,
    )


def _log(entry: str, partition: re.Match[str], day: str, zone: ZoneInfo) -> Item | None:
    """A moved log as an item of its own; None for what is no moved log of that day."""
    match = _MOVED.fullmatch(entry)
    if match is None:
        return None
    log_id, offset_text, problem_id, metadata = match.groups()
    offset = int(offset_text)
    try:
        midnight, first, last = _hours_of(day, zone)
        when = midnight + timedelta(microseconds=offset)
    except (ValueError, OverflowError):
        return None
    if not first <= offset <= last and _local_day(when, zone) != day:
        return None
    us = micros(when)
    log: Item = {
        PK: {"S": partition[0]},
        SK: {"S": f"LOG#{when.isoformat(timespec='microseconds')}#{log_id.zfill(16)}"},
        _LOG_ID: {"N": log_id},
        _USER_ID: {"N": partition[1]},
        _ACTION: {"S": partition[2]},
        _CREATED_AT: {"N": str(us)},
        TTL: {"N": str(us // 1_000_000 + RETENTION_SECONDS)},
    }
    if problem_id is not None and problem_id != "null":
        log[_PROBLEM_ID] = {"N": problem_id}
    if metadata is not None:
        log[_METADATA] = {"S": metadata}
    return log
