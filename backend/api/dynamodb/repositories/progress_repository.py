"""Progress: the totals of a user's runs, from stored totals and the runs that came after them.

Stored totals are a cache that can always be computed again from the list of runs. They end at one run
(`folded_to`); readers add the runs that follow. `table.run_aggregate` says when they become invalid.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import Any, Self, cast

from api.dynamodb.codec.codec import Record
from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.codec.items import CODECS, with_keys
from api.dynamodb.errors import Corrupt, DataLayerError, ItemTooLarge, TransactionCancelled
from api.dynamodb.schema import keys
from api.dynamodb.schema.entities import PROGRESS, SK, USER
from api.dynamodb.schema.folding import folded_name
from api.dynamodb.schema.records import PlatformProgress, Progress, RunSummary, SolvedProblems, is_passed
from api.dynamodb.table.argument_checks import check_id
from api.dynamodb.table.base_repository import BaseRepository
from api.dynamodb.table.expressions import Condition, absent, all_of, equals
from api.dynamodb.table.merged_pages import LAST_CHARACTER
from api.dynamodb.table.run_aggregate import SETTLED_AFTER, new_progress_stamp, progress_key
from api.dynamodb.table.user_aggregate import user_key
from api.dynamodb.table.write_actions import ConditionCheck, Put
from api.dynamodb.usage_limits.windows import local_day
from config.environment import environment

logger = logging.getLogger(__name__)

_CODEC, _RUN_CODEC = CODECS["progress"], CODECS["user_run"]
_STAMP, _FOLDED_TO, _RENEWED_TO = (PROGRESS.short(name) for name in ("stamp", "folded_to", "renewed_to"))
_IS_ACTIVE = USER.field("is_active").short
# Totals are stored again when this many runs can be added to them.
WORTH_STORING = 50
# One call makes at most this many Queries, of this many runs each: 270 KB per Query.
PAGES = 4
PAGE_RUNS = 1000
# How many local days are counted by day.
DAYS = 370
# Totals are computed again from time to time, so that an error in them does not last.
MAX_AGE = timedelta(days=30)
# More or longer names are counted as `OTHER`, so that the totals fit into their item.
MAX_NAMES = 30
MAX_NAME_BYTES = 50
OTHER = "other"
_ATTEMPTED = "attempted"

_normal_name = lru_cache(maxsize=256)(folded_name)


@dataclass
class _NameCount:
    """The runs and solved problems under one name."""

    name: str
    runs: int = 0
    solved: int = 0


@dataclass
class ProgressTotals:
    """The totals of all runs up to `folded_to`, a sort key in the user's list of runs.

    today: the local day. since: the day on which these totals were begun. days: runs by the day's ordinal.
    zone: the time zone of the days.
    """

    today: date
    since: date
    runs: int = 0
    passed_runs: int = 0
    platforms: dict[str, _NameCount] = field(default_factory=dict)
    languages: dict[str, _NameCount] = field(default_factory=dict)
    days: dict[int, int] = field(default_factory=dict)
    solved: set[int] = field(default_factory=set)
    attempted: set[int] = field(default_factory=set)
    folded_to: str | None = None
    zone: str = field(default_factory=lambda: str(environment().time_zone))

    @classmethod
    def empty(cls, now: datetime) -> ProgressTotals:
        """The totals of no runs."""
        today = local_day(now)
        return cls(today, today)

    @classmethod
    def of(
        cls, folded_to: str | None, totals: Any, solved: Iterable[int] | None, now: datetime
    ) -> Self | None:
        """The totals of stored fields, None if there are none.

        Raises KeyError, ValueError or TypeError for totals that are not as `fields` makes them.
        """
        if folded_to is None or totals is None:
            return None
        platforms = {
            _normal_name(name): _NameCount(name, runs, solved) for name, runs, solved in totals["platforms"]
        }
        languages = {_normal_name(name): _NameCount(name, runs) for name, runs in totals["languages"]}
        first = date.fromisoformat(totals["day"]).toordinal()
        # Totals of an earlier version do not have them, and are counted again.
        attempted = accumulate(totals.get(_ATTEMPTED, ()))
        zone = totals["zone"] if _ATTEMPTED in totals else ""
        return cls(
            local_day(now), date.fromisoformat(totals["since"]), totals["runs"], totals["passed"],
            platforms, languages, dict(enumerate(totals["days"], first)), set(solved or ()), set(attempted),
            folded_to, zone,
        )  # fmt: skip

    @property
    def is_current(self) -> bool:
        """Whether the totals are of the local days of this time zone, and not too old."""
        age = self.today - self.since
        return self.zone == str(environment().time_zone) and timedelta() <= age <= MAX_AGE

    def add(self, run: RunSummary) -> None:
        """Adds the next run, in order of time. Does not change `folded_to`."""
        self.runs += 1
        platform = _count_of(self.platforms, run["platform"])
        platform.runs += 1
        _count_of(self.languages, run["language"]).runs += 1
        day = local_day(run["created_at"]).toordinal()
        self.days[day] = self.days.get(day, 0) + 1
        if is_passed(run):
            self.passed_runs += 1
            problem_id = run["problem_id"]
            if problem_id is not None and problem_id not in self.solved:
                self.solved.add(problem_id)
                self.attempted.discard(problem_id)
                platform.solved += 1
        elif run["problem_id"] is not None and run["problem_id"] not in self.solved:
            self.attempted.add(run["problem_id"])

    def fields(self) -> tuple[str | None, dict[str, Any] | None, set[int] | None]:
        """What is stored: `folded_to`, the totals as JSON, and the solved problems. None for the totals of no runs."""
        if self.folded_to is None:
            return None, None, None
        days = self._recent_days()
        first, last = (min(days), max(days)) if days else (self.today.toordinal(), 0)
        totals = {
            "zone": self.zone, "since": self.since.isoformat(),
            "runs": self.runs, "passed": self.passed_runs,
            "platforms": [[count.name, count.runs, count.solved] for count in self.platforms.values()],
            "languages": [[count.name, count.runs] for count in self.languages.values()],
            "day": date.fromordinal(first).isoformat(),
            "days": [days.get(day, 0) for day in range(first, last + 1)],
            _ATTEMPTED: _differences(self.attempted),
        }  # fmt: skip
        return self.folded_to, totals, self.solved

    def progress(self, *, complete: bool) -> Progress:
        """The progress that callers get."""
        return {
            "runs": self.runs,
            "passed_runs": self.passed_runs,
            "solved": len(self.solved),
            "solved_ids": frozenset(self.solved),
            "attempted_ids": frozenset(self.attempted),
            "by_platform": {
                count.name: PlatformProgress(runs=count.runs, solved=count.solved)
                for count in self.platforms.values()
            },
            "by_language": {count.name: count.runs for count in self.languages.values()},
            "by_day": {date.fromordinal(day): count for day, count in self._recent_days().items()},
            "complete": complete,
        }

    def _recent_days(self) -> dict[int, int]:
        """The runs of the last `DAYS` days, without days that have none."""
        last = self.today.toordinal()
        return {day: count for day, count in self.days.items() if count and last - DAYS < day <= last}


def _differences(ids: Iterable[int]) -> list[int]:
    """Ids in order, each as the difference from the one before it; their sums give them back."""
    ordered = sorted(ids)
    return [after - before for before, after in zip([0, *ordered], ordered, strict=False)]


def _count_of(counts: dict[str, _NameCount], name: str) -> _NameCount:
    """The count of a name, whose letter case does not matter; it is shown in its latest spelling."""
    key = _normal_name(name)
    if key not in counts and (len(counts) >= MAX_NAMES or len(name.encode()) > MAX_NAME_BYTES):
        key = name = OTHER
    count = counts.setdefault(key, _NameCount(name))
    count.name = name
    return count


@dataclass
class _StoredProgress:
    """What is stored for a user.

    totals: None if there are none.
    is_outdated: whether a run that they include was changed or removed.
    renewed: the totals that are to replace them; None before they are begun.
    """

    totals: ProgressTotals | None = None
    is_outdated: bool = False
    renewed: ProgressTotals | None = None

    @classmethod
    def of(cls, item: WireItem | None, now: datetime) -> _StoredProgress:
        """The stored progress; nothing if it cannot be read, since it can be computed again."""
        if item is None:
            return cls()
        try:
            record = _CODEC.decode(item)
            totals = ProgressTotals.of(record["folded_to"], record["totals"], record["solved"], now)
            renewed = ProgressTotals.of(
                record["renewed_to"], record["renewed_totals"], record["renewed_solved"], now
            )
        except (Corrupt, KeyError, ValueError, TypeError) as failure:
            logger.warning("stored progress cannot be read and is computed again: %s", failure)
            return cls()
        is_usable = renewed is not None and renewed.is_current
        return cls(totals, bool(record["is_outdated"]), renewed if is_usable else None)

    @property
    def needs_renewal(self) -> bool:
        """Whether all runs have to be counted again."""
        return self.is_outdated or (self.totals is not None and not self.totals.is_current)


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

    def get_progress(self, user_id: int) -> Progress:
        """How many runs a user made and problems they solved, by platform, language and day.

        Strongly consistent. One GetItem (1 RCU per 4 KB of totals, usually 1) and one Query (1 RCU per 4 KB,
        about 15 runs) of the runs that the totals do not include, usually fewer than 50. If at least 50 of
        these are older than five minutes, they are added to the stored totals: one TransactWriteItems, 2 WCU
        per KB and 2. At most 4 Queries of 1,000 runs each, about 70 RCU. For a longer list `complete` is False,
        and the next call continues.

        All runs are counted again after one was changed or removed, and every 30 days. Until that is finished,
        which takes several calls for more than 4,000 runs, the totals from before are continued: up to 8
        Queries. `complete` is then False if a run was changed. Raises `InvalidInput`.
        """
        read = self._read_progress(user_id, consistent=True, pages=PAGES)
        if read.is_worth_storing:
            self._store_totals(user_id, read)
        return read.count.all_totals().progress(complete=read.complete)

    def solved_problems(self, user_id: int) -> SolvedProblems:
        """The problems that a user solved or attempted, for marks on lists. Eventually consistent.

        One GetItem and one Query: half the cost of `get_progress`, which is called instead if new totals should
        be stored. Raises `InvalidInput`.
        """
        # These totals are never stored: they may include a run that was removed, under the latest stamp.
        read = self._read_progress(user_id, consistent=False, pages=1)
        if read.is_worth_storing or not read.complete:
            progress = self.get_progress(user_id)
            return SolvedProblems(progress["solved_ids"], progress["attempted_ids"], progress["complete"])
        totals = read.count.all_totals()
        return SolvedProblems(frozenset(totals.solved), frozenset(totals.attempted), complete=True)

    def _read_progress(self, user_id: int, *, consistent: bool, pages: int) -> _ProgressRead:
        key = progress_key(check_id("user_id", user_id))
        item = self._store.get(key, entity="progress", consistent=consistent)
        now = self._now()
        stored = _StoredProgress.of(item, now)

        def count(totals: ProgressTotals | None) -> _RunCount:
            return self._count(
                user_id, totals or ProgressTotals.empty(now), now, consistent=consistent, pages=pages
            )

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
            account_is_active = ConditionCheck(user_key(user_id), equals(_IS_ACTIVE, {"BOOL": True}))
            self._store.transact_write(
                [Put(progress, _is_unchanged(read.item)), account_is_active], entity="progress"
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
