"""Fixtures of the tests of staff's pages: the site on a fresh table, and a browser for each of the cast."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client

from api.dynamodb.repositories import ProblemRepository
from api.dynamodb.repositories.records import Problem, User
from tests.integration.api.conftest import DORA, cast, service_table
from tests.integration.web.browsers import Visit, visit

__all__ = ["cast", "service_table", "visit"]


@pytest.fixture
def dora(visit: Visit) -> Client:
    """Dora's browser; she is staff."""
    return visit(DORA)


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
    """The fields of the main form of a page, as a browser would send them."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._in_form = False
        self._text = ""
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._in_form = given.get("method") == "post" and "action" not in given
        if not self._in_form:
            return
        name = given.get("name", "")
        kind = given.get("type", "text")
        if tag == "textarea":
            self._text = name
            self.fields[name] = ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and "selected" in given:
            self.fields[self._select] = given.get("value", "")
        elif tag == "input" and name and kind != "file" and (kind != "checkbox" or "checked" in given):
            self.fields[name] = given.get("value", "on")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._in_form = False
        elif tag == "textarea":
            self._text = ""

    def handle_data(self, data: str) -> None:
        if self._text:
            self.fields[self._text] += data.removeprefix("\n")


def form_of(answer: Any) -> dict[str, str]:
    """What the page's form would send if nothing was typed."""
    parser = _Fields()
    parser.feed(answer.text)
    return parser.fields
