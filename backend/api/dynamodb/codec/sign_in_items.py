"""Builds the items of sign-in: sessions, used nonces, and attempts counted by network address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.dynamodb.codec.item_size import WireItem
from api.dynamodb.codec.items import CODECS, with_keys
from api.dynamodb.schema import keys


def session_item(record: Mapping[str, Any]) -> WireItem:
    """A session: one item."""
    attributes = CODECS["session"].encode(record)
    return with_keys(keys.sessions_pk(record["user_id"]), keys.session_sk(record["session_id"]), attributes)


def used_nonce_item(nonce: str, use_id: str, expires_at: int) -> WireItem:
    """The guard of a nonce; `use_id` identifies the use, `expires_at` is in epoch seconds."""
    attributes = CODECS["used_nonce"].encode({"use_id": use_id, "expires_at": expires_at})
    return with_keys(keys.nonce_pk(nonce), keys.GUARD, attributes)


def address_window_item(address: str, kind: str, start: int, count: int, expires_at: int) -> WireItem:
    """The count of an address in a window; `start` and `expires_at` are in epoch seconds."""
    attributes = CODECS["address_window"].encode({"count": count, "expires_at": expires_at})
    return with_keys(keys.address_pk(address), keys.address_window_sk(kind, start), attributes)
