"""The filters of run lists. The query string holds all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from api.dynamodb.schema.ids import MAX_ID
from api.history.queries import MAX_FILTER
from api.http.errors import invalid_field

_RESULTS = {"passed": True, "failed": False}
_VISIBILITIES = {"public": True, "private": False}


@dataclass(frozen=True)
class RunFilters:
    """The filters; an empty text and None do not filter."""

    platform: str = ""
    language: str = ""
    result: str = ""
    visibility: str = ""
    problem_id: int | None = None

    @classmethod
    def of(cls, query: QueryDict) -> RunFilters:
        """The filters of a query string. Raises `ApiError`: 422 for a long text or an invalid problem id."""
        problem = query.get("problem", "").strip()
        if problem and not (problem.isdecimal() and len(problem) <= 16 and int(problem) <= MAX_ID):
            raise invalid_field("query.problem", "not_a_problem_id")
        return cls(
            _text(query, "platform"),
            _text(query, "language"),
            result if (result := query.get("result", "")) in _RESULTS else "",
            visibility if (visibility := query.get("visibility", "")) in _VISIBILITIES else "",
            int(problem) if problem else None,
        )

    @property
    def passed(self) -> bool | None:
        """True for passed runs, False for the others, None for all."""
        return _RESULTS.get(self.result)

    @property
    def public(self) -> bool | None:
        """True for public runs, False for private ones, None for all."""
        return _VISIBILITIES.get(self.visibility)

    @property
    def is_any(self) -> bool:
        """Whether a filter is set."""
        return self != RunFilters()

    @property
    def without_problem(self) -> str:
        """The query string with the same filters for all problems."""
        active: dict[str, Any] = {
            "platform": self.platform, "language": self.language, "result": self.result,
            "visibility": self.visibility,
        }  # fmt: skip
        return urlencode({name: value for name, value in active.items() if value})


def _text(query: QueryDict, name: str) -> str:
    text = query.get(name, "").strip()
    if len(text) > MAX_FILTER:
        raise invalid_field(f"query.{name}", "too_long", limit=MAX_FILTER)
    return text
