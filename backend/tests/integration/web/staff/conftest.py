"""Fixtures and helpers of the tests of the staff pages: a draft, and the fields of a page's form."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest

from api.dynamodb.repositories import ProblemRepository
from api.dynamodb.schema.records import Problem, User


def problem_data(**changes: Any) -> dict[str, Any]:
    """The fields of a problem."""
    return {
        "platform": "baekjoon", "problem_number": "1000", "title": "A+B", "url": "https://example.org/1000",
        "tags": ["math"], "difficulty": "Bronze V", "language": "python", "solution_code": "print(3)\n",
        "constraints": "0 < a", "hints": ["Read.", "Add.", "Print.", "Done."], "time_limit": 0.5,
        "memory_limit": 128, **changes,
    }  # fmt: skip


@pytest.fixture
def draft(cast: dict[int, User]) -> Problem:
    """A draft."""
    return ProblemRepository().create_problem(problem_data())


class _Fields(HTMLParser):
    """Collects the fields of a page's main form as a browser would submit them."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._in_form = False
        self._text = ""
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._in_form = attributes.get("method") == "post" and "action" not in attributes
        if not self._in_form:
            return
        name = attributes.get("name", "")
        kind = attributes.get("type", "text")
        if tag == "textarea":
            self._text = name
            self.fields[name] = ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and "selected" in attributes:
            self.fields[self._select] = attributes.get("value", "")
        elif tag == "input" and name and kind != "file" and (kind != "checkbox" or "checked" in attributes):
            self.fields[name] = attributes.get("value", "on")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._in_form = False
        elif tag == "textarea":
            self._text = ""

    def handle_data(self, data: str) -> None:
        if self._text:
            self.fields[self._text] += data.removeprefix("\n")


def form_of(answer: Any) -> dict[str, str]:
    """The fields that the page's form submits without any input."""
    parser = _Fields()
    parser.feed(answer.text)
    return parser.fields
