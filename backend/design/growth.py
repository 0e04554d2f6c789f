"""The load model and its arithmetic: from a number of users to items, bytes, units a second and dollars a month."""

from __future__ import annotations

from dataclasses import dataclass, field

from api.dynamodb.codec.item_size import STORAGE_OVERHEAD_BYTES
from api.dynamodb.table.catalogue import MOST_SECONDS, READ_SECONDS
from config.prices import Prices
from design.actor import DECLARED, Shape
from design.pages import size
from design.patterns import BY_NAME
from design.recording import calls_of
from design.samples import TAGS, samples
from design.typical_table import CASES_OF_A_PROBLEM
from design.units import reads, writes

SECONDS_A_DAY = 86_400
DAYS_A_MONTH = 30
NEW_PROBLEMS_A_DAY = 0.001
# A process keeps the plans in memory and reads them again every minute.
REQUESTS_OF_A_PROCESS = 50.0
PLAN_REFRESH_SECONDS = 60.0

# The lists that a process answers from its catalogue, how often it reads what changed, and the whole list again.
FROM_CATALOGUE = (
    "newest problems", "problems of a platform", "problems of a difficulty", "problems of a tag",
    "problems by a word of the title",
)  # fmt: skip
MOST_IN_CATALOGUE = 200_000
_PAGE = 50

# How often a person who is active on a day does something on that day.
PER_ACTIVE_USER: dict[str, float] = {
    "sign up": 0.01,
    "user by e-mail (sign-in)": 1.0,
    "record a Google sign-in": 0.5,
    "user by id": 3.0,
    "record a sign-in": 1.0,
    "new session": 0.5,
    "use a nonce up": 0.5,
    "count a failed sign-in": 0.05,
    "session and user of a page": 10.0,
    "exchange a token, note a use": 1.0,
    "newest problems": 4.0,
    "problems of a platform": 2.0,
    "problems of a difficulty": 1.5,
    "problems of a tag": 1.5,
    "problems by a word of the title": 2.0,
    "problem by platform and number": 2.0,
    "problem by id": 8.0,
    "sample cases": 8.0,
    "page of test cases": 15.0,  # three pages for each run
    "rate limit check": 2.0,
    "admit a use": 6.5,  # 5 executions and 1.5 hints
    "give a use back": 0.05,
    "new run, private": 4.0,
    "new run, public": 1.0,
    "publish or hide a run": 0.1,
    "delete a public run": 0.02,
    "change what no list shows (hints)": 1.5,
    "run by id, with its code": 4.0,
    "a user's runs": 3.0,
    "a user's runs of a problem": 4.0,
    "uses of a day or a range": 0.2,
    "public timeline": 2.0,
    "verdict bases of a timeline page": 2.0,
    "marks of solved problems": 9.0,  # most lists of problems
    "a user's progress": 2.0,  # home, and a user's runs
    "bookmarks, reviews and time zone": 2.5,
    "bookmarks and the note on a problem": 8.0,
    "bookmark a problem, mark a review, set the time zone": 0.5,
    "write a note": 0.2,
    "a user's progress, stored anew": 0.1,
    "a user's runs that match": 0.5,
}


@dataclass(frozen=True)
class Scale:
    """A size of the service, and how its load is spread."""

    users: int
    problems: int
    daily_active_share: float = 0.10
    peak_factor: float = 3.0
    days_of_history: int = 365
    problem_skew: float = 1.0
    user_skew: float = 0.5
    rates: dict[str, float] = field(default_factory=lambda: dict(PER_ACTIVE_USER), hash=False)

    @property
    def active(self) -> float:
        """People who are active on a day."""
        return self.users * self.daily_active_share

    def per_second(self, *, peak: bool) -> dict[str, float]:
        """Requests a second by access pattern."""
        factor = self.active / SECONDS_A_DAY * (self.peak_factor if peak else 1.0)
        rates = {name: rate * factor for name, rate in self.rates.items()}
        rates["new problem (3 tags, 3 words)"] = self.problems * NEW_PROBLEMS_A_DAY / SECONDS_A_DAY
        processes = max(1.0, sum(rates.values()) / REQUESTS_OF_A_PROCESS)
        rates["all plans"] = processes / PLAN_REFRESH_SECONDS
        if self.problems <= MOST_IN_CATALOGUE and "newest problems" in rates:
            for name in FROM_CATALOGUE:
                rates.pop(name, None)
            rates["changes of the catalogue"] = processes / READ_SECONDS
            # A load reads as much as all pages of the list.
            rates["newest problems"] = processes / MOST_SECONDS * self.problems / _PAGE
        return rates


