"""What clients are told of a user's practice, and what they may send."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field

from api.dynamodb.repositories.practice_repository import MAX_BOOKMARKS, MAX_NOTE
from api.dynamodb.schema.records import Practice, ProblemNote
from api.http.paging import Next
from api.http.request_bodies import RequestBody
from api.http.text_rules import NO_NUL, TEXT
from api.practice.home import Home
from api.practice.time_zones import zone_of
from api.problems.models import ProblemSummaryOut


class DailyProblemOut(BaseModel):
    """The problem of my day, and whether I have solved it today."""

    problem: ProblemSummaryOut
    is_solved: bool


class ReviewOut(BaseModel):
    """A review that is due; `number` is 1 for the one a day after solving, up to 4."""

    problem: ProblemSummaryOut
    number: int
    due: date


class TagProgressOut(BaseModel):
    """How many of a tag's problems I solved, and attempted only."""

    tag: str
    solved: int
    attempted: int
    total: int


class DifficultyProgressOut(BaseModel):
    """How many of a platform's problems of a difficulty I solved, and attempted only."""

    platform: str
    difficulty: str
    solved: int
    attempted: int
    total: int


class HomeOut(BaseModel):
    """What to do today, and how far I am. Days are of my time zone."""

    today: date
    time_zone: str
    streak: int = Field(description="days in a row with a run, up to today or yesterday")
    to_continue: list[ProblemSummaryOut] = Field(description="attempted last and not solved")
    daily_problem: DailyProblemOut | None = Field(description="null where the list is not in memory")
    reviews: list[ReviewOut] = Field(description="the first ten of `reviews_due`")
    reviews_due: int
    next_review: date | None = Field(description="the day of the first review after those that are due")
    bookmarks: list[ProblemSummaryOut] = Field(description="the latest ten")
    bookmark_count: int
    by_tag: list[TagProgressOut]
    by_difficulty: list[DifficultyProgressOut]
    complete: bool = Field(description="false while older runs are still being added up: ask again")


class BookmarksOut(BaseModel):
    """The ids of the problems that I bookmarked, the latest first."""

    problem_ids: list[int] = Field(max_length=MAX_BOOKMARKS)


class NoteOut(BaseModel):
    """My note on a problem, which nobody else sees."""

    problem_id: int
    text: str
    updated_at: datetime
    version: int


class NotePage(BaseModel):
    """A page of my notes, by descending id of the problem."""

    items: list[NoteOut]
    next: Next


class NoteIn(RequestBody):
    """A note on a problem: plain text or Markdown."""

    text: Annotated[str, TEXT] = Field(min_length=1, max_length=MAX_NOTE, json_schema_extra=NO_NUL)


class TimeZoneOut(BaseModel):
    """The time zone of my days; `chosen` is null while it is the product's."""

    time_zone: str
    chosen: str | None


class TimeZoneIn(RequestBody):
    """The time zone for my days: a name of the IANA database, null for the product's."""

    time_zone: str | None = Field(max_length=64, examples=["Europe/Berlin"])


def home_document(home: Home) -> dict[str, Any]:
    """A `HomeOut`."""
    topics = home.topics
    return {
        "today": home.today, "time_zone": home.zone, "streak": home.streak, "to_continue": home.to_continue,
        "daily_problem": None if home.daily is None else home.daily._asdict(),
        "reviews": [
            {"problem": due.problem, "number": due.review.number, "due": due.review.due} for due in home.due
        ],
        "reviews_due": home.due_count, "next_review": home.next_due,
        "bookmarks": home.bookmarks, "bookmark_count": home.bookmark_count,
        "by_tag": [] if topics is None else [part._asdict() for part in topics.tags],
        "by_difficulty": [] if topics is None else [part._asdict() for part in topics.difficulties],
        "complete": home.progress["complete"],
    }  # fmt: skip


def note_document(note: ProblemNote) -> dict[str, Any]:
    """A `NoteOut`."""
    return {name: value for name, value in note.items() if name != "user_id"}


def time_zone_document(practice: Practice) -> dict[str, Any]:
    """A `TimeZoneOut`."""
    return {"time_zone": zone_of(practice).key, "chosen": practice.time_zone}
