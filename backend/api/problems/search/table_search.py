"""Search by the table's queries, where there is no list of problems in memory: by number, or newest first."""

from __future__ import annotations

from typing import cast

from api.composition import repositories
from api.dynamodb.schema.records import Problem, ProblemSummary
from api.problems.models import tags_of
from api.problems.platforms import PLATFORMS
from api.problems.queries import MAX_WORDS
from api.problems.references import Reference, reference_in
from api.problems.search.query import SearchQuery
from api.problems.search.results import Attempts, NotApplied, Results
from api.problems.selection import find_without, random_problem

_SUMMARY = ("problem_id", "platform", "problem_number", "title", "difficulty", "created_at")


def search_table(query: SearchQuery, attempts: Attempts, *, limit: int, cursor: str | None) -> Results:
    """A page of the problems that match what the table's lists can answer; `not_applied` has the rest.

    Words of the title, a platform, one difficulty, the first tag, and without those that are solved. A number is
    looked up on its platform, or on each: 1 RCU each. Otherwise costs and raises as `find_without`.
    """
    not_applied = tuple(_not_applied(query))
    reference = reference_in(query.text) if cursor is None else None
    if reference is not None:
        problems = _referred(reference, query.platform)
        if problems or reference.is_certain:
            return Results(problems, None, None, not_applied=not_applied)
    page = find_without(
        attempts.solved if query.status == "unsolved" else (), **_filters(query), limit=limit, cursor=cursor
    )
    return Results(page.items, page.cursor, None, not_applied=not_applied, is_short=page.is_short)


def random_from_table(query: SearchQuery, attempts: Attempts) -> ProblemSummary | None:
    """A random problem that matches what the table's lists can answer. Costs as `selection.random_problem`."""
    return random_problem(attempts.solved if query.status == "unsolved" else (), **_filters(query))


def _filters(query: SearchQuery) -> dict[str, str]:
    return {
        "words": query.text[:MAX_WORDS], "platform": query.platform, "tag": query.tags[0] if query.tags else "",
        "difficulty": query.easiest if query.easiest == query.hardest else "",
    }  # fmt: skip


def _not_applied(query: SearchQuery) -> list[NotApplied]:
    unsupported = {
        "difficulty": query.easiest != query.hardest,
        "tags": len(query.tags) > 1,
        "status": query.status in ("attempted", "solved", "bookmarked"),
        "sort": query.sort not in (None, "best", "newest"),
    }
    return [cast(NotApplied, name) for name, is_asked in unsupported.items() if is_asked]


def _referred(reference: Reference, platform: str) -> list[ProblemSummary]:
    """The published problems that have the number, on the platform that it names or that is asked for."""
    named = reference.platform or platform
    platforms = [named] if named else list(PLATFORMS)
    problems = [
        repositories().problems.get_problem_by_number(platform, reference.number) for platform in platforms
    ]
    return [
        _summary(problem)
        for problem in problems
        if problem is not None and problem["is_completed"] and not problem["is_deleted"]
    ]


def _summary(problem: Problem) -> ProblemSummary:
    fields = {name: value for name, value in problem.items() if name in _SUMMARY}
    return cast(ProblemSummary, {**fields, "tags": sorted(tags_of(problem))})
