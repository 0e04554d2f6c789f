"""A user's progress where a page can do without it: one who has very many runs, or a slow table, costs it no page."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from api.composition import repositories
from api.dynamodb.deadlines import within
from api.dynamodb.repositories.records import Progress
from web.outages import OUTAGES

T = TypeVar("T")

# What is left of a request's 1.8 s has to do for the page itself.
SECONDS = 0.7


def solved_by(request: HttpRequest, user_id: int) -> frozenset[int] | None:
    """The problems that a user has solved; None, with a message, when that cannot be told in time.

    Cost as `ProgressRepository.solved_ids`.
    """
    found = _in_time(lambda: repositories().progress.solved_ids(user_id))
    if found is None:
        messages.warning(request, _("Which problems you solved cannot be told at the moment."))
    return found


def progress_of(request: HttpRequest, user_id: int) -> Progress | None:
    """A user's progress; None, with a message, when it cannot be told in time. Cost as `get_progress`."""
    found = _in_time(lambda: repositories().progress.get_progress(user_id))
    if found is None:
        messages.warning(request, _("Your activity cannot be shown at the moment."))
    return found


def _in_time(ask: Callable[[], T]) -> T | None:
    try:
        with within(SECONDS):
            return ask()
    except OUTAGES:
        return None
