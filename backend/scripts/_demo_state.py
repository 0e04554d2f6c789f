"""What `make run` may assume of a kept table: an item in the table itself says what was moved into it and proven.

The item is written after the proof, so it also shows that the engine kept what it had. What people did with
the service since then does not touch it.
"""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path
from typing import Any

from api.dynamodb.errors import TableMissing
from api.dynamodb.schema.keys import OPERATIONS_PREFIX
from api.dynamodb.transport.http import Transport

_KEY = {"PK": {"S": f"{OPERATIONS_PREFIX}demo"}, "SK": {"S": "MOVED"}}
_DIGEST = "src"
_PIECE = 1 << 20


def digest_of(source: Path) -> str | None:
    """A digest of a source file's content; None if there is none."""
    digest = blake2b(digest_size=16)
    try:
        with source.open("rb") as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
    except FileNotFoundError:
        return None
    return digest.hexdigest()


class MovedState:
    """The record, in the configured table, of the source that was moved into it."""

    def __init__(self, table: str) -> None:
        self._table = table
        self._transport = Transport.of_environment()

    def read(self) -> str | None:
        """The digest of the source that was moved; None where no move was proven, or there is no table.

        One GetItem, consistent: 1 RCU.
        """
        request = {"TableName": self._table, "Key": _KEY, "ConsistentRead": True}
        try:
            item: Any = self._transport.call("GetItem", request).get("Item")
        except TableMissing:
            return None
        return None if item is None else str(item[_DIGEST]["S"])

    def write(self, digest: str) -> None:
        """Records that the source of this digest is in the table. One PutItem: 1 WCU."""
        item = {**_KEY, _DIGEST: {"S": digest}}
        self._transport.call("PutItem", {"TableName": self._table, "Item": item})
