"""Headers that are set without Django's check of each: what is set, and what Django still checks."""

from __future__ import annotations

import pytest
from django.http import BadHeaderError, HttpResponse

from api.http.response_headers import ConstantHeaders, set_header


def test_constant_headers_replace_those_of_the_response() -> None:
    response = HttpResponse("x", headers={"cache-control": "no-cache", "ETag": '"1"'})
    ConstantHeaders({"Cache-Control": "no-store", "X-Kind": "data"}).set(response)
    assert dict(response.items()) == {
        "Cache-Control": "no-store", "ETag": '"1"', "Content-Type": "text/html; charset=utf-8", "X-Kind": "data",
    }  # fmt: skip


def test_one_response_changes_no_other() -> None:
    headers = ConstantHeaders({"Cache-Control": "no-store"})
    first, second = HttpResponse(), HttpResponse()
    headers.set(first)
    first["Cache-Control"] = "no-cache"
    headers.set(second)
    assert (first["Cache-Control"], second["Cache-Control"]) == ("no-cache", "no-store")


def test_constant_headers_are_checked() -> None:
    with pytest.raises(BadHeaderError):
        ConstantHeaders({"X-Kind": "a\r\nSet-Cookie: b"})


@pytest.mark.parametrize("value", ["", "plain", '"7-3"', "café", "합계", "a\tb"])
def test_a_header_is_as_django_sets_it(value: str) -> None:
    ours, djangos = HttpResponse(), HttpResponse()
    set_header(ours, "X-Kind", value)
    djangos["X-Kind"] = value
    assert list(ours.items()) == list(djangos.items())


@pytest.mark.parametrize("value", ["a\nb", "a\r\nSet-Cookie: b", "é\n"])
def test_a_header_has_no_line_breaks(value: str) -> None:
    with pytest.raises(BadHeaderError):
        set_header(HttpResponse(), "X-Kind", value)
