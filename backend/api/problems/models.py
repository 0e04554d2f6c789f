"""Problems and test cases as clients see them: without solution and hints, which are opened one by one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from api.dynamodb.schema.records import ListedTestCase, Problem
from api.hints.ladder import steps_of
from api.http.paging import Next
from api.problems.statements import statements_of

# A longer text is left out of lists, so that a page of a hundred cases stays below 2 MB.
LISTED_CHARACTERS = 8_000


class ProblemSummaryOut(BaseModel):
    """A problem as lists show it."""

    problem_id: int
    platform: str = Field(examples=["baekjoon"])
    problem_number: str = Field(examples=["1000"])
    title: str
    difficulty: str | None
    tags: list[str]
    created_at: datetime | None


class ProblemPage(BaseModel):
    """A page of problems, newest first."""

    items: list[ProblemSummaryOut]
    next: Next


class StatementOut(BaseModel):
    """A problem's statement in one language."""

    language: str = Field(examples=["ko"])
    title: str | None = Field(description="the problem's title in this language")
    text: str = Field(description="Markdown; formulas are LaTeX between dollar signs")


class ProblemOut(BaseModel):
    """A problem; `hint_steps` are the steps of its ladder, in order. Problems of other sites have no statements."""

    problem_id: int
    platform: str
    problem_number: str
    title: str
    url: str | None
    tags: list[str]
    difficulty: str | None
    constraints: str | None
    statements: list[StatementOut]
    time_limit: float | None = Field(description="seconds")
    memory_limit: int | None = Field(description="MB")
    hint_steps: list[str]
    is_retired: bool
    created_at: datetime | None
    updated_at: datetime | None
    version: int


class TestCaseOut(BaseModel):
    """A test case; a text that is too large for a list is null here, and whole at its own address."""

    test_case_id: int
    is_sample: bool
    position: int
    input: str | None
    output: str | None
    input_bytes: int | None = Field(description="null if it was not recorded")
    output_bytes: int | None
    input_url: str
    output_url: str


class TestCasePage(BaseModel):
    """A page of test cases in order of position."""

    items: list[TestCaseOut]
    next: Next


def tags_of(problem: Problem) -> list[str]:
    """The tags that are texts; the legacy column may hold any JSON."""
    tags = problem["tags"]
    return [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []


def problem_document(problem: Problem) -> dict[str, Any]:
    """A `ProblemOut`."""
    return {
        "problem_id": problem["problem_id"],
        "platform": problem["platform"],
        "problem_number": problem["problem_number"],
        "title": problem["title"],
        "url": problem["url"],
        "tags": tags_of(problem),
        "difficulty": problem["difficulty"],
        "constraints": problem["constraints"],
        "statements": [statement._asdict() for statement in statements_of(problem)],
        "time_limit": problem["time_limit"],
        "memory_limit": problem["memory_limit"],
        "hint_steps": steps_of(problem),
        "is_retired": problem["is_deleted"],
        "created_at": problem["created_at"],
        "updated_at": problem["updated_at"],
        "version": problem["version"],
    }


def case_document(case: ListedTestCase) -> dict[str, Any]:
    """A `TestCaseOut`."""
    path = f"/api/problems/{case['problem_id']}/test-cases/{case['test_case_id']}"
    input_text, input_bytes = _listed(case["input"], case["input_bytes"])
    output_text, output_bytes = _listed(case["output"], case["output_bytes"])
    return {
        "test_case_id": case["test_case_id"],
        "is_sample": case["is_sample"],
        "position": case["position"],
        "input": input_text,
        "output": output_text,
        "input_bytes": input_bytes,
        "output_bytes": output_bytes,
        "input_url": f"{path}/input/",
        "output_url": f"{path}/output/",
    }


def _listed(text: str | None, size: int | None) -> tuple[str | None, int | None]:
    """A text as a list shows it, and its size; a text that compresses well may still be too long to send."""
    if text is None or len(text) <= LISTED_CHARACTERS:
        return text, size
    return None, len(text.encode())
