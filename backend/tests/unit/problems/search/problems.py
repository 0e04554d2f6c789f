"""Lists of problems for the tests of search, without a table."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from api.dynamodb.codec.items import CODECS
from api.dynamodb.schema import keys
from api.dynamodb.schema.entities import SK
from api.dynamodb.table.problem_index import ProblemIndex
from api.problems.search.engine import SearchSnapshot
from api.problems.search.index import SearchIndex

FIRST = datetime(2026, 1, 1, tzinfo=UTC)


def a_problem(problem_id: int, title: str, **fields: Any) -> dict[str, Any]:
    """A problem as lists have it; one with a greater id is newer."""
    return {
        "problem_id": problem_id, "platform": "baekjoon", "problem_number": str(1000 + problem_id), "title": title,
        "difficulty": None, "tags": None, "created_at": FIRST + timedelta(hours=problem_id), **fields,
    }  # fmt: skip


def listed(problems: Iterable[dict[str, Any]]) -> ProblemIndex:
    """The list of these problems."""
    encode = CODECS["problem_entry"].encode
    return ProblemIndex(
        {
            **encode({**problem, "tags": set(problem["tags"] or ()) or None}),
            SK: {"S": keys.time_and_id(problem["created_at"], problem["problem_id"])},
        }
        for problem in problems
    )


def snapshot_of(
    problems: Iterable[dict[str, Any]],
    changed: Iterable[dict[str, Any]] = (),
    removed: Iterable[int] = (),
) -> SearchSnapshot:
    """A search of these problems, of which some have changed or are gone since they were loaded."""
    later = list(changed)
    replaced = frozenset({*removed, *(problem["problem_id"] for problem in later)})
    return SearchSnapshot(SearchIndex(listed(problems)), SearchIndex(listed(later)), replaced)
