"""Answers in JSON. What endpoints return is written by orjson as it is: mypy holds it to its declared shape,
the tests hold it to the OpenAPI document, and nothing validates our own output once more on each request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from ninja.renderers import BaseRenderer
from pydantic import BaseModel

JSON_TYPE = "application/json"
_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS


def _default(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump()
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def to_json(document: Any) -> bytes:
    """A document as JSON; times in UTC end with Z."""
    return orjson.dumps(document, default=_default, option=_OPTIONS)


def answer(document: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """A document as an answer; private to its reader unless `headers` say otherwise."""
    response = HttpResponse(to_json(document), status=status, content_type=JSON_TYPE)
    response["Cache-Control"] = "no-store"
    for name, value in (headers or {}).items():
        response[name] = value
    return response


class OrjsonRenderer(BaseRenderer):
    """How ninja writes what an endpoint returns without `answer`."""

    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        """The body."""
        return to_json(data)
