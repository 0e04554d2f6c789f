"""How somebody stands with a problem: solved or not, and their runs of it."""

from __future__ import annotations

from typing import NamedTuple

from django.http import HttpRequest

from api.dynamodb.repositories.records import RunSummary, User, is_passed
from api.history.reading import my_runs
from web.progress import solved_by

_COUNTED = 100
_SHOWN = 5


class Standing(NamedTuple):
    """A user's runs of a problem; `runs` is a least number where `has_more`."""

    is_solved: bool
    runs: int
    has_more: bool
    latest: list[RunSummary]


def standing_of(request: HttpRequest, user: User, problem_id: int) -> Standing:
    """How a user stands with a problem.

    One Query of at most 100 runs: 0.5 RCU for each 4 KB, about 15 runs. Who has more, and solved it in none of
    those, costs `solved_ids` as well.
    """
    page = my_runs(user["user_id"], problem_id=problem_id, limit=_COUNTED)
    is_solved = any(is_passed(run) for run in page)
    if not is_solved and page.cursor is not None:
        is_solved = problem_id in (solved_by(request, user["user_id"]) or ())
    return Standing(is_solved, len(page), page.cursor is not None, page.items[:_SHOWN])
