"""Simulation of key heat: draws requests of the peak second by the load model and adds up units by partition key.

Keys and units are those of the recorded calls that the cost tables use, with each actor's ids and names. A
fixed number of requests is drawn, or a minute's if those are fewer: the greater the
service, the shorter the time that they stand for. A key that was met too seldom for a
trustworthy figure is not listed; `floor` is the greatest load among those.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from random import Random

from design.actor import DECLARED, Actor, Shape
from design.growth import Scale
from design.patterns import BY_NAME
from design.recording import recorded_calls
from design.units import RESOURCES, load

SEED = 20261121
SAMPLE = 120_000
LONGEST_SECONDS = 60.0
# In a window of less than a second, a key met fewer times than this has a figure that chance may have made.
LEAST_MEETINGS = 25

PLATFORMS = (
    "baekjoon", "programmers", "leetcode", "codeforces", "swea", "atcoder", "hackerrank", "jungol",
)  # fmt: skip
DIFFICULTIES = ("gold", "silver", "bronze", "platinum", "diamond")
WORDS = (
    "tree", "sum", "path", "number", "string", "array", "graph", "two", "maximum", "minimum", "game", "search",
    "binary", "sort", "island", "word", "color", "matrix", "prime", "bridge", "subset", "travel", "robot", "time",
    "longest", "shortest", "distance", "queue", "stack", "knapsack", "permutation", "interval", "triangle", "maze",
    "경로", "수열", "트리", "최단", "숫자", "문자열", "게임", "탐색", "정렬", "부분", "미로", "여행",
)  # fmt: skip
TAG_COUNT = 150


def zipf_rank(uniform: float, count: int, skew: float) -> int:
    """A rank from 1 to `count`, by a uniform number from 0 to 1: rank r about in proportion to r to the -skew.

    The inverse of the integral from 0.5 to count + 0.5, which slightly overstates the first rank.
    """
    if skew == 1.0:
        rank = 0.5 * (2.0 * count + 1.0) ** uniform
    else:
        power = 1.0 - skew
        low, high = 0.5**power, (count + 0.5) ** power
        rank = (low + uniform * (high - low)) ** (1.0 / power)
    return min(count, max(1, int(rank + 0.5)))


@dataclass(frozen=True)
class HotKey:
    """A partition key and what a second of the peak asks of it; `share` is of a partition's limit."""

    resource: str
    pk: str
    reads: float
    writes: float

    @property
    def share(self) -> float:
        """1.0 is all that a partition gives."""
        return load(self.reads, self.writes)


@dataclass(frozen=True)
class Heat:
    """The outcome. `seconds` is how long the peak takes to make the requests that were drawn."""

    scale: Scale
    shape: Shape
    requests_per_second: float
    drawn: int
    seconds: float
    floor: float
    hottest: tuple[HotKey, ...]

    @property
    def overloaded(self) -> tuple[HotKey, ...]:
        """The keys that are asked for more than a partition gives."""
        return tuple(key for key in self.hottest if key.share > 1.0)

    def top(self, resource: str, number: int) -> list[HotKey]:
        """The hottest keys of the table or of an index."""
        return [key for key in self.hottest if key.resource == resource][:number]


def _actor(random: Random, scale: Scale) -> Actor:
    draw = random.random
    user = zipf_rank(draw(), max(1, int(scale.active)), scale.user_skew)
    problem = zipf_rank(draw(), scale.problems, scale.problem_skew)
    platform = PLATFORMS[zipf_rank(draw(), len(PLATFORMS), 1.0) - 1]
    tags = [f"tag {zipf_rank(draw(), TAG_COUNT, 1.0)}" for _ in range(3)]
    words = [WORDS[zipf_rank(draw(), len(WORDS), 1.0) - 1] for _ in range(3)]
    return Actor(
        user, problem, random.getrandbits(53), random.getrandbits(53), f"user{user}@example.com", str(user),
        platform, str(problem), DIFFICULTIES[zipf_rank(draw(), len(DIFFICULTIES), 0.8) - 1],
        list(dict.fromkeys(tags)), list(dict.fromkeys(words)), "hint" if draw() < 0.25 else "execution",
    )  # fmt: skip


@cache
def simulate(scale: Scale, shape: Shape = DECLARED, *, sample: int = SAMPLE, seed: int = SEED) -> Heat:
    """Draws the requests of the peak and finds the hottest partition keys; the same for the same arguments."""
    random = Random(seed)  # noqa: S311 - a simulation wants a repeatable generator
    rates = scale.per_second(peak=True)
    per_second = sum(rates.values())
    drawn = min(sample, max(1, round(per_second * LONGEST_SECONDS)))
    seconds = drawn / per_second
    least = LEAST_MEETINGS if seconds < 1 else 1
    recorded = recorded_calls(shape.timeline_shards)
    names = random.choices(list(rates), weights=list(rates.values()), k=drawn)
    sums: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0, 0.0, 0])
    worst = 0.0
    for name in names:
        pattern = BY_NAME[name]
        actor = _actor(random, scale)
        if pattern.shared and shape.cached and random.random() < shape.cached:
            continue
        for touch in recorded[name].touches:
            pk = touch.key(actor)
            if pk is not None:
                entry = sums[touch.resource, pk]
                entry[0] += touch.reads
                entry[1] += touch.writes
                entry[2] += 1
    hot_keys = []
    for (resource, pk), (rcu, wcu, meetings) in sums.items():
        key = HotKey(resource, pk, rcu / seconds, wcu / seconds)
        if meetings >= least:
            hot_keys.append(key)
        else:
            worst = max(worst, key.share)
    hot_keys.sort(key=lambda key: (-key.share, key.resource, key.pk))
    return Heat(scale, shape, per_second, drawn, seconds, worst, tuple(hot_keys))


# What 1 billion users need: a memory of a few seconds for what everybody reads, and a wider timeline.
REMEDY = Shape(timeline_shards=8, cached=0.9)


def report(heat: Heat, number: int = 5) -> str:
    """The hottest keys of the table and of each index, for people."""
    lines = [
        f"{heat.scale.users:,} users: {heat.requests_per_second:,.0f} requests a second at the peak, "
        f"{heat.drawn:,} drawn ({heat.seconds:,.2f} s of it)"
    ]
    for resource in RESOURCES:
        resource_keys = heat.top(resource, number)
        if not resource_keys:
            lines.append(f"  {resource:<6}no key stands out")
        for key in resource_keys:
            lines.append(
                f"  {resource:<6}{key.pk:<32}{key.reads:>11,.1f} RCU/s{key.writes:>10,.1f} WCU/s"
                f"{key.share:>9.1%} of a partition"
            )
    if heat.floor:
        lines.append(f"  keys met fewer than {LEAST_MEETINGS} times: none above {heat.floor:.1%}")
    if heat.overloaded:
        names = ", ".join(sorted({key.pk for key in heat.overloaded}))
        lines.append(f"  OVERLOADED: {len(heat.overloaded)} keys ({names[:300]})")
    else:
        lines.append("  no partition key exceeds what a partition serves")
    return "\n".join(lines)
