"""Cursors: opaque, bound to their query, and refused when they are anything else."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.dynamodb.errors import InvalidInput
from api.dynamodb.table.cursor import Page, check_limit, decode_cursor, encode_cursor, query_digest

DIGEST = query_digest("users", {"user_id": 7})


@given(st.text(max_size=300))
def test_a_position_comes_back_as_it_went_in(position: str) -> None:
    assert decode_cursor(DIGEST, encode_cursor(DIGEST, position)) == position


def test_a_cursor_travels_in_a_url_as_it_is() -> None:
    cursor = encode_cursor(DIGEST, "2026-01-01T00:00:00.000000#0000000000000007")
    assert set(cursor) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def test_no_cursor_is_the_beginning() -> None:
    assert decode_cursor(DIGEST, None) is None


@pytest.mark.parametrize("other", [("users", {"user_id": 8}), ("runs", {"user_id": 7}), ("users", {})])
def test_a_cursor_of_another_query_is_refused(other: tuple[str, dict[str, Any]]) -> None:
    with pytest.raises(InvalidInput, match="another list"):
        decode_cursor(DIGEST, encode_cursor(query_digest(*other), "x"))


def _b64(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "", "garbage", "정", "====", "A" * 3000, "A", _b64("{}"), _b64("[]"), _b64("[1]"), _b64("null"),
        _b64(f'["{DIGEST}", 7]'), _b64(f'["{DIGEST}", "a", "b"]'), _b64(f'["{DIGEST}", "\\ud800"]'),
        _b64("[" * 900), 7, b"abc",
    ],
)  # fmt: skip
def test_garbage_is_refused(cursor: Any) -> None:
    with pytest.raises(InvalidInput, match="cursor"):
        decode_cursor(DIGEST, cursor)


@given(st.text(max_size=200))
def test_any_text_is_a_cursor_or_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        decode_cursor(DIGEST, text)


@pytest.mark.parametrize("limit", [0, -1, 101, 1.5, "10", True, None])
def test_a_limit_outside_1_to_100_is_refused(limit: Any) -> None:
    with pytest.raises(InvalidInput, match="limit"):
        check_limit(limit)


def test_a_page_is_its_items() -> None:
    page = Page([1, 2], "next")
    assert list(page) == [1, 2]
    assert len(page) == 2
    assert page.cursor == "next"
