"""What staff may store of a problem, whichever way it comes: forms hand in what the API's schema would have refused."""

from __future__ import annotations

from typing import Any

import pytest

from api.http.errors import ApiError
from api.problems.validation import MAX_CASE_BYTES, check_consistency, checked_cases, checked_fields


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
    ("field", "given", "code"),
    [
        ("title", None, "not_text"),
        ("title", " ", "empty"),
        ("title", "a\ud800", "lone_surrogate"),
        ("title", "a\u202eb", "unseen_character"),
        ("title", "\u3164", "unseen_character"),
        ("platform", "a\nb", "unseen_character"),
        ("problem_number", "1\x00", "nul_character"),
        ("difficulty", "\u200beasy", "unseen_character"),
        ("tags", ["dp", "d\u200bp"], "unseen_character"),
        ("hints", ["a\x00b"], "nul_character"),
        ("constraints", "a\x00b", "nul_character"),
        ("solution_code", "a\x00b", "nul_character"),
        ("tags", ["a\ud800"], "lone_surrogate"),
        ("platform", "x" * 101, "too_long"),
        ("url", "javascript:alert(1)", "not_a_url"),
        ("url", "//example.org", "not_a_url"),
        ("language", "cobol", "choices"),
        ("tags", "dp", "not_texts"),
        ("tags", [7], "not_text"),
        ("tags", [f"t{n}" for n in range(17)], "too_many_items"),
        ("hints", ["x"] * 6, "too_many_items"),
        ("time_limit", True, "number_range"),
        ("time_limit", float("nan"), "number_range"),
        ("memory_limit", 1.5, "whole_number_range"),
        ("is_deleted", True, "unknown_field"),
    ],
)
def test_a_value_that_cannot_be_stored_is_named_with_the_reason(field: str, given: Any, code: str) -> None:
    with pytest.raises(ApiError) as caught:
        checked_fields({"title": "fine", field: given})
    (invalid,) = caught.value.fields
    assert (invalid.field, invalid.code) == (f"body.{field}", code)


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(ApiError) as caught:
        checked_fields({"title": "", "url": "x", "platform": "fine"})
    assert [invalid.field for invalid in caught.value.fields] == ["body.title", "body.url"]


def test_a_solution_without_a_language_is_refused() -> None:
    check_consistency({"solution_code": None, "language": None})
    check_consistency({"solution_code": "x", "language": "c"})
    with pytest.raises(ApiError) as caught:
        check_consistency({"solution_code": "x", "language": None})
    assert [invalid.field for invalid in caught.value.fields] == ["body.language"]


def test_cases_are_bounded_in_number_and_in_bytes_not_characters() -> None:
    case = {"input": "1", "output": "2"}
    assert checked_cases([case, {**case, "is_sample": True}]) == [
        {**case, "is_sample": False}, {**case, "is_sample": True},
    ]  # fmt: skip
    for wrong in ([], [case] * 201):
        with pytest.raises(ApiError) as caught:
            checked_cases(wrong)
        assert caught.value.problem.status == 422
    with pytest.raises(ApiError) as caught:
        checked_cases([case, {"input": "1", "output": 7}])
    assert [invalid.field for invalid in caught.value.fields] == ["body.cases.1.output"]
    third = MAX_CASE_BYTES // 3
    checked_cases([{"input": "정" * third, "output": ""}])
    with pytest.raises(ApiError) as caught:
        checked_cases([{"input": "정" * third, "output": "정"}])
    assert caught.value.problem.status == 413
