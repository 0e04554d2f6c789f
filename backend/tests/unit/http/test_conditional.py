"""Conditional requests: which versions a reader has, and which one a writer changes."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import RequestFactory

from api.http.conditional import etag_of, expected_version, not_modified
from api.http.errors import ApiError
from api.http.problem_types import PRECONDITION_FAILED, PRECONDITION_REQUIRED

ETAG = etag_of(7, 3)


def request(**headers: str) -> Any:
    return RequestFactory().get("/", headers=headers)


@pytest.mark.parametrize("header", [ETAG, f"W/{ETAG}", f'"x", {ETAG}', "*"])
def test_a_reader_who_has_the_version_is_told_so(header: str) -> None:
    response = not_modified(request(**{"If-None-Match": header}), ETAG)
    assert response is not None
    assert (response.status_code, response["ETag"], response.content) == (304, ETAG, b"")


@pytest.mark.parametrize("header", ["", '"7-2"', '"x"', "7-3"])
def test_any_other_reader_gets_it_whole(header: str) -> None:
    assert not_modified(request(**{"If-None-Match": header}), ETAG) is None


def test_who_names_no_version_gets_it_whole() -> None:
    assert not_modified(request(), ETAG) is None


@pytest.mark.parametrize("header", [ETAG, f"W/{ETAG}", etag_of(7, 3, "m12"), f'"8-1", {ETAG}'])
def test_a_change_is_made_on_the_version_that_it_names(header: str) -> None:
    assert expected_version(request(**{"If-Match": header}), 7) == 3


def test_a_change_may_be_made_on_any_version() -> None:
    assert expected_version(request(**{"If-Match": "*"}), 7) is None


def test_a_change_must_name_a_version_where_that_is_required() -> None:
    with pytest.raises(ApiError) as caught:
        expected_version(request(), 7)
    assert caught.value.problem is PRECONDITION_REQUIRED
    assert expected_version(request(), 7, required=False) is None


@pytest.mark.parametrize("header", ['"8-3"', '"x"', "7-3", '"7-"', '"7-3-4"', f'"7-{"9" * 40}"'])
def test_a_tag_of_something_else_is_refused(header: str) -> None:
    with pytest.raises(ApiError) as caught:
        expected_version(request(**{"If-Match": header}), 7)
    assert caught.value.problem is PRECONDITION_FAILED
