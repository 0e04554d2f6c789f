"""JSON responses, serialized by orjson without validation: mypy checks their declared types, and the tests check
them against the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from ninja.renderers import BaseRenderer
from pydantic import BaseModel

from api.http.response_headers import ConstantHeaders, set_header

JSON_TYPE = "application/json"
_NOT_CACHED = ConstantHeaders({"Cache-Control": "no-store"})
_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS


def _default(value: Any) -> Any:
    if isinstance(value, Decimal):
        return orjson.Fragment(str(value))
    if isinstance(value, BaseModel):
        return value.model_dump()
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} cannot be serialized as JSON")


def to_json(document: Any, *, indented: bool = False) -> bytes:
    """A document as JSON; UTC times end with Z, decimals and large integers from MySQL keep all their digits."""
    options = _OPTIONS | orjson.OPT_INDENT_2 if indented else _OPTIONS
    try:
        return orjson.dumps(document, default=_default, option=options)
    except TypeError:
        return orjson.dumps(_with_large_numbers(document), default=_default, option=options)


def _with_large_numbers(value: Any) -> Any:
    """The document with integers beyond 64 bits, which orjson rejects, as raw JSON fragments."""
    if type(value) is int and not -(2**63) <= value < 2**64:
        return orjson.Fragment(str(value))
    if isinstance(value, dict):
        return {name: _with_large_numbers(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_with_large_numbers(part) for part in value]
    return value


def json_response(
    document: Any, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    """A document as a response that is not cached, unless `headers` set another Cache-Control."""
    response = HttpResponse(to_json(document), status=status, content_type=JSON_TYPE)
    _NOT_CACHED.set(response)
    for name, value in (headers or {}).items():
        set_header(response, name, value)
    return response


class OrjsonRenderer(BaseRenderer):
    """Serializes what an endpoint returns without `json_response`."""

    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        """The serialized body."""
        return to_json(data)
