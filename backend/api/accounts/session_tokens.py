"""The tokens of sessions: `{user id}.{session id}.{secret}`, of which the table keeps a hash alone.

The secret has 256 random bits and a signature, so that a token that was made up is told without a call, and
ends nobody's session.
"""

from __future__ import annotations

import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import blake2b, sha256
from typing import Literal

from api.dynamodb.ids import MAX_ID
from api.http.signing_keys import signing_keys

Kind = Literal["web", "api"]
MAX_CHARACTERS = 128
_PURPOSES: dict[Kind, str] = {"web": "page session", "api": "refresh token"}
_RANDOM_BYTES, _RANDOM_CHARACTERS, _SIGNATURE_BYTES = 32, 43, 12
_FORM = re.compile(r"(0|[1-9][0-9]{0,15})\.(0|[1-9][0-9]{0,15})\.([A-Za-z0-9_-]{43})([A-Za-z0-9_-]{16})")


@dataclass(frozen=True, slots=True)
class SessionToken:
    """A token that we once gave to somebody; whether it still holds, only the table knows."""

    user_id: int
    session_id: int
    text: str = field(repr=False)
    token_hash: str = field(repr=False)


def new_secret() -> str:
    """The random part of a new token."""
    return secrets.token_urlsafe(_RANDOM_BYTES)


def hash_of(secret: str) -> str:
    """What the table keeps of a token's random part; 256 random bits need no slow hash."""
    return urlsafe_b64encode(sha256(secret.encode()).digest()).decode().rstrip("=")


def _signature(kind: Kind, user_id: int, session_id: int, secret: str, key: bytes) -> str:
    text = f"{kind}.{user_id}.{session_id}.{secret}".encode()
    return urlsafe_b64encode(blake2b(text, key=key, digest_size=_SIGNATURE_BYTES).digest()).decode()


def token_text(kind: Kind, user_id: int, session_id: int, secret: str) -> str:
    """The token that a client gets."""
    signature = _signature(kind, user_id, session_id, secret, signing_keys(_PURPOSES[kind])[0])
    return f"{user_id}.{session_id}.{secret}{signature}"


def read_token(kind: Kind, text: str) -> SessionToken | None:
    """The token of a text; None unless it is of that kind and made by us. No call."""
    found = _FORM.fullmatch(text) if len(text) <= MAX_CHARACTERS else None
    if found is None:
        return None
    user_id, session_id, secret = int(found[1]), int(found[2]), found[3]
    if max(user_id, session_id) > MAX_ID:
        return None
    for key in signing_keys(_PURPOSES[kind]):
        if hmac.compare_digest(found[4], _signature(kind, user_id, session_id, secret, key)):
            return SessionToken(user_id, session_id, text, hash_of(secret))
    return None
