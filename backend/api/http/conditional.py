"""Conditional requests: ETags of versions, `If-None-Match` on reads, `If-Match` on changes."""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponse

from api.http.faults import PRECONDITION_FAILED, PRECONDITION_REQUIRED, Refusal

_ETAG = re.compile(r'"(?P<number>[0-9]{1,16})-(?P<version>[0-9]{1,15})([a-z][a-z0-9]*)?"')


def etag_of(number: int, version: int, variant: str = "") -> str:
    """The ETag of a thing's version; `variant` tells representations apart that differ by who reads them."""
    return f'"{number}-{version}{variant}"'


def _tags(header: str) -> list[str]:
    return [tag.strip().removeprefix("W/") for tag in header.split(",")]


def not_modified(request: HttpRequest, etag: str) -> HttpResponse | None:
    """The 304 for a reader who has this version; None for all others."""
    header = request.META.get("HTTP_IF_NONE_MATCH")
    if header is None or (header.strip() != "*" and etag not in _tags(header)):
        return None
    response = HttpResponse(status=304)
    del response["Content-Type"]
    response["ETag"] = etag
    return response


def expected_version(request: HttpRequest, number: int, *, required: bool = True) -> int | None:
    """The version that `If-Match` names of thing `number`: what the change is made on; None for `*`.

    Raises `Refusal`: 428 where the header is missing and `required`, 412 for a tag that is none of the thing's.
    """
    header = request.META.get("HTTP_IF_MATCH")
    if header is None:
        if required:
            raise Refusal(PRECONDITION_REQUIRED, "Send the ETag of the version that you change in If-Match.")
        return None
    if header.strip() == "*":
        return None
    for tag in _tags(header):
        found = _ETAG.fullmatch(tag)
        if found and int(found["number"]) == number:
            return int(found["version"])
    raise Refusal(PRECONDITION_FAILED, "The ETag in If-Match is not one of this thing.")
