"""Filters of a list of runs, out of an address and back into one."""

from __future__ import annotations

import pytest
from django.http import QueryDict

from api.http.errors import ApiError
from api.http.problem_types import INVALID
from web.runs.filters import RunFilters


def test_an_address_without_filters_asks_for_everything() -> None:
    filters = RunFilters.of(QueryDict("cursor=x&platform=&language=+&result=&visibility=&problem="))
    assert filters == RunFilters()
    assert not filters.is_any
    assert (filters.passed, filters.public) == (None, None)


def test_filters_are_read_from_an_address() -> None:
    filters = RunFilters.of(
        QueryDict("platform=leetcode&language=c%2B%2B&result=failed&visibility=public&problem=7")
    )
    assert filters == RunFilters("leetcode", "c++", "failed", "public", 7)
    assert (filters.passed, filters.public) == (False, True)
    assert filters.without_problem == "platform=leetcode&language=c%2B%2B&result=failed&visibility=public"


@pytest.mark.parametrize("query", ["problem=-1", "problem=x", "problem=" + "9" * 16, "language=" + "x" * 101])
def test_what_cannot_be_a_filter_is_refused(query: str) -> None:
    with pytest.raises(ApiError) as refused:
        RunFilters.of(QueryDict(query))
    assert refused.value.problem is INVALID
