"""Whether the stored totals of a user's runs are those of the runs."""

from __future__ import annotations

from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo

from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.codec.items import CODECS
from api.dynamodb.errors import Corrupt
from api.dynamodb.repositories.progress_repository import PAGE_RUNS
from api.dynamodb.schema import keys
from api.dynamodb.schema.entities import PROGRESS, USER_RUN
from api.dynamodb.schema.records import RunSummary
from api.dynamodb.table.expressions import equals
from api.dynamodb.table.progress_totals import ProgressTotals
from api.dynamodb.table.run_aggregate import invalidate_progress
from api.dynamodb.table.store import Store
from api.dynamodb.table.write_actions import Key, Update, key_of
from repair.derivation import is_same
from repair.findings import Finding

_ATTEMPTS = 5
_STAMP = PROGRESS.short("stamp")
_UNREADABLE = (KeyError, ValueError, TypeError)


class ProgressChecks:
    """Counts the runs of users again. `now` is an aware datetime."""

    def __init__(self, store: Store, now: datetime) -> None:
        self._store, self._now = store, now

    def check(self, item: WireItem) -> Finding | None:
        """What is wrong with a user's stored totals; None also for those that will be counted again anyway.

        Two consistent GetItems, and one consistent Query per 1,000 runs: 1 RCU per 4 KB, about 15 runs.
        """
        key = key_of(item)
        user_id = int(key[0].split("#")[1])
        for _ in range(_ATTEMPTS):
            stored = self._store.get(key, entity=PROGRESS.name, consistent=True)
            if stored is None:
                return None
            try:
                fault = self._compare(user_id, stored)
            except Corrupt:
                return None  # found as unreadable
            except _UNREADABLE:
                fault = "they cannot be read"
            if is_same(stored, self._store.get(key, entity=PROGRESS.name, consistent=True)):
                return None if fault is None else self._finding(user_id, key, stored, fault)
        return None  # its user records runs all the time: it is looked at again the next time

    def _finding(self, user_id: int, key: Key, stored: WireItem, fault: str) -> Finding:
        renewal = invalidate_progress(user_id)
        update = Update(key, renewal.changes, equals(_STAMP, stored[_STAMP]))
        return Finding("progress.different", key, fault, update)

    def _compare(self, user_id: int, item: WireItem) -> str | None:
        record = CODECS[PROGRESS.name].decode(item)
        totals = ProgressTotals.of(record["folded_to"], record["totals"], record["solved"], self._now)
        if record["is_outdated"] or totals is None or not totals.is_current(None):
            return None
        counted = self._count(user_id, cast(str, totals.folded_to), totals.zone)
        for name in ("runs", "passed_runs", "solved", "attempted", "latest", "platforms", "languages"):
            stored, actual = getattr(totals, name), getattr(counted, name)
            if stored != actual:
                return f"{name} {_number(stored)}, not {_number(actual)}"
        if totals.recent_days() != counted.recent_days():
            return "the days differ"
        solved_days = totals.recent_solved_days(), counted.recent_solved_days()
        return None if solved_days[0] == solved_days[1] else "the days of solving differ"

    def _count(self, user_id: int, folded_to: str, zone: ZoneInfo) -> ProgressTotals:
        """The totals of all runs up to the last one that the stored totals include."""
        totals = ProgressTotals.empty(self._now, zone)
        start: WireItem | None = None
        while True:
            page = self._store.query(
                keys.user_runs_pk(user_id), entity=USER_RUN.name, sort=(" ", folded_to), limit=PAGE_RUNS,
                start=start, consistent=True,
            )  # fmt: skip
            for entry in page.items:
                totals.add(cast(RunSummary, CODECS[USER_RUN.name].decode(entry)))
            start = page.last_key
            if start is None:
                return totals


def _number(value: object) -> str:
    return (
        str(value) if isinstance(value, int) else str(len(value)) if isinstance(value, set) else "as stored"
    )
