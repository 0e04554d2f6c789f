"""A user's progress on a problem: whether it is solved, and their latest runs."""

from __future__ import annotations

from typing import NamedTuple

from django.http import HttpRequest

from api.dynamodb.schema.records import RunSummary, User, is_passed
from api.history.queries import my_runs
from web.progress import solved_by

_COUNTED = 100
_SHOWN = 5


class UserProgress(NamedTuple):
    """A user's runs of a problem; with `has_more`, `runs` is a lower bound."""

    is_solved: bool
    runs: int
    has_more: bool
    latest: list[RunSummary]


def progress_on(request: HttpRequest, user: User, problem_id: int) -> UserProgress:
    """A user's progress on a problem.

    One Query of at most 100 runs: 0.5 RCU for each 4 KB, about 15 runs. If none of
    100 runs solved it and there are more, `solved_problems` is read as well.
    """
    page = my_runs(user["user_id"], problem_id=problem_id, limit=_COUNTED)
    is_solved = any(is_passed(run) for run in page)
    if not is_solved and page.cursor is not None:
        is_solved = problem_id in (solved_by(request, user["user_id"]) or ())
    return UserProgress(is_solved, len(page), page.cursor is not None, page.items[:_SHOWN])
