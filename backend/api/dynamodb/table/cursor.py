"""Pages of lists, and cursors: opaque texts that say where the next page starts.

A cursor holds the sort position of the last entry that was examined, and a digest of its query, so that it
cannot be used for another query or for another person's list.
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
    """One page of a list: its `items` in order, and the `cursor` of the next page (None at the end)."""

    items: list[T]
    cursor: str | None

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


def check_limit(limit: int) -> int:
    """Returns the limit. Raises `InvalidInput` unless it is a whole number from 1 to 100."""
    if type(limit) is not int or not 1 <= limit <= MAX_LIMIT:
        raise InvalidInput(f"limit is {limit!r}: give a whole number from 1 to {MAX_LIMIT}")
    return limit


def query_digest(name: str, parameters: dict[str, Any]) -> str:
    """A short digest of a query's name and parameters, which binds a cursor to the query."""
    text = orjson.dumps([name, parameters], option=orjson.OPT_SORT_KEYS, default=str)
    return blake2b(text, digest_size=6).hexdigest()


def encode_cursor(digest: str, position: str) -> str:
    """The cursor with which a query continues after a sort position."""
    return base64.urlsafe_b64encode(orjson.dumps([digest, position])).decode("ascii").rstrip("=")


def decode_cursor(digest: str, cursor: str | None) -> str | None:
    """The sort position after which the query continues; None for its beginning.

    Raises `InvalidInput` for a text that is not a cursor, or is the cursor of another query.
    """
    if cursor is None:
        return None
    if not isinstance(cursor, str) or not 0 < len(cursor) <= _MAX_CURSOR_CHARACTERS:
        raise InvalidInput("the cursor is not one that this list gave out")
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        content = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True).decode())
        cursor_digest, position = content
        position.encode()
    except (binascii.Error, ValueError, TypeError, AttributeError, RecursionError):
        raise InvalidInput("the cursor is not one that this list gave out") from None
    if cursor_digest != digest:
        raise InvalidInput("the cursor belongs to another list")
    return str(position)
