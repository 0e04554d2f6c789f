"""Finding problems for somebody: without those they solved, and one by chance."""

from __future__ import annotations

import random
from collections.abc import Collection
from typing import NamedTuple

from api.composition import repositories
from api.dynamodb.cursor import MAX_LIMIT
from api.dynamodb.repositories.records import ProblemSummary
from api.problems.reading import find_problems

_READS = 8


class Found(NamedTuple):
    """A page of a search. `is_short`: looking ended before the page was full or the list at its end."""

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
) -> Found:
    """Problems that match everything given and are not `excluding` (ids), newest first.

    Raises `Refusal` as `find_problems`. It is asked up to 8 times for what still is missing, and no more once it
    looked at 500 problems in vain; without `excluding`, once.
    """
    items: list[ProblemSummary] = []
    for _ in range(_READS):
        wanted = limit - len(items)
        page = find_problems(
            platform=platform, difficulty=difficulty, tag=tag, words=words, limit=wanted, cursor=cursor
        )
        items += [problem for problem in page if problem["problem_id"] not in excluding]
        cursor = page.cursor
        if cursor is None or len(page) < wanted or len(items) == limit:
            break
    return Found(items, cursor, cursor is not None and len(items) < limit)


def random_problem(
    excluding: Collection[int] = (),
    *,
    platform: str | None = None,
    difficulty: str | None = None,
    tag: str | None = None,
    words: str | None = None,
) -> ProblemSummary | None:
    """Some problem that matches everything given and is not `excluding` (ids); None if none is found.

    Of words, one of the 100 newest matches. Cost as `ProblemRepository.random_problem` (1 to 12 Queries), with
    words as `find_without`. Raises `Refusal` as `find_problems`.
    """
    if words and words.strip():
        found = find_without(
            excluding, platform=platform, difficulty=difficulty, tag=tag, words=words, limit=MAX_LIMIT
        ).items
        return random.choice(found) if found else None  # noqa: S311 (chance, not a secret)
    return repositories().problems.random_problem(
        platform=platform or None, difficulty=difficulty or None, tag=tag or None, excluding=excluding
    )
