"""Pages of lists: cursors that are signed and bound to their list and reader, `Link: rel="next"`."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence
from hashlib import blake2b
from typing import Annotated, Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from ninja import Query
from pydantic import Field

from api.dynamodb.cursor import MAX_LIMIT, Page
from api.http.answers import answer
from api.http.faults import invalid
from api.http.signing_keys import signing_keys

LimitQuery = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="entries of a page")]
CursorQuery = Annotated[
    str | None,
    Query(
        max_length=4096,
        description="where the page starts: `next` of the page before; leave out for the first",
    ),
]
Next = Annotated[str | None, Field(description="the cursor of the next page; null at the end")]
_PURPOSE, _SIGNATURE_BYTES = "cursor", 12


def _signature(cursor: str, scope: str, key: bytes) -> str:
    digest = blake2b(f"{scope}\n{cursor}".encode(), key=key, digest_size=_SIGNATURE_BYTES).digest()
    return base64.urlsafe_b64encode(digest).decode("ascii")


def seal(cursor: str | None, scope: str) -> str | None:
    """A repository's cursor as a client gets it; `scope` names the list and who reads it."""
    return None if cursor is None else f"{cursor}.{_signature(cursor, scope, signing_keys(_PURPOSE)[0])}"


def unseal(text: str | None, scope: str) -> str | None:
    """The repository's cursor again. Raises `Refusal` for one that this list did not give this reader."""
    if not text:
        return None
    cursor, _, signature = text.rpartition(".")
    for key in signing_keys(_PURPOSE):
        if hmac.compare_digest(signature.encode(), _signature(cursor, scope, key).encode()):
            return cursor
    raise invalid("query.cursor", "this is not a cursor that this list gave you; leave it out to start anew")


def next_address(request: HttpRequest, cursor: str) -> str:
    """The address of the next page: this one's, with the cursor."""
    others = [
        part for part in request.META.get("QUERY_STRING", "").split("&")
        if part and not part.startswith("cursor=")
    ]  # fmt: skip
    return f"{request.path}?{'&'.join([*others, f'cursor={quote(cursor)}'])}"


def page_answer(request: HttpRequest, items: Sequence[Any], page: Page[Any], scope: str) -> HttpResponse:
    """A page of a list: {"items": ..., "next": ...}, with the header Link where there is a next one."""
    cursor = seal(page.cursor, scope)
    response = answer({"items": items, "next": cursor})
    if cursor is not None:
        response["Link"] = f'<{next_address(request, cursor)}>; rel="next"'
    return response
