"""What staff may store of a problem, whichever way it comes: forms hand in what the API's schema would have refused."""

from __future__ import annotations

from typing import Any

import pytest

from api.http.faults import Refusal
from api.problems.editing_rules import MAX_CASE_BYTES, check_whole, checked_cases, checked_fields


@pytest.mark.parametrize(
    ("field", "given", "stored"),
    [
        ("title", "  두 수의 합 ", "두 수의 합"),
        ("url", "", None),
        ("url", " HTTPS://example.org/1 ", "HTTPS://example.org/1"),
        ("difficulty", " ", None),
        ("constraints", "  1 <= n\n", "  1 <= n\n"),
        ("constraints", "\n", None),
        ("solution_code", "\tprint(1)\n", "\tprint(1)\n"),
        ("tags", None, []),
        ("tags", [" DP", "dp", "", "Graph "], ["DP", "Graph"]),
        ("hints", ["a ", "", "b"], ["a", "b"]),
        ("language", "cpp", "cpp"),
        ("time_limit", 2, 2.0),
        ("memory_limit", None, None),
    ],
)
def test_values_are_stored_tidy(field: str, given: Any, stored: Any) -> None:
    assert checked_fields({field: given}) == {field: stored}


@pytest.mark.parametrize(
    ("field", "given", "why"),
    [
        ("title", None, "must be text"),
        ("title", " ", "empty"),
        ("title", "a\ud800", "half of a character"),
        ("tags", ["a\ud800"], "half of a character"),
        ("platform", "x" * 101, "at most 100 characters"),
        ("url", "javascript:alert(1)", "https://"),
        ("url", "//example.org", "https://"),
        ("language", "cobol", "choose one of"),
        ("tags", "dp", "a list"),
        ("tags", [7], "must be text"),
        ("tags", [f"t{n}" for n in range(17)], "at most 16"),
        ("hints", ["x"] * 6, "at most 5"),
        ("time_limit", True, "seconds"),
        ("time_limit", float("nan"), "seconds"),
        ("memory_limit", 1.5, "whole MB"),
        ("is_deleted", True, "no such field"),
    ],
)
def test_a_value_that_cannot_be_stored_is_named_with_the_reason(field: str, given: Any, why: str) -> None:
    with pytest.raises(Refusal) as caught:
        checked_fields({"title": "fine", field: given})
    ((place, message),) = caught.value.fields
    assert place == f"body.{field}"
    assert why in message


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(Refusal) as caught:
        checked_fields({"title": "", "url": "x", "platform": "fine"})
    assert [field for field, _ in caught.value.fields] == ["body.title", "body.url"]


def test_a_solution_without_a_language_is_refused() -> None:
    check_whole({"solution_code": None, "language": None})
    check_whole({"solution_code": "x", "language": "c"})
    with pytest.raises(Refusal) as caught:
        check_whole({"solution_code": "x", "language": None})
    assert [field for field, _ in caught.value.fields] == ["body.language"]


def test_cases_are_bounded_in_number_and_in_bytes_not_characters() -> None:
    case = {"input": "1", "output": "2"}
    assert checked_cases([case, {**case, "is_sample": True}]) == [
        {**case, "is_sample": False}, {**case, "is_sample": True},
    ]  # fmt: skip
    for wrong in ([], [case] * 201):
        with pytest.raises(Refusal) as caught:
            checked_cases(wrong)
        assert caught.value.kind.status == 422
    with pytest.raises(Refusal) as caught:
        checked_cases([case, {"input": "1", "output": 7}])
    assert [field for field, _ in caught.value.fields] == ["body.cases.1.output"]
    third = MAX_CASE_BYTES // 3
    checked_cases([{"input": "정" * third, "output": ""}])
    with pytest.raises(Refusal) as caught:
        checked_cases([{"input": "정" * third, "output": "정"}])
    assert caught.value.kind.status == 413
