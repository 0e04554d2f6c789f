"""What a search returns, from memory or from the table."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from api.dynamodb.schema.records import ProblemSummary
from api.problems.search.query import SearchQuery

_NONE: frozenset[int] = frozenset()

Lifted = Literal["platform", "difficulty", "status", "tags", "any_tag", "word", "text", "number"]
NotApplied = Literal["difficulty", "tags", "status", "sort"]


class Attempts(NamedTuple):
    """The ids of the problems that a user solved, of those that they tried and did not solve, and of the bookmarked."""

    solved: Collection[int] = _NONE
    attempted: Collection[int] = _NONE
    bookmarked: Collection[int] = _NONE


NO_ATTEMPTS = Attempts()


class Near(NamedTuple):
    """A search that finds something: what it leaves out or changes, and how many problems it finds."""

    lifted: Lifted
    query: SearchQuery
    total: int


@dataclass(frozen=True)
class Results:
    """A page of a search.

    total: of all pages; None where the table was read, which does not count.
    corrected: the text that was searched for in place of a misspelt one. near: searches that find something, if this
    one finds nothing. not_applied: what was asked for and needs the list in memory, where there is none.
    is_short: the search stopped before the page was full or the list ended.
    """

    items: list[ProblemSummary]
    cursor: str | None
    total: int | None
    corrected: str | None = None
    near: list[Near] = field(default_factory=list)
    not_applied: tuple[NotApplied, ...] = ()
    is_short: bool = False

    @property
    def is_from_memory(self) -> bool:
        """Whether the list in memory was searched."""
        return self.total is not None
