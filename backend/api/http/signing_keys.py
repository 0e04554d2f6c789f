"""Signing keys, one per purpose, derived from Django's SECRET_KEY and SECRET_KEY_FALLBACKS."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b

from django.conf import settings


def signing_keys(purpose: str) -> list[bytes]:
    """Keys of 32 bytes: first the one to sign with, then those still accepted (SECRET_KEY_FALLBACKS).

    `purpose` has at most 16 characters.
    """
    return [
        _derived(str(secret), purpose) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    ]


@lru_cache(maxsize=16)
def _derived(secret: str, purpose: str) -> bytes:
    return blake2b(secret.encode(), person=purpose.encode(), digest_size=32).digest()
