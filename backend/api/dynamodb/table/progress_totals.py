"""The totals of a user's runs: adding runs in order of time, and the form in which they are stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import Any, Self
from zoneinfo import ZoneInfo

from api.dynamodb.schema.folding import folded_name
from api.dynamodb.schema.records import PlatformProgress, Progress, RunSummary, SolvedDays, is_passed
from config.environment import environment

# How many local days are counted by day.
DAYS = 370
# Totals are computed again from time to time, so that an error in them does not last.
MAX_AGE = timedelta(days=30)
# More or longer names are counted as `OTHER`, so that the totals fit into their item.
MAX_NAMES = 30
MAX_NAME_BYTES = 50
OTHER = "other"
# The days of solving are remembered for as long as reviews are offered, of the latest problems: 100 take about 1 KB.
SOLVED_DAYS = 60
MAX_SOLVED_DAYS = 100
# The latest attempted problems that are remembered in order.
MAX_LATEST = 20
_ATTEMPTED, _LATEST, _SOLVED_DAYS = "attempted", "latest", "solved_days"

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

    today: the local day. since: the day on which these totals were begun. zone: the time zone of all days.
    days: runs by the day's ordinal. latest: the latest of `attempted`, in order. solved_days: for the problems
    solved most recently, in order, the days of the first and of the last run that passed, as ordinals.
    is_former: whether they were stored by an earlier version, which did not count everything.
    """

    today: date
    since: date
    zone: ZoneInfo
    runs: int = 0
    passed_runs: int = 0
    platforms: dict[str, _NameCount] = field(default_factory=dict)
    languages: dict[str, _NameCount] = field(default_factory=dict)
    days: dict[int, int] = field(default_factory=dict)
    solved: set[int] = field(default_factory=set)
    attempted: set[int] = field(default_factory=set)
    latest: list[int] = field(default_factory=list)
    solved_days: dict[int, tuple[int, int]] = field(default_factory=dict)
    folded_to: str | None = None
    is_former: bool = False

    @classmethod
    def empty(cls, now: datetime, zone: ZoneInfo | None = None) -> ProgressTotals:
        """The totals of no runs, in the product's time zone by default."""
        zone = zone or environment().time_zone
        today = now.astimezone(zone).date()
        return cls(today, today, zone)

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
        zone = ZoneInfo(totals["zone"])
        # Totals of an earlier version do not have them, and are counted again.
        begin, *solved_days = totals.get(_SOLVED_DAYS, [0])
        return cls(
            now.astimezone(zone).date(), date.fromisoformat(totals["since"]), zone, totals["runs"],
            totals["passed"], platforms, languages, dict(enumerate(totals["days"], first)), set(solved or ()),
            set(accumulate(totals.get(_ATTEMPTED, ()))), totals.get(_LATEST, []),
            {number: (begin + day, begin + day + more) for number, day, more in solved_days},
            folded_to, _SOLVED_DAYS not in totals,
        )  # fmt: skip

    def is_current(self, zone: ZoneInfo | None) -> bool:
        """Whether the totals are complete, not too old, and of the days of that time zone; None is any."""
        age = self.today - self.since
        is_same_zone = zone is None or zone.key == self.zone.key
        return is_same_zone and not self.is_former and timedelta() <= age <= MAX_AGE

    def add(self, run: RunSummary) -> None:
        """Adds the next run, in order of time. Does not change `folded_to`."""
        self.runs += 1
        platform = _count_of(self.platforms, run["platform"])
        platform.runs += 1
        _count_of(self.languages, run["language"]).runs += 1
        day = run["created_at"].astimezone(self.zone).toordinal()
        self.days[day] = self.days.get(day, 0) + 1
        problem_id = run["problem_id"]
        if is_passed(run):
            self.passed_runs += 1
            if problem_id is not None:
                self._add_solved(problem_id, day, platform)
        elif problem_id is not None and problem_id not in self.solved:
            self.attempted.add(problem_id)
            self._forget_latest(problem_id)
            self.latest = [*self.latest, problem_id][-MAX_LATEST:]

    def _add_solved(self, problem_id: int, day: int, platform: _NameCount) -> None:
        if problem_id not in self.solved:
            self.solved.add(problem_id)
            self.attempted.discard(problem_id)
            self._forget_latest(problem_id)
            platform.solved += 1
            self.solved_days[problem_id] = day, day
            if len(self.solved_days) > MAX_SOLVED_DAYS:
                del self.solved_days[next(iter(self.solved_days))]
        elif problem_id in self.solved_days:
            self.solved_days[problem_id] = self.solved_days[problem_id][0], day

    def _forget_latest(self, problem_id: int) -> None:
        if problem_id in self.latest:
            self.latest.remove(problem_id)

    def fields(self) -> tuple[str | None, dict[str, Any] | None, set[int] | None]:
        """What is stored: `folded_to`, the totals as JSON, and the solved problems. None for the totals of no runs."""
        if self.folded_to is None:
            return None, None, None
        days = self.recent_days()
        first, last = (min(days), max(days)) if days else (self.today.toordinal(), 0)
        solved_days = self.recent_solved_days()
        begin = min((day for day, _ in solved_days.values()), default=0)
        totals = {
            "zone": self.zone.key, "since": self.since.isoformat(),
            "runs": self.runs, "passed": self.passed_runs,
            "platforms": [[count.name, count.runs, count.solved] for count in self.platforms.values()],
            "languages": [[count.name, count.runs] for count in self.languages.values()],
            "day": date.fromordinal(first).isoformat(),
            "days": [days.get(day, 0) for day in range(first, last + 1)],
            _ATTEMPTED: _differences(self.attempted), _LATEST: self.latest,
            _SOLVED_DAYS: [
                begin, *([number, day - begin, last - day] for number, (day, last) in solved_days.items())
            ],
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
            "by_day": {date.fromordinal(day): count for day, count in self.recent_days().items()},
            "latest_attempted": self.latest[::-1],
            "solved_days": {
                number: SolvedDays(date.fromordinal(day), date.fromordinal(last))
                for number, (day, last) in self.recent_solved_days().items()
            },
            "zone": self.zone.key,
            "complete": complete,
        }

    def recent_solved_days(self) -> dict[int, tuple[int, int]]:
        """`solved_days` of the problems that were solved in the last 60 days."""
        first = self.today.toordinal() - SOLVED_DAYS
        return {number: days for number, days in self.solved_days.items() if days[0] >= first}

    def recent_days(self) -> dict[int, int]:
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
