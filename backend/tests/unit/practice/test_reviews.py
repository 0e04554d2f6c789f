"""When reviews are due: 1, 3, 7 and 21 days after solving."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from api.dynamodb.schema.records import SolvedDays
from api.practice.reviews import Review, next_review, next_reviews

SOLVED = date(2026, 11, 1)


def after(days: int) -> date:
    return SOLVED + timedelta(days)


@pytest.mark.parametrize(
    ("last", "number", "due"),
    [(0, 1, 1), (1, 2, 3), (2, 2, 3), (3, 3, 7), (6, 3, 7), (10, 4, 21), (20, 4, 21)],
)
def test_the_next_review_is_the_first_one_after_the_last_look(last: int, number: int, due: int) -> None:
    review = Review(7, number, after(due))
    assert next_review(7, SolvedDays(SOLVED, after(last)), None) == review
    assert next_review(7, SolvedDays(SOLVED, SOLVED), after(last)) == review


def test_none_is_left_after_three_weeks() -> None:
    assert next_review(7, SolvedDays(SOLVED, after(21)), None) is None
    assert next_review(7, SolvedDays(SOLVED, after(3)), after(30)) is None


def test_the_later_of_solving_again_and_marking_counts() -> None:
    assert next_review(7, SolvedDays(SOLVED, after(7)), after(1)) == Review(7, 4, after(21))


def test_reviews_come_in_order_of_their_days() -> None:
    solved = {
        7: SolvedDays(SOLVED, after(3)),
        8: SolvedDays(after(1), after(1)),
        9: SolvedDays(SOLVED, after(21)),
    }
    assert next_reviews(solved, {}) == [Review(8, 1, after(2)), Review(7, 3, after(7))]
