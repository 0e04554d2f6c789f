"""The test cases that a problem has: how many, and the beginnings of their texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from django.urls import reverse

from api.composition import repositories
from api.dynamodb.cursor import MAX_LIMIT
from api.dynamodb.repositories.records import ListedTestCase
from web.staff.excerpts import Excerpt, excerpt_of

_PAGES = 10


@dataclass(frozen=True)
class Held:
    """How many cases a problem has, and how many of them are samples; counting ends at 1,000."""

    count: int
    samples: int
    has_more: bool

    @property
    def text(self) -> str:
        """The count, with a plus where there are more."""
        return f"{self.count}+" if self.has_more else str(self.count)


def held_cases(problem_id: int) -> Held:
    """Counts cases. Two Queries for each 100 of them: 1 RCU for 4 KB, large texts not counted."""
    count = samples = 0
    cursor = None
    for _ in range(_PAGES):
        page = repositories().problems.get_test_cases(
            problem_id, limit=MAX_LIMIT, cursor=cursor, consistent=True, whole=False
        )
        count += len(page)
        samples += sum(case["is_sample"] for case in page)
        cursor = page.cursor
        if cursor is None:
            break
    return Held(count, samples, cursor is not None)


class ShownCase(NamedTuple):
    """A stored case as the page lists it."""

    test_case_id: int
    position: int
    is_sample: bool
    input: Excerpt
    output: Excerpt
    input_address: str
    output_address: str


def shown(case: ListedTestCase) -> ShownCase:
    """The beginnings of a stored case's texts, and where all of each is."""
    where: dict[str, Any] = {"problem_id": case["problem_id"], "case_id": case["test_case_id"]}
    return ShownCase(
        case["test_case_id"], case["position"], case["is_sample"],
        excerpt_of(case["input"], case["input_bytes"]), excerpt_of(case["output"], case["output_bytes"]),
        reverse("case-text", kwargs={**where, "text": "input"}),
        reverse("case-text", kwargs={**where, "text": "output"}),
    )  # fmt: skip
