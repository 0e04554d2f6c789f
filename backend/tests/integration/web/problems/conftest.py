"""Fixtures of the tests of the problems' pages: problem 100 with its cases, and what pages list."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest

from api.composition import repositories
from api.dynamodb.schema.records import Problem, TestCase
from tests.integration.api.factories import a_problem

HTMX = {"HX-Request": "true"}
# It cannot be compressed to what an item holds.
LARGE = random.Random(1).randbytes(10_000).hex()
LONG = "".join(f"{number}\n" for number in range(60))
CASES: list[dict[str, Any]] = [
    {"input": "1 2\n", "output": "3\n", "is_sample": True},
    {"input": LONG, "output": "", "is_sample": True},
    {"input": LARGE, "output": "3\n", "is_sample": True},
    {"input": "5 5\r\n", "output": "10\n"},
    {"input": LARGE, "output": "0\n"},
]


@pytest.fixture
def problem(cast: object) -> Problem:
    """Problem 100."""
    return a_problem(100)


@pytest.fixture
def cases(problem: Problem) -> list[TestCase]:
    """Its test cases: a short sample, a long one, a short case, and a large one."""
    return repositories().problems.add_test_cases(100, CASES)


@pytest.fixture
def in_memory(cast: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list of problems is loaded by the first request that wants it, before it is answered."""
    hold_in_memory(monkeypatch)


def hold_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the service hold the list of problems, which tests do without otherwise."""
    catalogue = repositories().problems._catalogue
    monkeypatch.setattr(catalogue._loading, "start_thread", lambda load: load())
    monkeypatch.setattr(catalogue, "_most", 1_000)


def listed(answer: Any) -> list[int]:
    """The ids of the problems that a page or a piece of the search lists, in order."""
    assert answer.status_code == 200, answer.text[:500]
    return [int(found) for found in re.findall(r'class="title" href="/problems/(\d+)/"', answer.text)]


def more_of(answer: Any) -> str | None:
    """The address behind the link for more."""
    found = re.search(r'href="([^"]*cursor=[^"]*)"', answer.text)
    return found[1].replace("&amp;", "&") if found else None