SCALES = (Scale(10_000, 2_000), Scale(10_000_000, 50_000), Scale(1_000_000_000, 500_000))


@dataclass(frozen=True)
class Units:
    """RCU and WCU a second."""

    reads: float
    writes: float


def units_per_second(scale: Scale, *, peak: bool, shape: Shape = DECLARED) -> Units:
    """What the table and its indexes are asked for, typical sizes throughout."""
    rcu = wcu = 0.0
    for name, rate in scale.per_second(peak=peak).items():
        pattern = BY_NAME[name]
        calls = calls_of(name, shape.timeline_shards)
        rcu += rate * reads(calls) * ((1 - shape.cached) if pattern.shared else 1.0)
        wcu += rate * writes(calls)
    return Units(rcu, wcu)


@dataclass(frozen=True)
class Stock:
    """Items of one kind of thing and their bytes, overhead of 100 bytes for each and index images included."""

    name: str
    items: float
    bytes: float


def _stock(name: str, number: float, sizes: dict[str, float]) -> Stock:
    """`sizes` has, by entity or index image, how many of it one thing has."""
    each = sum(count * (size(item) + STORAGE_OVERHEAD_BYTES) for item, count in sizes.items())
    items = sum(count for item, count in sizes.items() if not item.endswith("_image"))
    return Stock(name, number * items, number * each)


def stocks(scale: Scale) -> list[Stock]:
    """What the table holds after `days_of_history` days at that size."""
    daily, days = scale.active, float(scale.days_of_history)
    public = scale.rates["new run, public"]
    runs = scale.rates["new run, private"] + public
    usage_days = min(90.0, days)
    words = len(samples().sets["problem"].entries) - 3 - len(TAGS)
    listed = 3.0 + len(TAGS)
    return [
        _stock("users", float(scale.users), {
            "user": 1, "email_guard": 1, "google_guard": 1, "user_entry": 1, "user_image": 1,
        }),
        _stock("problems", float(scale.problems), {
            "problem": 1, "number_guard": 1, "problem_entry": listed, "word_entry": float(words),
            "test_case": float(CASES_OF_A_PROBLEM),
        }),
        _stock("runs", daily * runs * days, {
            "run": 1, "user_run": 1, "user_problem_run": 1, "run_image": public / runs,
        }),
        # Two ledgers a day for who both runs code and asks for hints; three uses in each are typical.
        _stock("usage, 90 days", daily * usage_days, {"usage_day": 2}),
        _stock("sessions, 30 days", daily * scale.rates.get("new session", 0.0) * min(30.0, days), {"session": 1}),
    ]  # fmt: skip


@dataclass(frozen=True)
class Bill:
    """US dollars a month of 30 days."""

    reads: float
    writes: float
    storage: float

    @property
    def total(self) -> float:
        """All of it."""
        return self.reads + self.writes + self.storage


def bill(scale: Scale, prices: Prices, shape: Shape = DECLARED) -> Bill:
    """What a month costs on demand, at the average load and the stock after `days_of_history` days."""
    average = units_per_second(scale, peak=False, shape=shape)
    seconds = DAYS_A_MONTH * SECONDS_A_DAY
    stored_bytes = sum(stock.bytes for stock in stocks(scale))
    return Bill(
        average.reads * seconds * prices.per_million_rru / 1e6,
        average.writes * seconds * prices.per_million_wru / 1e6,
        stored_bytes / 1e9 * prices.per_gb_month,
    )


def cost_of(rcu: float, wcu: float, operations: float, prices: Prices) -> float:
    """US dollars of a number of operations that take so many units each."""
    return operations * (rcu * prices.per_million_rru + wcu * prices.per_million_wru) / 1e6
