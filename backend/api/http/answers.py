"""Answers in JSON. What endpoints return is written by orjson as it is: mypy holds it to its declared shape,
the tests hold it to the OpenAPI document, and nothing validates our own output once more on each request."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, cast

import orjson
from django.http import HttpRequest, HttpResponse
from ninja.parser import Parser
from ninja.renderers import BaseRenderer
from pydantic import BaseModel

JSON_TYPE = "application/json"
_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS


def _default(value: Any) -> Any:
    if isinstance(value, Decimal):
        return orjson.Fragment(str(value))
    if isinstance(value, BaseModel):
        return value.model_dump()
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def to_json(document: Any) -> bytes:
    """A document as JSON; times in UTC end with Z. Numbers that came from MySQL keep all their digits."""
    try:
        return orjson.dumps(document, default=_default, option=_OPTIONS)
    except TypeError:
        return orjson.dumps(_with_large_numbers(document), default=_default, option=_OPTIONS)


def _with_large_numbers(value: Any) -> Any:
    """The document again, whole numbers beyond 64 bits, which orjson refuses, as the text that they are."""
    if type(value) is int and not -(2**63) <= value < 2**64:
        return orjson.Fragment(str(value))
    if isinstance(value, dict):
        return {name: _with_large_numbers(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_with_large_numbers(part) for part in value]
    return value


def answer(document: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """A document as an answer; private to its reader unless `headers` say otherwise."""
    response = HttpResponse(to_json(document), status=status, content_type=JSON_TYPE)
    response["Cache-Control"] = "no-store"
    for name, value in (headers or {}).items():
        response[name] = value
    return response


class OrjsonParser(Parser):
    """How ninja reads a body; texts that UTF-8 cannot hold (lone surrogates) are no JSON to it."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        """The body's content."""
        return cast("dict[str, Any]", orjson.loads(request.body))


class OrjsonRenderer(BaseRenderer):
    """How ninja writes what an endpoint returns without `answer`."""

    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        """The body."""
        return to_json(data)
