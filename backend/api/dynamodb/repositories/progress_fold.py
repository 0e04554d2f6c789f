"""A user's runs added up one by one, oldest first: the sums, how they are stored, and when they no longer hold.

The sums are a cache of the user's list of runs. What is stored of them ends at a run (`folded_to`), and
whoever reads them adds the runs that follow. They hold as long as no run before that one comes, goes or
changes; the transaction that does so sets a new random `stamp` and removes the sums. A reader who added
up before it cannot store its sums afterwards, because the stamp is not the one that it read.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from api.dynamodb import keys
from api.dynamodb.codec import Record
from api.dynamodb.expressions import Changes
from api.dynamodb.keys import normal_name
from api.dynamodb.repositories.records import PlatformProgress, Progress, RunSummary, is_passed
from api.dynamodb.store import Key, Update
from api.dynamodb.windows import local_day
from config.environment import environment

# A run is stored a little later than the moment that it bears. Only runs older than `SETTLED` are stored
# as sums: one that comes late would be missed if its place had been passed. A run that is stored later
# than `PROMPT` after its moment makes the sums invalid; the time between is for clocks that differ.
SETTLED = timedelta(minutes=5)
PROMPT = timedelta(minutes=2)
DAYS = 370
# Sums are made anew from time to time, so that whatever may be wrong with them does not last.
GOOD_FOR = timedelta(days=30)
# Names beyond these bounds are counted as `OTHER`, so that the totals stay within their item.
MAX_NAMES = 30
MAX_NAME_BYTES = 50
OTHER = "other"


def progress_key(user_id: int) -> Key:
    """Where a user's sums are."""
    return keys.progress_pk(user_id), keys.META


def new_stamp() -> str:
    """A stamp that nobody has had."""
    return secrets.token_hex(8)


def invalidated(user_id: int) -> Update:
    """The write that makes a user's sums invalid, those that somebody is about to store as well."""
    user = {"N": str(user_id)}
    return Update(
        progress_key(user_id),
        Changes(set={"uid": user, "stp": {"S": new_stamp()}}, remove=("upt", "sum", "slv")),
    )


@dataclass
class _Named:
    """What is counted under one name."""

    name: str
    runs: int = 0
    solved: int = 0


@dataclass
class Fold:
    """The sums of all runs up to `folded_to`, made from `since` on; `today` is the local day.

    `days` has runs by the day's ordinal.
    """

    today: date
    since: date
    runs: int = 0
    passed_runs: int = 0
    platforms: dict[str, _Named] = field(default_factory=dict)
    languages: dict[str, _Named] = field(default_factory=dict)
    days: dict[int, int] = field(default_factory=dict)
    solved: set[int] = field(default_factory=set)
    folded_to: str | None = None

    @classmethod
    def of(cls, record: Mapping[str, Any] | None, now: datetime) -> Fold:
        """The sums of a stored record, or none: also where those are too old or of another time zone.

        Raises KeyError, ValueError or TypeError for totals that are not as `record` makes them.
        """
        today = local_day(now)
        empty = cls(today, today)
        if record is None or record["folded_to"] is None or record["totals"] is None:
            return empty
        totals = record["totals"]
        since = date.fromisoformat(totals["since"])
        if totals["zone"] != str(environment().time_zone) or not timedelta() <= today - since <= GOOD_FOR:
            return empty
        platforms = {_key_of(name): _Named(name, runs, solved) for name, runs, solved in totals["platforms"]}
        languages = {_key_of(name): _Named(name, runs) for name, runs in totals["languages"]}
        first = date.fromisoformat(totals["day"]).toordinal()
        days = dict(enumerate(totals["days"], first))
        return cls(
            today, since, totals["runs"], totals["passed"], platforms, languages, days,
            set(record["solved"] or ()), record["folded_to"],
        )  # fmt: skip

    def add(self, run: RunSummary) -> None:
        """Adds the run that follows those that are in it; `folded_to` is for the caller to move on."""
        self.runs += 1
        platform = _named(self.platforms, run["platform"])
        platform.runs += 1
        _named(self.languages, run["language"]).runs += 1
        day = local_day(run["created_at"]).toordinal()
        self.days[day] = self.days.get(day, 0) + 1
        if is_passed(run):
            self.passed_runs += 1
            problem_id = run["problem_id"]
            if problem_id is not None and problem_id not in self.solved:
                self.solved.add(problem_id)
                platform.solved += 1

    def record(self, user_id: int, stamp: str) -> Record:
        """What is stored of it."""
        days = self._recent()
        first, last = (min(days), max(days)) if days else (self.today.toordinal(), 0)
        totals = {
            "zone": str(environment().time_zone), "since": self.since.isoformat(),
            "runs": self.runs, "passed": self.passed_runs,
            "platforms": [[named.name, named.runs, named.solved] for named in self.platforms.values()],
            "languages": [[named.name, named.runs] for named in self.languages.values()],
            "day": date.fromordinal(first).isoformat(),
            "days": [days.get(day, 0) for day in range(first, last + 1)],
        }  # fmt: skip
        return {
            "user_id": user_id, "folded_to": self.folded_to, "totals": totals, "solved": self.solved,
            "stamp": stamp,
        }  # fmt: skip

    def progress(self, *, complete: bool) -> Progress:
        """What people are told of it."""
        return {
            "runs": self.runs,
            "passed_runs": self.passed_runs,
            "solved": len(self.solved),
            "solved_ids": frozenset(self.solved),
            "by_platform": {
                one.name: PlatformProgress(runs=one.runs, solved=one.solved)
                for one in self.platforms.values()
            },
            "by_language": {one.name: one.runs for one in self.languages.values()},
            "by_day": {date.fromordinal(day): count for day, count in self._recent().items()},
            "complete": complete,
        }

    def _recent(self) -> dict[int, int]:
        """The days that are counted, those without runs left out."""
        last = self.today.toordinal()
        return {day: count for day, count in self.days.items() if count and last - DAYS < day <= last}


# The few names of platforms and languages come again and again.
_key_of = lru_cache(maxsize=256)(normal_name)


def _named(names: dict[str, _Named], name: str) -> _Named:
    """What is counted under a name, letter case aside; the name's latest spelling stays."""
    key = _key_of(name)
    if key not in names and (len(names) >= MAX_NAMES or len(name.encode()) > MAX_NAME_BYTES):
        key = name = OTHER
    found = names.setdefault(key, _Named(name))
    found.name = name
    return found
