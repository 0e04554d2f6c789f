"""Reviews of solved problems: when each is due, from the days on which a problem was solved or marked as reviewed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import NamedTuple

from api.dynamodb.schema.records import SolvedDays

# Days after solving. Whoever reviews late has done with the ones before.
REVIEW_DAYS = (1, 3, 7, 21)


class Review(NamedTuple):
    """The next review of a problem; `number` is 1 for the first one."""

    problem_id: int
    number: int
    due: date


def next_review(problem_id: int, solved: SolvedDays, reviewed: date | None) -> Review | None:
    """The next review of a problem, None after the last one. `reviewed`: the day that the user marked last."""
    last = solved.last if reviewed is None else max(solved.last, reviewed)
    for number, days in enumerate(REVIEW_DAYS, 1):
        due = solved.first + timedelta(days=days)
        if due > last:
            return Review(problem_id, number, due)
    return None


def next_reviews(solved: Mapping[int, SolvedDays], reviewed: Mapping[int, date]) -> list[Review]:
    """The next review of each problem that has one, the earliest first."""
    reviews = (next_review(number, days, reviewed.get(number)) for number, days in solved.items())
    return sorted(filter(None, reviews), key=lambda review: (review.due, review.problem_id))
