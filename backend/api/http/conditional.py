"""Conditional requests: ETags made of versions, `If-None-Match` on reads, `If-Match` on changes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse

from api.http.errors import ApiError
from api.http.json_responses import json_response

_ETAG = re.compile(r'"(?P<number>[0-9]{1,16})-(?P<version>[0-9]{1,15})([a-z][a-z0-9]*)?"')


def etag_of(number: int, version: int, variant: str = "") -> str:
    """The ETag of a resource's version; `variant` distinguishes representations that differ by reader."""
    return f'"{number}-{version}{variant}"'


def _tags(header: str) -> list[str]:
    return [tag.strip().removeprefix("W/") for tag in header.split(",")]


def not_modified(request: HttpRequest, etag: str) -> HttpResponse | None:
    """The 304 response for a client that has this version; None for any other client."""
    header = request.META.get("HTTP_IF_NONE_MATCH")
    if header is None or (header.strip() != "*" and etag not in _tags(header)):
        return None
    response = HttpResponse(status=304)
    del response["Content-Type"]
    response["ETag"] = etag
    return response


def expected_version(request: HttpRequest, number: int, *, required: bool = True) -> int | None:
    """The version in `If-Match` that a change of resource `number` is based on; None for `*`.

    Raises `ApiError`: 428 when the header is missing and `required`, 412 for an ETag of another resource.
    """
    header = request.META.get("HTTP_IF_MATCH")
    if header is None:
        if required:
            raise ApiError("if_match_required")
        return None
    if header.strip() == "*":
        return None
    for tag in _tags(header):
        match = _ETAG.fullmatch(tag)
        if match and int(match["number"]) == number:
            return int(match["version"])
    raise ApiError("etag_of_other_resource")


def check_etag(request: HttpRequest, etag: str) -> None:
    """Raises `ApiError` unless `If-Match` names this very ETag: 428 when it is missing, 412 for others."""
    header = request.META.get("HTTP_IF_MATCH")
    if header is None:
        raise ApiError("if_match_required")
    if header.strip() != "*" and etag not in _tags(header):
        raise ApiError("etag_changed", etag=etag)


def check_version(version: int, expected: int | None) -> None:
    """Raises `ApiError`, 412, unless the stored `version` is the `expected` one; None expects any version."""
    if expected is not None and version != expected:
        raise ApiError("version_changed", version=version)


def versioned_response(
    document: Any, number: int, version: int, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    """A JSON response with the ETag of resource `number` at `version`."""
    return json_response(
        document, status=status, headers={"ETag": etag_of(number, version), **(headers or {})}
    )
