"""Problems and runs for the service's tests, and how a test asks."""

from __future__ import annotations

from typing import Any

from django.test import Client

from api.composition import repositories
from api.dynamodb.schema.records import Problem, Run
from tests.integration.api.conftest import ALICE, bearer


def a_problem(problem_id: int = 100, **fields: Any) -> Problem:
    """A stored problem with a ladder of four steps."""
    return repositories().problems.create_problem(
        {
            "problem_id": problem_id, "platform": "baekjoon", "problem_number": str(1000 + problem_id),
            "title": "A plus B", "difficulty": "Bronze V", "tags": ["math"], "is_completed": True,
            "constraints": "0 < A", "hints": ["nudge text", "approach text", "outline one", "outline two"],
            "solution_code": "print(sum(map(int, input().split())))", "language": "python",
            "time_limit": 1.0, "memory_limit": 128, "url": "https://www.acmicpc.net/problem/1000", **fields,
        }
    )  # fmt: skip


def a_run(user_id: int | None = ALICE, **fields: Any) -> Run:
    """A stored run of problem 100."""
    return repositories().history.create_history(
        {
            "user_id": user_id, "problem_id": 100, "platform": "baekjoon", "problem_number": "1100",
            "problem_title": "A plus B", "language": "python", "code": "print(1)", "passed_count": 1,
            "failed_count": 1, "total_count": 2, **fields,
        }
    )  # fmt: skip


def post(site: Client, address: str, document: Any, *, by: int | None = ALICE, **headers: str) -> Any:
    """A POST of JSON by a member of the cast."""
    return site.post(address, document, content_type="application/json", headers={**_who(by), **headers})


def get(site: Client, address: str, *, by: int | None = ALICE, **headers: str) -> Any:
    """A GET by a member of the cast."""
    return site.get(address, headers={**_who(by), **headers})


def _who(user_id: int | None) -> dict[str, str]:
    return {} if user_id is None else bearer(user_id)


def fault_of(response: Any) -> tuple[int, str]:
    """Status and kind of a problem document, which the answer must be."""
    assert response["Content-Type"] == "application/problem+json", response.content
    document = response.json()
    assert document["status"] == response.status_code
    assert document["request_id"] == response["X-Request-ID"]
    return response.status_code, document["type"].split("/")[-2]


def fields_of(response: Any) -> list[str]:
    """The fields that a problem document names."""
    return [error["field"] for error in response.json()["errors"]]
