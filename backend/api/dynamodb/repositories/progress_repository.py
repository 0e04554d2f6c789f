"""Progress: the totals of a user's runs, from stored totals and the runs that came after them.

Stored totals are a cache that can always be computed again from the list of runs. They end at one run
(`folded_to`); readers add the runs that follow. `table.run_aggregate` says when they become invalid.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo

from api.dynamodb.codec.codec import Record
from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.codec.items import CODECS, with_keys
from api.dynamodb.errors import Corrupt, DataLayerError, ItemTooLarge, TransactionCancelled
from api.dynamodb.schema import keys
from api.dynamodb.schema.entities import PROGRESS, SK
from api.dynamodb.schema.records import Progress, RunSummary, SolvedProblems
from api.dynamodb.table.account_writes import active_account
from api.dynamodb.table.argument_checks import check_id
from api.dynamodb.table.base_repository import BaseRepository
from api.dynamodb.table.expressions import Condition, absent, all_of, equals
from api.dynamodb.table.merged_pages import LAST_CHARACTER
from api.dynamodb.table.progress_totals import ProgressTotals
from api.dynamodb.table.run_aggregate import SETTLED_AFTER, new_progress_stamp, progress_key
from api.dynamodb.table.write_actions import Put
from config.environment import environment

logger = logging.getLogger(__name__)

_CODEC, _RUN_CODEC = CODECS["progress"], CODECS["user_run"]
_STAMP, _FOLDED_TO, _RENEWED_TO = (PROGRESS.short(name) for name in ("stamp", "folded_to", "renewed_to"))
# Totals are stored again when this many runs can be added to them.
WORTH_STORING = 50
# One call makes at most this many Queries, of this many runs each: 270 KB per Query.
PAGES = 4
PAGE_RUNS = 1000


@dataclass
class _StoredProgress:
    """What is stored for a user.

    totals: None if there are none.
    zone: the time zone in which days are asked for; None is any.
    is_outdated: whether a run that they include was changed or removed.
    renewed: the totals that are to replace them; None before they are begun.
    """

    totals: ProgressTotals | None = None
    zone: ZoneInfo | None = None
    is_outdated: bool = False
    renewed: ProgressTotals | None = None

    @classmethod
    def of(cls, item: WireItem | None, zone: ZoneInfo | None, now: datetime) -> _StoredProgress:
        """The stored progress; nothing if it cannot be read, since it can be computed again."""
        if item is None:
            return cls(zone=zone)
        try:
            record = _CODEC.decode(item)
            totals = ProgressTotals.of(record["folded_to"], record["totals"], record["solved"], now)
            renewed = ProgressTotals.of(
                record["renewed_to"], record["renewed_totals"], record["renewed_solved"], now
            )
        except (Corrupt, KeyError, ValueError, TypeError) as failure:
            logger.warning("stored progress cannot be read and is computed again: %s", failure)
            return cls(zone=zone)
        is_usable = renewed is not None and renewed.is_current(zone)
        return cls(totals, zone, bool(record["is_outdated"]), renewed if is_usable else None)

    @property
    def needs_renewal(self) -> bool:
        """Whether all runs have to be counted again."""
        return self.is_outdated or (self.totals is not None and not self.totals.is_current(self.zone))


@dataclass
class _RunCount:
    """Totals to which runs were added: those that can be stored, and the runs that are too recent for them.

    added: runs that were added to the stored totals. complete: whether the list of runs was read to its end.
    """

    totals: ProgressTotals
    added: int = 0
    recent_runs: list[RunSummary] = field(default_factory=list)
    complete: bool = False

    def all_totals(self) -> ProgressTotals:
        """The totals of all runs that were read. Call it once, after the totals were stored."""
        for run in self.recent_runs:
            self.totals.add(run)
        return self.totals


@dataclass
class _ProgressRead:
    """A user's progress as it was read.

    item: what was stored.
    count: what callers get.
    renewal: the new count that is not complete yet, while `count` continues the stored totals.
    is_outdated: whether `count` includes a run as it was before a change.
    is_renewed: whether `count` replaces stored totals.
    """

    item: WireItem | None
    count: _RunCount
    renewal: _RunCount | None = None
    is_outdated: bool = False
    is_renewed: bool = False

    @property
    def complete(self) -> bool:
        """Whether every run is counted, as it is now."""
        return self.count.complete and not self.is_outdated

    @property
    def is_worth_storing(self) -> bool:
        """Whether storing the totals saves later readers enough, or a longer list can only be read that way."""
        added = self.count.added
        return (
            added >= WORTH_STORING
            or (added > 0 and not self.count.complete)
            or self.is_renewed
            or self.renewal is not None
        )

    def record(self, user_id: int, stamp: str) -> Record:
        """The record that is stored."""
        folded_to, totals, solved = self.count.totals.fields()
        renewed = (None, None, None) if self.renewal is None else self.renewal.totals.fields()
        return {
            "user_id": user_id, "folded_to": folded_to, "totals": totals, "solved": solved,
            "is_outdated": self.is_outdated or None,
            "renewed_to": renewed[0], "renewed_totals": renewed[1], "renewed_solved": renewed[2],
            "stamp": stamp,
        }  # fmt: skip


class ProgressRepository(BaseRepository):
    """The progress of users."""

    def get_progress(
        self, user_id: int, *, zone: ZoneInfo | None = None, consistent: bool = True
    ) -> Progress:
        """How many runs a user made and problems they solved, by platform, language and day.

        zone: the time zone of the days, by default the product's. Progress is stored for one zone: another one has
        all runs counted again, so it has to be the user's setting.

        One GetItem (1 RCU per 4 KB of totals, usually 1) and one Query (1 RCU per 4 KB, about 15 runs) of the runs
        that the totals do not include, usually fewer than 50; half of that unless `consistent`. If at least 50 of
        these are older than five minutes, they are added to the stored totals: one TransactWriteItems, 2 WCU
        per KB and 2. At most 4 Queries of 1,000 runs each, about 70 RCU. For a longer list `complete` is False,
        and the next call continues.

        All runs are counted again after one was changed or removed, and every 30 days. Until that is finished,
        which takes several calls for more than 4,000 runs, the totals from before are continued: up to 8
        Queries. `complete` is then False if a run was changed. Raises `InvalidInput`.
        """
        return self._progress(user_id, zone or environment().time_zone, consistent=consistent)

    def solved_problems(self, user_id: int) -> SolvedProblems:
        """The problems that a user solved or attempted, for marks on lists. Eventually consistent.

        Cost as `get_progress` that is not consistent. Raises `InvalidInput`.
        """
        progress = self._progress(user_id, None, consistent=False)
        return SolvedProblems(progress["solved_ids"], progress["attempted_ids"], progress["complete"])

    def _progress(self, user_id: int, zone: ZoneInfo | None, *, consistent: bool) -> Progress:
        if not consistent:
            # These totals are never stored: they may include a run that was removed, under the latest stamp.
            read = self._read_progress(user_id, zone, consistent=False, pages=1)
            if read.complete and not read.is_worth_storing:
                return read.count.all_totals().progress(complete=True)
        read = self._read_progress(user_id, zone, consistent=True, pages=PAGES)
        if read.is_worth_storing:
            self._store_totals(user_id, read)
        return read.count.all_totals().progress(complete=read.complete)

    def _read_progress(
        self, user_id: int, zone: ZoneInfo | None, *, consistent: bool, pages: int
    ) -> _ProgressRead:
        key = progress_key(check_id("user_id", user_id))
        item = self._store.get(key, entity="progress", consistent=consistent)
        now = self._now()
        stored = _StoredProgress.of(item, zone, now)

        def count(totals: ProgressTotals | None) -> _RunCount:
            if totals is None:
                former = None if stored.totals is None else stored.totals.zone
                totals = ProgressTotals.empty(now, zone or former)
            return self._count(user_id, totals, now, consistent=consistent, pages=pages)

        if not stored.needs_renewal:
            return _ProgressRead(item, count(stored.totals))
        renewal = count(stored.renewed)
        if renewal.complete or stored.totals is None:
            return _ProgressRead(item, renewal, is_renewed=stored.totals is not None)
        return _ProgressRead(item, count(stored.totals), renewal, stored.is_outdated)

    def _count(
        self, user_id: int, totals: ProgressTotals, now: datetime, *, consistent: bool, pages: int
    ) -> _RunCount:
        """Adds the runs that follow to totals. At most `pages` Queries."""
        settled_before = keys.time_text(now - SETTLED_AFTER)
        # Sorts directly after the key of the last run that the totals include.
        low = " " if totals.folded_to is None else f"{totals.folded_to} "
        count = _RunCount(totals)
        start: WireItem | None = None
        for _ in range(pages):
            page = self._store.query(
                keys.user_runs_pk(user_id), entity="user_run", sort=(low, LAST_CHARACTER), limit=PAGE_RUNS,
                start=start, consistent=consistent,
            )  # fmt: skip
            for entry in page.items:
                run = cast(RunSummary, _RUN_CODEC.decode(entry))
                sort_key = entry[SK]["S"]
                if sort_key < settled_before:
                    totals.add(run)
                    totals.folded_to = sort_key
                    count.added += 1
                else:
                    count.recent_runs.append(run)
            start = page.last_key
            if start is None:
                count.complete = True
                break
        return count

    def _store_totals(self, user_id: int, read: _ProgressRead) -> None:
        """Stores the totals, unless others were stored or they became invalid. A failure is only logged.

        Nothing is stored for an account that is closed or deleted: it would remain after the deletion.
        """
        item = read.item or {}
        stamp = item[_STAMP]["S"] if _STAMP in item else new_progress_stamp()
        parts: list[WireItem] = []
        try:
            attributes = _CODEC.encode(read.record(user_id, stamp), parts=parts)
            if parts:
                raise ItemTooLarge("the totals do not fit into their item")
            progress = with_keys(*progress_key(user_id), attributes)
            self._store.transact_write(
                [Put(progress, _is_unchanged(read.item)), active_account(user_id)], entity="progress"
            )
        except TransactionCancelled:
            return
        except DataLayerError as failure:
            logger.warning("the progress of user %d was not stored: %s", user_id, failure)


def _is_unchanged(item: WireItem | None) -> Condition:
    """The stored totals have the stamp and the last runs of those that were read."""
    if item is None:
        return absent()
    names = (_STAMP, _FOLDED_TO, _RENEWED_TO)
    return all_of(*(equals(name, item[name]) if name in item else absent(name) for name in names))
