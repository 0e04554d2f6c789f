"""A user's home: what to do today, and how far they are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta
from typing import NamedTuple

from api.composition import repositories
from api.dynamodb.clock import utc_now
from api.dynamodb.schema.records import Practice, ProblemSummary, Progress
from api.practice.daily_problem import DailyProblem, daily_problem
from api.practice.reviews import Review, next_reviews
from api.practice.time_zones import zone_of
from api.practice.topics import TopicProgress, topic_progress
from api.problems.models import tags_of
from api.problems.search.process import search_snapshot

MOST_TO_CONTINUE = 5
MOST_REVIEWS = 10
MOST_BOOKMARKS = 10
# Without the list in memory, this many problems are read by themselves: they are large items.
_MOST_READ = 2


class DueReview(NamedTuple):
    """A review that is due, with its problem."""

    review: Review
    problem: ProblemSummary


class Home(NamedTuple):
    """A user's home. All days are of the user's time zone, `zone`.

    streak: days in a row with a run, up to today, or to yesterday while today has none yet.
    to_continue: the problems that the user attempted last and did not solve. daily, topics: None without the list of
    problems in memory, where the lists are short too. due: the first ten of `due_count`. next_due: the day of the
    next review that is not due yet. bookmarks: the latest ten of `bookmark_count`.
    """

    today: date
    zone: str
    practice: Practice
    progress: Progress
    streak: int
    to_continue: list[ProblemSummary]
    daily: DailyProblem | None
    due: list[DueReview]
    due_count: int
    next_due: date | None
    bookmarks: list[ProblemSummary]
    bookmark_count: int
    topics: TopicProgress | None
    has_list: bool


def home_of(user_id: int) -> Home:
    """A user's home. Eventually consistent.

    Two GetItems and one Query: 1 RCU, and 0.5 RCU per 4 KB of the runs since progress was stored, usually fewer than
    50. Without the list of problems in memory up to two GetItems more. Rarely more, as `get_progress`.
    """
    stores = repositories()
    practice = stores.practice.get_practice(user_id)
    zone = zone_of(practice)
    progress = stores.progress.get_progress(user_id, zone=zone, consistent=False)
    today = utc_now().astimezone(zone).date()
    reviews = next_reviews(progress["solved_days"], practice.reviewed)
    due = [review for review in reviews if review.due <= today]
    attempted = progress["latest_attempted"][:MOST_TO_CONTINUE]
    bookmarks = practice.bookmarks[:MOST_BOOKMARKS]
    snapshot = search_snapshot()
    shown_ids = dict.fromkeys([*(review.problem_id for review in due), *attempted, *bookmarks])
    problems = _read(shown_ids) if snapshot is None else snapshot.summaries(shown_ids.keys())
    if snapshot is not None:  # of problems that are not listed any more nothing is due
        due = [review for review in due if review.problem_id in problems]
    return Home(
        today, zone.key, practice, progress, streak(progress["by_day"], today),
        [problems[number] for number in attempted if number in problems],
        None if snapshot is None else daily_problem(snapshot, user_id, today, progress),
        [
            DueReview(review, problems[review.problem_id])
            for review in due[:MOST_REVIEWS]
            if review.problem_id in problems
        ],
        len(due),
        next((review.due for review in reviews if review.due > today), None),
        [problems[number] for number in bookmarks if number in problems],
        len(practice.bookmarks),
        None if snapshot is None else topic_progress(snapshot, progress),
        snapshot is not None,
    )  # fmt: skip


def streak(days: Collection[date], today: date) -> int:
    """The number of days in a row with a run, up to today, or to yesterday while today has none."""
    day = today if today in days else today - timedelta(days=1)
    count = 0
    while day in days:
        day -= timedelta(days=1)
        count += 1
    return count


def _read(problem_ids: Iterable[int]) -> Mapping[int, ProblemSummary]:
    """The first few problems, from the table."""
    problems: dict[int, ProblemSummary] = {}
    for number in list(problem_ids)[:_MOST_READ]:
        problem = repositories().problems.get_problem(number)
        if problem is not None and problem["is_completed"]:
            problems[number] = {
                "problem_id": number, "platform": problem["platform"], "title": problem["title"],
                "problem_number": problem["problem_number"], "difficulty": problem["difficulty"],
                "tags": tags_of(problem), "created_at": problem["created_at"],
            }  # fmt: skip
    return problems
