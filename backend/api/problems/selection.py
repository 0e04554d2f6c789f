"""Selecting problems for a user: without those they solved, and one at random."""

from __future__ import annotations

import random
from collections.abc import Collection
from typing import NamedTuple

from api.composition import repositories
from api.dynamodb.schema.records import ProblemSummary
from api.dynamodb.table.cursor import MAX_LIMIT
from api.problems.queries import find_problems

_READS = 8


class SearchPage(NamedTuple):
    """A page of a search. `is_short`: the search stopped before the page was full or the list ended."""

    items: list[ProblemSummary]
    cursor: str | None
    is_short: bool


def find_without(
    excluding: Collection[int],
    *,
    platform: str | None = None,
    difficulty: str | None = None,
    tag: str | None = None,
    words: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> SearchPage:
    """Problems that match every filter and are not in `excluding` (ids), newest first.

    Calls `find_problems` up to 8 times to fill the page, but stops once 500 problems were read without a match;
    without `excluding`, once. Raises as `find_problems`.
    """
    items: list[ProblemSummary] = []
    for _ in range(_READS):
        missing = limit - len(items)
        page = find_problems(
            platform=platform, difficulty=difficulty, tag=tag, words=words, limit=missing, cursor=cursor
        )
        items += [problem for problem in page if problem["problem_id"] not in excluding]
        cursor = page.cursor
        if cursor is None or len(page) < missing or len(items) == limit:
            break
    return SearchPage(items, cursor, cursor is not None and len(items) < limit)


def random_problem(
    excluding: Collection[int] = (),
    *,
    platform: str | None = None,
    difficulty: str | None = None,
    tag: str | None = None,
    words: str | None = None,
) -> ProblemSummary | None:
    """A random problem that matches every filter and is not in `excluding` (ids); None without a match.

    With `words`, one of the 100 newest matches. Cost as `ProblemRepository.random_problem` (1 to 12 Queries), with
    words as `find_without`. Raises `ApiError` as `find_problems`.
    """
    if words and words.strip():
        matches = find_without(
            excluding, platform=platform, difficulty=difficulty, tag=tag, words=words, limit=MAX_LIMIT
        ).items
        return random.choice(matches) if matches else None  # noqa: S311 (chance, not a secret)
    return repositories().problems.random_problem(
        platform=platform or None, difficulty=difficulty or None, tag=tag or None, excluding=excluding
    )
