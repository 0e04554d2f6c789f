"""The problem of the day: the same for a user all day, near the level of what they solved last, and not solved before.

It is chosen from the list in memory. Each candidate has a number made of user, day and problem, and the lowest one
wins, so that a candidate that comes or goes changes the choice only if it is the one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import date
from hashlib import blake2b
from statistics import median_low
from typing import NamedTuple

from api.dynamodb.schema.records import ProblemSummary, Progress
from api.problems.platforms import PLATFORMS, step_of
from api.problems.search.engine import SearchSnapshot

# The level is that of the problems solved last.
_RECENT = 20
# Visitors, and users who solved nothing yet, get one of the easiest.
_EASIEST = 50
# The platform of the problems that were written for this site.
_ORIGINAL = "algoitny"


class DailyProblem(NamedTuple):
    """The problem of a user's day; `is_solved` if it was solved on this day."""

    problem: ProblemSummary
    is_solved: bool


class Level(NamedTuple):
    """A step on a platform's scale of difficulties, 0 for the easiest."""

    platform: str
    step: int


def daily_problem(
    snapshot: SearchSnapshot, user_id: int, day: date, progress: Progress
) -> DailyProblem | None:
    """The problem of a user's day; None if they solved everything. No call."""
    today = {number for number, days in progress["solved_days"].items() if days.first == day}
    before = progress["solved_ids"] - today
    recent = [number for number in progress["solved_days"] if number not in today][-_RECENT:]
    level = level_of(snapshot.summaries(frozenset(recent)).values())
    for candidates in _candidates(snapshot, level):
        chosen = _chosen(f"{user_id}|{day.isoformat()}", (n for n in candidates if n not in before))
        if chosen is not None:
            return DailyProblem(snapshot.summaries({chosen})[chosen], chosen in today)
    return None


def problem_to_try(snapshot: SearchSnapshot, day: date) -> ProblemSummary | None:
    """One of the easiest problems, for visitors: another one each day. None if there are no problems. No call.

    An original problem where there is one: its statement is here.
    """
    original = snapshot.of_difficulties(_ORIGINAL, PLATFORMS[_ORIGINAL].difficulties[:1])
    chosen = _chosen(day.isoformat(), original or snapshot.easiest(_EASIEST))
    return None if chosen is None else snapshot.summaries({chosen})[chosen]


def level_of(problems: Iterable[ProblemSummary]) -> Level | None:
    """The middle difficulty of problems on the platform that most of them are of; None if none is on a scale."""
    steps: dict[str, list[int]] = {}
    for problem in problems:
        platform = problem["platform"].casefold()
        step = step_of(platform, problem["difficulty"] or "")
        if step is not None:
            steps.setdefault(platform, []).append(step)
    if not steps:
        return None
    platform = max(steps, key=lambda name: (len(steps[name]), name))
    return Level(platform, median_low(steps[platform]))


def _candidates(snapshot: SearchSnapshot, level: Level | None) -> Iterator[Collection[int]]:
    """Ids of problems near a level, of its step and the next one; then of those around them; then any."""
    if level is not None:
        difficulties = PLATFORMS[level.platform].difficulties
        for distance in range(len(difficulties)):
            near = difficulties[max(0, level.step - distance) : level.step + distance + 2]
            yield snapshot.of_difficulties(level.platform, near)
    yield snapshot.easiest(_EASIEST)
    yield snapshot.easiest(None)


def _chosen(day_key: str, problem_ids: Iterable[int]) -> int | None:
    def number(problem_id: int) -> tuple[bytes, int]:
        return blake2b(f"{day_key}|{problem_id}".encode(), digest_size=8).digest(), problem_id

    return min(problem_ids, key=number, default=None)
