"""Search for the API and the pages: in memory where the list of problems is, otherwise by the table's queries."""

from __future__ import annotations

import time

from api.dynamodb.schema.records import ProblemSummary
from api.http.errors import invalid_field
from api.problems.queries import MAX_WORDS
from api.problems.search.engine import CURSOR_PREFIX, SearchSnapshot
from api.problems.search.process import search_snapshot
from api.problems.search.query import MAX_TAGS, MAX_TEXT, SearchQuery
from api.problems.search.results import NO_ATTEMPTS, Attempts, Results
from api.problems.search.table_search import random_from_table, search_table
from config.environment import environment

# How long a page waits for the list in memory: 0.8 s of the 1.8 s that a request has.
_TURNS, _TURN_SECONDS = 8, 0.1


def search(
    query: SearchQuery, attempts: Attempts = NO_ATTEMPTS, *, limit: int = 50, cursor: str | None = None
) -> Results:
    """A page of the problems that match. Usually no call; from the table it costs as `search_table`.

    Raises `ApiError`: 422 for a text that is too long or a cursor that does not go on here. Raises `InvalidInput` for
    a cursor of another search.
    """
    _check(query)
    if cursor is not None and not cursor.startswith(CURSOR_PREFIX):
        # The page before was read from the table: so is this one.
        return search_table(query, attempts, limit=limit, cursor=cursor)
    snapshot = search_snapshot() if cursor is None else _awaited_snapshot()
    if snapshot is None:
        if cursor is not None:
            raise invalid_field("query.cursor", "invalid_cursor")
        return search_table(query, attempts, limit=limit, cursor=None)
    return snapshot.search(query, attempts, limit=limit, cursor=cursor)


def _awaited_snapshot() -> SearchSnapshot | None:
    """The snapshot. A process that has just started may get the cursor of another one: it loads the list first."""
    snapshot = search_snapshot()
    turns = _TURNS if environment().catalogue_problems else 0
    while snapshot is None and turns:
        time.sleep(_TURN_SECONDS)
        snapshot, turns = search_snapshot(), turns - 1
    return snapshot


def random_match(query: SearchQuery, attempts: Attempts = NO_ATTEMPTS) -> ProblemSummary | None:
    """A random problem that matches; None without a match. Raises `ApiError`, 422, as `search`."""
    _check(query)
    snapshot = search_snapshot()
    return random_from_table(query, attempts) if snapshot is None else snapshot.random(query, attempts)


def _check(query: SearchQuery) -> None:
    limits = {
        "text": MAX_TEXT, "platform": MAX_WORDS, "easiest": MAX_WORDS, "hardest": MAX_WORDS,
    }  # fmt: skip
    for name, limit in limits.items():
        if len(getattr(query, name)) > limit:
            raise invalid_field(f"query.{'q' if name == 'text' else name}", "too_long", limit=limit)
    if len(query.tags) > MAX_TAGS:
        raise invalid_field("query.tag", "too_many_items", limit=MAX_TAGS)
    if any(len(tag) > MAX_WORDS for tag in query.tags):
        raise invalid_field("query.tag", "too_long", limit=MAX_WORDS)
