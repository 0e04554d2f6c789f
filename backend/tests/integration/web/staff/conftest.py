"""Fixtures of the tests of staff's pages: the site on a fresh table, and a browser for each of the cast."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from api.accounts.sign_in import open_session
from api.dynamodb.repositories import ProblemRepository
from api.dynamodb.repositories.records import Problem, User
from tests.integration.api.conftest import DORA, cast, service_table
from web.session_cookie import cookie_name

__all__ = ["cast", "service_table"]

Visit = Callable[[int], Client]


@pytest.fixture
def visit(cast: dict[int, User]) -> Visit:
    """Call it with a member of the cast: a browser in which they are signed in, and whose forms are checked."""

    def signed_in(user_id: int) -> Client:
        browser = Client(enforce_csrf_checks=False)
        browser.cookies[cookie_name()] = open_session(cast[user_id], "web", "a test").token
        return browser

    return signed_in


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
