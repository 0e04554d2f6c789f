"""A run as an aggregate, and the stored progress of its user, which a change of the run may invalidate.

Progress is a cache: the totals of a user's runs up to one of them. It is valid as long as no run before that
one is added, changed or removed. The transaction that does so marks the totals as outdated and sets a new random
stamp. A reader who computed totals before it cannot store them afterwards, since the stamp is not the one it
read. Outdated totals are kept until new ones are complete, which takes several calls for a very long list.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial

from api.dynamodb.codec.codec import Record
from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.codec.items import CODECS, ItemSet, run_items
from api.dynamodb.schema import keys
from api.dynamodb.schema.entities import GSI2PK, PROGRESS
from api.dynamodb.table.aggregate import Aggregate
from api.dynamodb.table.argument_checks import check_id
from api.dynamodb.table.expressions import Changes
from api.dynamodb.table.write_actions import Key, Update, WriteAction

# A run is stored a little later than its `created_at`. Totals include only runs older than `SETTLED_AFTER`: a
# run that is stored late would be missed otherwise. A run stored more than `STORED_WITHIN` after its moment
# invalidates the totals; the time between the two allows for clocks that differ.
SETTLED_AFTER = timedelta(minutes=5)
STORED_WITHIN = timedelta(minutes=2)
# Fields of a run that progress depends on, besides `problem_id` and `created_at`, which never change.
_COUNTED_FIELDS = ("user_id", "platform", "language", "passed_count", "total_count")
_USER_ID, _IS_OUTDATED, _STAMP = (PROGRESS.short(name) for name in ("user_id", "is_outdated", "stamp"))
_RENEWED = tuple(PROGRESS.short(name) for name in ("renewed_to", "renewed_totals", "renewed_solved"))


def run_aggregate(history_id: int, now: datetime) -> Aggregate:
    """The aggregate of a run that is written at the moment `now` (aware). Raises `InvalidInput`."""
    pk = keys.run_pk(check_id("history_id", history_id))
    invalidation = partial(_progress_invalidation, now)
    return Aggregate(
        CODECS["run"], run_items, (pk, keys.META), pk, {},
        build_changed=_changed_items, extra_actions=invalidation,
    )  # fmt: skip


def _changed_items(record: Record, main: WireItem) -> ItemSet:
    """A changed run; one that stays public keeps its shard of the timeline, whose readers would miss it otherwise."""
    items = run_items(record)
    if GSI2PK in items.main and GSI2PK in main:
        items.main[GSI2PK] = main[GSI2PK]
    return items


def progress_key(user_id: int) -> Key:
    """The key of a user's stored progress."""
    return keys.progress_pk(user_id), keys.META


def new_progress_stamp() -> str:
    """A random stamp that no stored progress has had."""
    return secrets.token_hex(8)


def invalidate_progress(user_id: int) -> Update:
    """Marks a user's totals as outdated, and keeps those that are computed right now from being stored."""
    values: WireItem = {
        _USER_ID: {"N": str(user_id)}, _IS_OUTDATED: {"BOOL": True}, _STAMP: {"S": new_progress_stamp()},
    }  # fmt: skip
    return Update(progress_key(user_id), Changes(set=values, remove=_RENEWED))


def _progress_invalidation(
    now: datetime, before: Record | None, after: Record | None
) -> Iterable[WriteAction]:
    """Invalidates the progress of the run's user if its totals include the run, or should."""
    run = after if before is None else before
    if run is None or run.get("user_id") is None:
        return ()
    if before is None:
        stale = run["created_at"] < now - STORED_WITHIN
    else:
        stale = after is None or any(before[name] != after[name] for name in _COUNTED_FIELDS)
    return (invalidate_progress(run["user_id"]),) if stale else ()
