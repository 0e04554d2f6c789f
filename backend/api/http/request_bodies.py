"""Bodies of requests: the base of their models, and the parser, which takes JSON and nothing else."""

from __future__ import annotations

from typing import Annotated, Any, cast

import orjson
from django.http import HttpRequest
from ninja.parser import Parser
from pydantic import BaseModel, BeforeValidator, ConfigDict

from api.http.errors import ApiError
from api.http.json_responses import JSON_TYPE


def _whole(value: Any) -> Any:
    return int(value) if type(value) is float and value.is_integer() else value


# The type of whole numbers in bodies: in JSON, 1.0 is one.
Whole = Annotated[int, BeforeValidator(_whole)]


class RequestBody(BaseModel):
    """The base of every model of a body: no unknown fields, and neither `true` nor `"1"` for the number 1."""

    model_config = ConfigDict(extra="forbid", strict=True)


class JsonParser(Parser):
    """Parses request bodies for ninja; orjson rejects lone surrogates, which UTF-8 cannot encode."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        """The parsed body. Raises `ApiError`, 415, unless it is sent as plain JSON, and `JSONDecodeError`."""
        encoding = request.META.get("HTTP_CONTENT_ENCODING", "").strip().lower()
        if encoding not in ("", "identity"):
            raise ApiError("body_encoded", headers={"Accept-Encoding": "identity"})
        if request.content_type != JSON_TYPE:
            raise ApiError("json_required", headers={"Accept": JSON_TYPE})
        return cast("dict[str, Any]", orjson.loads(request.body))
