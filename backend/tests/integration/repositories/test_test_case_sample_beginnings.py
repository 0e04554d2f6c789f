"""How large samples begin: read from their first parts, whatever their size; other cases are not looked at."""

from __future__ import annotations

import random

import pytest

from api.dynamodb.metering import meter
from api.dynamodb.repositories import ProblemRepository
from api.dynamodb.repositories.test_case_repository import PREVIEW_BYTES
from tests.integration.repositories.helpers import a_problem

# Korean, so that a character can be cut in two; random, so that it stands in several parts.
LETTERS = "가나다라마바사아자차카타파하"
LARGE = "".join(random.Random(1).choices(LETTERS, k=1_100_000))


@pytest.fixture
def problem_id(problems: ProblemRepository) -> int:
    """A problem without test cases."""
    return problems.create_problem(a_problem())["problem_id"]


def test_the_beginnings_of_large_samples_are_read_at_once(
    problems: ProblemRepository, problem_id: int
) -> None:
    samples = problems.add_test_cases(
        problem_id,
        [
            {"input": LARGE, "output": "a" * 5000, "is_sample": True},
            {"input": "1 2", "output": LARGE[::-1], "is_sample": True},
            {"input": LARGE, "output": ""},
        ],
    )
    with meter.recording() as seen:
        found = problems.sample_beginnings(problem_id)
    assert seen.operations == ["Query", "GetItem", "BatchGetItem"]
    first, second = (sample["test_case_id"] for sample in samples[:2])
    assert set(found) == {(first, "input"), (second, "output")}
    for text, whole in ((found[first, "input"], LARGE), (found[second, "output"], LARGE[::-1])):
        assert whole.startswith(text)
        assert PREVIEW_BYTES - 3 < len(text.encode()) <= PREVIEW_BYTES


def test_without_large_samples_nothing_more_is_read(problems: ProblemRepository, problem_id: int) -> None:
    problems.add_test_cases(problem_id, [{"input": "1", "output": "2", "is_sample": True}])
    with meter.recording() as seen:
        assert problems.sample_beginnings(problem_id) == {}
    assert seen.operations == ["Query", "GetItem"]
