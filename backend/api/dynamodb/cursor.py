"""Pages and their cursors: a cursor is an opaque text that says where the next page starts.

It holds the sort position of the last entry that was looked at, and a digest of the query
it belongs to, so that it cannot be used for another query or another person's list.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Generic, TypeVar

import orjson

from api.dynamodb.errors import InvalidInput

T = TypeVar("T")

MAX_LIMIT = 100
_MAX_CURSOR_CHARACTERS = 2048


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some of a list: `items` in order, and the `cursor` of the next page, None at the end."""

    items: list[T]
    cursor: str | None

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


def check_limit(limit: int) -> int:
    """The limit itself. Raises `InvalidInput` unless it is a whole number from 1 to 100."""
    if type(limit) is not int or not 1 <= limit <= MAX_LIMIT:
        raise InvalidInput(f"limit is {limit!r}: give a whole number from 1 to {MAX_LIMIT}")
    return limit


def query_digest(name: str, parameters: dict[str, Any]) -> str:
    """What binds a cursor to its query: a short digest of the query's name and parameters."""
    text = orjson.dumps([name, parameters], option=orjson.OPT_SORT_KEYS, default=str)
    return blake2b(text, digest_size=6).hexdigest()


def encode_cursor(digest: str, position: str) -> str:
    """The cursor of a query that goes on after a sort position."""
    return base64.urlsafe_b64encode(orjson.dumps([digest, position])).decode("ascii").rstrip("=")


def decode_cursor(digest: str, cursor: str | None) -> str | None:
    """The sort position after which the query goes on; None for its beginning.

    Raises `InvalidInput` for a text that is no cursor or belongs to another query.
    """
    if cursor is None:
        return None
    if not isinstance(cursor, str) or not 0 < len(cursor) <= _MAX_CURSOR_CHARACTERS:
        raise InvalidInput("the cursor is not one that this list gave out")
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        content = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True).decode())
        found, position = content
        position.encode()
    except (binascii.Error, ValueError, TypeError, AttributeError, RecursionError):
        raise InvalidInput("the cursor is not one that this list gave out") from None
    if found != digest:
        raise InvalidInput("the cursor belongs to another list")
    return str(position)
