"""Pages of lists: cursors signed for their list and reader, and `Link: rel="next"`."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence
from hashlib import blake2b
from typing import Annotated, Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.utils.encoding import escape_uri_path
from ninja import Query
from pydantic import Field

from api.dynamodb.table.cursor import MAX_LIMIT, Page
from api.http.errors import invalid_field
from api.http.json_responses import json_response
from api.http.signing_keys import signing_keys

LimitQuery = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="entries per page")]
CursorQuery = Annotated[
    str | None,
    Query(
        max_length=4096,
        description="`next` of the previous page; omit for the first page",
    ),
]
Next = Annotated[str | None, Field(description="the cursor of the next page; null at the end")]
_PURPOSE, _SIGNATURE_BYTES = "cursor", 12


def _signature(cursor: str, scope: str, key: bytes) -> str:
    digest = blake2b(f"{scope}\n{cursor}".encode(), key=key, digest_size=_SIGNATURE_BYTES).digest()
    return base64.urlsafe_b64encode(digest).decode("ascii")


def seal(cursor: str | None, scope: str) -> str | None:
    """A repository's cursor as clients get it, signed; `scope` names the list and its reader."""
    return None if cursor is None else f"{cursor}.{_signature(cursor, scope, signing_keys(_PURPOSE)[0])}"


def unseal(text: str | None, scope: str) -> str | None:
    """The repository's cursor. Raises `ApiError`, 422, for a cursor that was signed for another list or reader."""
    if not text:
        return None
    cursor, _, signature = text.rpartition(".")
    for key in signing_keys(_PURPOSE):
        if hmac.compare_digest(signature.encode(), _signature(cursor, scope, key).encode()):
            return cursor
    raise invalid_field("query.cursor", "invalid_cursor")


def next_address(request: HttpRequest, cursor: str) -> str:
    """The path and query of the next page, percent-encoded: those of this page, with the cursor."""
    parameters = dict(request.GET.lists()) | {"cursor": [cursor]}
    return f"{escape_uri_path(request.path)}?{urlencode(parameters, doseq=True)}"


def page_response(request: HttpRequest, items: Sequence[Any], page: Page[Any], scope: str) -> HttpResponse:
    """A page of a list: {"items": ..., "next": ...}, with a Link header when there is a next page."""
    cursor = seal(page.cursor, scope)
    response = json_response({"items": items, "next": cursor})
    if cursor is not None:
        response["Link"] = f'<{next_address(request, cursor)}>; rel="next"'
    return response
