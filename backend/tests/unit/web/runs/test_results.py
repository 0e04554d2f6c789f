"""Results out of whatever JSON was recorded: nothing of it is trusted, nothing known is lost."""

from __future__ import annotations

from typing import Any, cast

import pytest

from api.dynamodb.schema.records import Run
from web.runs.results import MAX_SHOWN, CaseResult, first_failure, results_of


def results(recorded: Any) -> list[CaseResult]:
    return results_of(cast(Run, {"test_results": recorded}))


def test_the_services_own_results_are_read_whole() -> None:
    assert results(
        [{"test_case_id": 7, "status": "WA", "output": "1", "stderr": "e", "time_ms": 3, "memory_kb": 4}]
    ) == [CaseResult(1, 7, "WA", "1", "e", 3, 4)]


@pytest.mark.parametrize("recorded", [None, "", "Accepted", 3, {"a": 1}, [], [1, None, "x", []]])
def test_anything_that_is_no_list_of_results_has_none(recorded: Any) -> None:
    assert results(recorded) == []


def test_fields_of_another_type_are_left_out() -> None:
    (found,) = results(
        [{"test_case_id": "7", "status": 5, "output": 3, "stderr": [], "time_ms": True, "memory_kb": -1}]
    )
    assert found == CaseResult(1, None, "5", None, None, None, None)


@pytest.mark.parametrize(
    ("numbers", "shown"),
    [([1, 2, 57], [1, 2, 57]), ([1, 1], [1, 2]), ([0, 5], [1, 2]), (["1", 2], [1, 2]), ([True, 7], [1, 2])],
)
def test_cases_have_their_place_in_the_problem_where_it_was_recorded(
    numbers: list[Any], shown: list[int]
) -> None:
    recorded = [{"status": "AC", "number": number} for number in numbers]
    assert [result.number for result in results(recorded)] == shown


def test_there_is_a_bound_to_how_many_are_shown() -> None:
    assert len(results([{"status": "AC"}] * (MAX_SHOWN + 1))) == MAX_SHOWN


def test_the_first_failure_is_the_first_that_is_not_passed() -> None:
    found = results([{"status": "AC"}, {"status": "TLE"}, {"status": "WA"}])
    failed = first_failure(found)
    assert failed is not None
    assert (failed.number, failed.status) == (2, "TLE")
    assert first_failure(found[:1]) is None
