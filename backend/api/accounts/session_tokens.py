"""Session tokens: `{user id}.{session id}.{secret}`; the table keeps a hash of the secret only.

The secret has 256 random bits and a signature, so a forged token is rejected without a call and ends no session.
"""

from __future__ import annotations

import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import blake2b, sha256
from typing import Literal

from api.dynamodb.schema.ids import MAX_ID
from api.http.signing_keys import signing_keys

Kind = Literal["web", "api", "token"]
MAX_CHARACTERS = 128
_PURPOSES: dict[Kind, str] = {"web": "page session", "api": "refresh token", "token": "personal token"}
_RANDOM_BYTES, _RANDOM_CHARACTERS, _SIGNATURE_BYTES = 32, 43, 12
_FORM = re.compile(r"(0|[1-9][0-9]{0,15})\.(0|[1-9][0-9]{0,15})\.([A-Za-z0-9_-]{43})([A-Za-z0-9_-]{16})")


@dataclass(frozen=True, slots=True)
class SessionToken:
    """A token that this service issued; only the table knows whether it is still valid."""

    user_id: int
    session_id: int
    text: str = field(repr=False)
    token_hash: str = field(repr=False)
    _key: bytes = field(repr=False)

    def next_secret(self) -> str:
        """The random part of the token that replaces this one: the same whenever it is asked, and secret to others."""
        digest = blake2b(b"next." + self.text.encode(), key=self._key, digest_size=_RANDOM_BYTES).digest()
        return _base64(digest)


def new_secret() -> str:
    """The random part of a new token."""
    return secrets.token_urlsafe(_RANDOM_BYTES)


def hash_of(secret: str) -> str:
    """The hash of a token's random part that the table keeps; 256 random bits need no slow hash."""
    return _base64(sha256(secret.encode()).digest())


def _base64(value: bytes) -> str:
    return urlsafe_b64encode(value).decode().rstrip("=")


def _signature(kind: Kind, user_id: int, session_id: int, secret: str, key: bytes) -> str:
    text = f"{kind}.{user_id}.{session_id}.{secret}".encode()
    return urlsafe_b64encode(blake2b(text, key=key, digest_size=_SIGNATURE_BYTES).digest()).decode()


def token_text(kind: Kind, user_id: int, session_id: int, secret: str) -> str:
    """The token as the client gets it."""
    signature = _signature(kind, user_id, session_id, secret, signing_keys(_PURPOSES[kind])[0])
    return f"{user_id}.{session_id}.{secret}{signature}"


def read_token(kind: Kind, text: str) -> SessionToken | None:
    """Parses a token; None unless it is of that kind and issued by this service. No call."""
    match = _FORM.fullmatch(text) if len(text) <= MAX_CHARACTERS else None
    if match is None:
        return None
    user_id, session_id, secret = int(match[1]), int(match[2]), match[3]
    if max(user_id, session_id) > MAX_ID:
        return None
    for key in signing_keys(_PURPOSES[kind]):
        if hmac.compare_digest(match[4], _signature(kind, user_id, session_id, secret, key)):
            return SessionToken(user_id, session_id, text, hash_of(secret), key)
    return None
