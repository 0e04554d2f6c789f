"""A user's progress for pages that work without it: a slow table or very many runs must not cost the page."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from api.composition import repositories
from api.dynamodb.schema.records import Progress, SolvedProblems
from api.dynamodb.transport.deadlines import within
from api.practice.time_zones import zone_of_user
from api.problems.search.results import Attempts
from web.failure_notices import RECOVERABLE_ERRORS

T = TypeVar("T")

# A request has 1.8 s; the page needs the remaining time.
SECONDS = 0.7


def attempts_by(request: HttpRequest, user_id: int) -> Attempts | None:
    """The problems that a user has solved, and those that they only attempted. As `solved_by`."""
    solved = _solved_problems(request, user_id)
    return None if solved is None else Attempts(solved.ids, solved.attempted)


def solved_by(request: HttpRequest, user_id: int) -> frozenset[int] | None:
    """The ids of the problems that a user has solved. None, with a message, if they cannot be read in time.

    A message also says when not all runs are counted yet. Cost as `ProgressRepository.solved_problems`.
    """
    solved = _solved_problems(request, user_id)
    return None if solved is None else solved.ids


def _solved_problems(request: HttpRequest, user_id: int) -> SolvedProblems | None:
    solved = in_time(lambda: repositories().progress.solved_problems(user_id))
    if solved is None:
        messages.warning(request, _("Solved problems can't be marked right now."))
        return None
    if not solved.complete:
        messages.info(
            request, _("Your runs are still being counted. Some solved problems may not be marked yet.")
        )
    return solved


def bookmarks_of(request: HttpRequest, user_id: int) -> frozenset[int]:
    """The ids of the problems that a user bookmarked. None of them, with a message, if they cannot be read in time.

    One GetItem: 0.5 RCU.
    """
    practice = in_time(lambda: repositories().practice.get_practice(user_id))
    if practice is None:
        messages.warning(request, _("Your bookmarks can't be loaded right now."))
        return frozenset()
    return frozenset(practice.bookmarks)


def progress_of(request: HttpRequest, user_id: int) -> Progress | None:
    """A user's progress, in days of their time zone. None, with a message, if it cannot be read in time.

    One GetItem (0.5 RCU), and as `get_progress`.
    """
    progress = in_time(lambda: repositories().progress.get_progress(user_id, zone=zone_of_user(user_id)))
    if progress is None:
        messages.warning(request, _("Your activity can't be loaded right now."))
    return progress


def in_time(ask: Callable[[], T]) -> T | None:
    """What a read returns; None if it fails or takes longer than the page can wait."""
    try:
        with within(SECONDS):
            return ask()
    except RECOVERABLE_ERRORS:
        return None
