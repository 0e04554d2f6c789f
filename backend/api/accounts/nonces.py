"""Nonces: what ties an ID token to one sign-in. Signed and good for ten minutes, so that making one costs no call."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.core.signing import BadSignature, TimestampSigner

from api.composition import repositories
from api.dynamodb.clock import utc_now
from api.http.errors import ApiError, invalid_field

NONCE_SECONDS = 600
MAX_CHARACTERS = 128
_SALT = "algoitny.nonce"


def new_nonce() -> str:
    """A nonce to ask Google for an ID token with. No call."""
    return TimestampSigner(salt=_SALT).sign(secrets.token_urlsafe(16))


def _invalid_nonce() -> ApiError:
    return invalid_field("body.nonce", "nonce_invalid")


def check_nonce(nonce: str) -> None:
    """Raises `ApiError`, 422, unless it is one of ours and not too old. No call."""
    _random_part(nonce)


def _random_part(nonce: str) -> str:
    try:
        return TimestampSigner(salt=_SALT).unsign(nonce, max_age=NONCE_SECONDS)
    except (BadSignature, UnicodeEncodeError):
        raise _invalid_nonce() from None


def use_nonce(nonce: str) -> None:
    """Uses a nonce up. Raises `ApiError`, 422, for one that was used before. One PutItem: 1 WCU."""
    void_at = utc_now() + timedelta(seconds=NONCE_SECONDS)
    if not repositories().sign_in_guards.consume_nonce(_random_part(nonce), void_at):
        raise _invalid_nonce()
