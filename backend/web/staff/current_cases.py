"""A problem's current test cases: how many there are, and excerpts of their texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from django.urls import reverse

from api.composition import repositories
from api.dynamodb.schema.records import ListedTestCase
from web.rendering.excerpts import Excerpt, excerpt

_MOST_COUNTED = 1_000


@dataclass(frozen=True)
class CaseCount:
    """The number of test cases and of samples among them, counted up to 1,000."""

    count: int
    samples: int
    has_more: bool

    @property
    def text(self) -> str:
        """The count, followed by a plus sign if there are more."""
        return f"{self.count}+" if self.has_more else str(self.count)


def count_cases(problem_id: int) -> CaseCount:
    """Counts the cases. Two Queries for each 100 of them (1 RCU for 4 KB, large texts not counted), and one GetItem."""
    cases = repositories().problems.get_all_test_cases(
        problem_id, most=_MOST_COUNTED, consistent=True, large_texts=False
    )
    return CaseCount(len(cases), sum(case["is_sample"] for case in cases), cases.cursor is not None)


class CurrentCase(NamedTuple):
    """A test case in the list."""

    test_case_id: int
    position: int
    is_sample: bool
    input: Excerpt
    output: Excerpt
    input_address: str
    output_address: str


def current_case(case: ListedTestCase) -> CurrentCase:
    """The excerpts of a test case, with the URLs of the full texts."""
    keys: dict[str, Any] = {"problem_id": case["problem_id"], "case_id": case["test_case_id"]}
    return CurrentCase(
        case["test_case_id"], case["position"], case["is_sample"],
        excerpt(case["input"], case["input_bytes"]), excerpt(case["output"], case["output_bytes"]),
        reverse("case-text", kwargs={**keys, "text": "input"}),
        reverse("case-text", kwargs={**keys, "text": "output"}),
    )  # fmt: skip
