"""What a list of runs is filtered by: the state of the page, all of it in its address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _

from api.dynamodb.ids import MAX_ID
from api.history.reading import MAX_FILTER
from api.http.faults import invalid

_RESULTS = {"passed": True, "failed": False}
_VISIBILITIES = {"public": True, "private": False}


@dataclass(frozen=True)
class RunFilters:
    """The filters; an empty text, and None, ask for nothing."""

    platform: str = ""
    language: str = ""
    result: str = ""
    visibility: str = ""
    problem_id: int | None = None

    @classmethod
    def of(cls, query: QueryDict) -> RunFilters:
        """The filters of an address. Raises `Refusal`: 422 for too long a text, and for what is no problem's id."""
        problem = query.get("problem", "").strip()
        if problem and not (problem.isdecimal() and len(problem) <= 16 and int(problem) <= MAX_ID):
            raise invalid("query.problem", _("this is not the id of a problem"))
        return cls(
            _text(query, "platform"),
            _text(query, "language"),
            found if (found := query.get("result", "")) in _RESULTS else "",
            found if (found := query.get("visibility", "")) in _VISIBILITIES else "",
            int(problem) if problem else None,
        )

    @property
    def passed(self) -> bool | None:
        """Runs that passed everything, those that did not, or both."""
        return _RESULTS.get(self.result)

    @property
    def public(self) -> bool | None:
        """Public runs, private ones, or both."""
        return _VISIBILITIES.get(self.visibility)

    @property
    def is_any(self) -> bool:
        """Whether anything is asked for."""
        return self != RunFilters()

    @property
    def without_problem(self) -> str:
        """The query that asks for the same of all problems."""
        asked: dict[str, Any] = {
            "platform": self.platform, "language": self.language, "result": self.result,
            "visibility": self.visibility,
        }  # fmt: skip
        return urlencode({name: value for name, value in asked.items() if value})


def _text(query: QueryDict, name: str) -> str:
    found = query.get(name, "").strip()
    if len(found) > MAX_FILTER:
        raise invalid(f"query.{name}", f"at most {MAX_FILTER} characters")
    return found
