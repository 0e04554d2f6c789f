"""The demonstration's users and problems and when each was created; rows of several tables refer to them."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import accumulate, islice
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

from legacy.demo.catalogue import Listing, listings
from legacy.demo.size import DemoSize

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC).replace(tzinfo=None)  # naive, for texts without an offset
_DAY_US = 86_400_000_000
_GROWTH = 0.6  # below 1: more happens in the later part of the three years
HISTORY_DAYS = 3 * 365
PLANS = 4


class DemoProblem(NamedTuple):
    """The part of a problem that test cases, history and usage logs refer to."""

    id: int
    listing: Listing
    first_case: int
    cases: int
    created_us: int


def stream(seed: int, name: str) -> Random:
    """A random number generator for one purpose, so that a change to one table leaves the other tables alone."""
    return Random(f"{seed}:{name}")


def text_of(microseconds: int) -> str:
    """A time since 1970 in UTC, as Django writes it into SQLite and MySQL reads it."""
    return (_EPOCH + timedelta(microseconds=microseconds)).isoformat(" ", "microseconds")


def microseconds_of(moment: datetime) -> int:
    """Microseconds since 1970; raises `ValueError` for a time without a zone."""
    if moment.tzinfo is None:
        raise ValueError("as_of has no time zone: give it as UTC")
    return (moment.astimezone(UTC).replace(tzinfo=None) - _EPOCH) // timedelta(microseconds=1)


class Population:
    """The users and problems of one demonstration, in memory: tens of bytes each."""

    days = HISTORY_DAYS
    skew = 1.15

    def __init__(self, size: DemoSize, seed: int, as_of: datetime) -> None:
        self.size = size
        self.end_us = microseconds_of(as_of)
        self.start_us = self.end_us - self.days * _DAY_US
        midnight = as_of.astimezone(ZoneInfo("Asia/Seoul")).replace(hour=0, minute=0, second=0, microsecond=0)
        self.today_us = min(microseconds_of(midnight), self.end_us)
        rng = stream(seed, "world")  # renaming the stream would change every row
        self.user_created = self._spread(rng, size.users)
        ranks = list(range(size.users))
        rng.shuffle(ranks)
        first = ranks.index(0)  # the busiest user signed up almost at the start
        ranks[first], ranks[3 % size.users] = ranks[3 % size.users], 0
        # Zipf: a few users run code thousands of times, most a few times.
        self._user_weight = list(accumulate(1 / (rank + 1) ** self.skew for rank in ranks))
        self.problems = self._problems(rng, size.problems)
        self._problem_created = [problem.created_us for problem in self.problems]

    def _spread(self, rng: Random, count: int) -> list[int]:
        """Times in ascending order, as ids are; the first is at the very start."""
        return [self.moment(index, count, rng) if index else self.start_us for index in range(count)]

    def _problems(self, rng: Random, count: int) -> list[DemoProblem]:
        created = self._spread(rng, count)
        problems = []
        first = 1
        for index, listing in enumerate(islice(listings(rng), count)):
            cases = min(rng.randint(3, 22), rng.randint(3, 40)) if rng.random() < 0.9 else rng.randint(22, 40)
            problems.append(DemoProblem(index + 1, listing, first, cases, created[index]))
            first += cases
        return problems

    def moment(self, index: int, count: int, rng: Random) -> int:
        """The creation time of row `index` of `count`: ascending over the three years, denser towards the end."""
        share = ((index + rng.random()) / count) ** _GROWTH
        return self.start_us + int(share * (self.end_us - self.start_us))

    def row_at(self, moment: int, count: int) -> int:
        """The 1-based id of a row, of `count`, that was created at about `moment`; the inverse of `moment()`."""
        share = (moment - self.start_us) / (self.end_us - self.start_us)
        return max(1, min(count, int(count * max(share, 0.0) ** (1 / _GROWTH))))

    def user_at(self, moment: int, rng: Random) -> int:
        """The id of a user who had signed up by then; busy users come up more often."""
        user = bisect_right(self._user_weight, rng.random() * self._user_weight[-1])
        existing = max(1, bisect_right(self.user_created, moment))
        return min(user, len(self.user_created) - 1) % existing + 1

    def problem_at(self, moment: int, rng: Random) -> DemoProblem:
        """A problem that existed by then; older ones come up more often."""
        existing = max(1, bisect_right(self._problem_created, moment))
        return self.problems[int(existing * rng.random() ** 1.7)]


@lru_cache(maxsize=2)
def shared_population(size: DemoSize, seed: int, as_of: datetime) -> Population:
    """The population for these parameters; cached because five tables need the same one."""
    return Population(size, seed, as_of)
