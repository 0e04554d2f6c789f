"""Changes of what a user keeps: bookmarks, reviews, notes, and the time zone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from zoneinfo import ZoneInfo

from api.accounts.identity import session_ended
from api.composition import repositories
from api.dynamodb.clock import utc_now
from api.dynamodb.errors import NotFound
from api.dynamodb.repositories.practice_repository import MAX_BOOKMARKS, MAX_NOTE
from api.dynamodb.schema.records import ProblemNote
from api.http.errors import ApiError, invalid_field
from api.http.text_rules import InvalidText, checked_text
from api.practice.reviews import next_review
from api.practice.time_zones import zone_of


@contextmanager
def _open_account() -> Iterator[None]:
    """Turns the error of a closed account into that of an ended session."""
    try:
        yield
    except NotFound:
        raise session_ended() from None


def set_bookmark(user_id: int, problem_id: int, *, bookmarked: bool) -> None:
    """Adds or removes a bookmark. Raises `ApiError`: 401, and 409 if there is no room. Cost as `add_bookmark`."""
    with _open_account():
        if not bookmarked:
            repositories().practice.remove_bookmark(user_id, problem_id)
        elif not repositories().practice.add_bookmark(user_id, problem_id):
            raise ApiError("bookmarks_full", limit=MAX_BOOKMARKS)


def mark_reviewed(user_id: int, problem_id: int) -> None:
    """Marks a problem's review as done today, in the user's time zone; once is as good as twice.

    Raises `ApiError`: 401, and 404 for a problem that has no review that is due. Two GetItems and a Query of progress,
    and `PracticeRepository.mark_reviewed`.
    """
    stores = repositories()
    practice = stores.practice.get_practice(user_id, consistent=True)
    zone = zone_of(practice)
    today = utc_now().astimezone(zone).date()
    solved = stores.progress.get_progress(user_id, zone=zone)["solved_days"].get(problem_id)
    reviewed = practice.reviewed.get(problem_id)
    if solved is not None and reviewed == today:
        return
    review = None if solved is None else next_review(problem_id, solved, reviewed)
    if review is None or review.due > today:
        raise ApiError("review_not_due")
    with _open_account():
        stores.practice.mark_reviewed(user_id, problem_id, today)


def clean_note(text: str) -> str:
    """A note as it is stored: line breaks are one character, and none are at the end. Raises `ApiError`, 422."""
    note = text.replace("\r\n", "\n").rstrip()
    if not note:
        raise invalid_field("body.text", "empty")
    if len(note) > MAX_NOTE:
        raise invalid_field("body.text", "too_long", limit=MAX_NOTE)
    try:
        return checked_text(note)
    except InvalidText as invalid:
        raise invalid_field("body.text", invalid.code, **invalid.parameters) from None


def write_note(
    user_id: int, problem_id: int, text: str, *, expected_version: int | None = None
) -> ProblemNote:
    """Writes a note of `clean_note`. Raises `ApiError`, 401; `ConditionFailed`. Cost as `put_note`."""
    with _open_account():
        return repositories().practice.put_note(user_id, problem_id, text, expected_version=expected_version)


def set_time_zone(user_id: int, zone: ZoneInfo | None) -> None:
    """Sets the time zone; None for the product's. Raises `ApiError`, 401. Cost as `PracticeRepository` says."""
    with _open_account():
        repositories().practice.set_time_zone(user_id, zone)
