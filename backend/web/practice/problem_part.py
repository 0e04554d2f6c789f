"""What the problem page shows of a user's practice: the bookmark, and the note."""

from __future__ import annotations

from typing import NamedTuple

from api.composition import repositories
from api.dynamodb.repositories.practice_repository import MAX_NOTE
from api.dynamodb.schema.records import ProblemNote
from web.progress import in_time


class ProblemPractice(NamedTuple):
    """Whether a problem is bookmarked, and the note on it. `is_readable` is False if it cannot be read in time."""

    is_bookmarked: bool
    note: ProblemNote | None
    is_readable: bool = True
    max_note: int = MAX_NOTE


def practice_on(user_id: int, problem_id: int) -> ProblemPractice:
    """A user's bookmark and note. One BatchGetItem: 2 RCU, more for long notes or many bookmarks."""
    read = in_time(lambda: repositories().practice.get_practice_and_note(user_id, problem_id))
    if read is None:
        return ProblemPractice(False, None, is_readable=False)
    practice, note = read
    return ProblemPractice(problem_id in practice.bookmarks, note)
