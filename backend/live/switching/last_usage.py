"""The last proof of uses: each user's rows against the logs in the table, by what they are, whatever their ids.

Ids may differ: the service's are unique for a user and an action alone, and a row takes the next one that is free.
A row whose log has expired has nothing in the table: the TTL removes it there, and MySQL keeps it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from api.dynamodb.codec import json_text
from api.dynamodb.schema.entities import USAGE_ACTIONS, USAGE_RETENTION_DAYS
from api.dynamodb.schema.keys import DAY_PREFIX, LOG_PREFIX, usage_pk
from api.dynamodb.usage_limits.ledger import logs
from api.dynamodb.usage_limits.windows import local_day
from live.reverse.state import TableState
from live.reverse.target import ReverseTarget
from live.reverse.touched import Day
from migration.mapping import USAGE
from migration.stored_records import StoredRecords, key_of

# A log expires at the end of a local day, and engines remove it when they get to it.
_SOON = timedelta(days=2)
_RETENTION = timedelta(days=USAGE_RETENTION_DAYS)

Uses = Counter[tuple[str, str, int | None, str]]


@dataclass
class ComparedUses:
    """What was compared: the number of logs, the users whose uses differ, and rows that were never moved, by user."""

    logs: int = 0
    different: set[int] = field(default_factory=set)
    unmoved: dict[int, int] = field(default_factory=dict)


def users_with_uses(target: ReverseTarget) -> set[int]:
    """The users that have a row of a use."""
    rows = target.rows(f"SELECT DISTINCT user_id FROM `{USAGE.table}` WHERE user_id IS NOT NULL")
    target.connection.commit()
    return {int(number or 0) for (number,) in rows}


def compare_uses(
    target: ReverseTarget, stored: StoredRecords, state: TableState, users: Iterable[int]
) -> ComparedUses:
    """Compares each user's uses. One query of MySQL and two Queries of the table for each user, 1 RCU for 4 KB."""
    compared = ComparedUses()
    for user_id in users:
        in_table = _uses_in_table(stored, state, user_id)
        in_mysql, unreadable, expired = _uses_in_mysql(target, user_id)
        compared.logs += in_table.total()
        if surplus := (in_mysql - in_table - expired).total() + unreadable:
            compared.unmoved[user_id] = surplus
        if in_table - in_mysql:
            compared.different.add(user_id)
    return compared


def _uses_in_table(stored: StoredRecords, state: TableState, user_id: int) -> Uses:
    uses: Uses = Counter()
    for action in USAGE_ACTIONS:
        items = {key_of(item)[1]: item for item in stored.partition(usage_pk(user_id, action))}
        # Days with logs that are items of their own, whose metadata may be in parts, are read by the repository.
        days_of_items = {_day_of(sk) for sk in items if sk.startswith(LOG_PREFIX)}
        for sk, item in items.items():
            if sk.startswith(DAY_PREFIX) and _day_of_ledger(sk) not in days_of_items:
                uses.update(_use(log, log["metadata"]) for log in logs(item, user_id, action))
        for day in days_of_items:
            uses.update(_use(log, log["metadata"]) for log in state.logs(Day(user_id, action, day)))
    return uses


def _day_of_ledger(sk: str) -> date:
    return date.fromisoformat(sk.removeprefix(DAY_PREFIX))


def _day_of(sk: str) -> date:
    moment = datetime.fromisoformat(sk.removeprefix(LOG_PREFIX).split("#")[0])
    return local_day(moment.replace(tzinfo=UTC))


def _uses_in_mysql(target: ReverseTarget, user_id: int) -> tuple[Uses, int, Uses]:
    """A user's uses, how many rows cannot be read, and the uses that may have expired in the table."""
    form = target.formats[USAGE.name]
    uses: Uses = Counter()
    expired: Uses = Counter()
    unreadable = 0
    oldest = datetime.now(UTC) - _RETENTION + _SOON
    rows = target.rows(f"SELECT {form.select} FROM `{USAGE.table}` WHERE user_id = %s", [user_id])
    target.connection.commit()
    for row in rows:
        record = form.record(row)
        if record is None:
            unreadable += 1
            continue
        metadata = record["metadata"]
        use = _use(record, json_text.loads(metadata) if isinstance(metadata, str) else metadata)
        uses[use] += 1
        if record["created_at"] < oldest:
            expired[use] += 1
    return uses, unreadable, expired


def _use(log: Mapping[str, Any], metadata: Any) -> tuple[str, str, int | None, str]:
    """What a use is, with its metadata as a value: how JSON is spelled does not matter."""
    text = json.dumps(metadata, sort_keys=True, default=str)
    return log["action"], log["created_at"].isoformat(), log["problem_id"], text
