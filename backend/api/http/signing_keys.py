"""Keys for signatures, one for each purpose, derived from Django's SECRET_KEY and from those it replaced."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b

from django.conf import settings


def signing_keys(purpose: str) -> list[bytes]:
    """32 bytes each: the key to sign with first, then those that are still accepted (SECRET_KEY_FALLBACKS).

    `purpose` has at most 16 characters.
    """
    return [
        _derived(str(secret), purpose) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    ]


@lru_cache(maxsize=16)
def _derived(secret: str, purpose: str) -> bytes:
    return blake2b(secret.encode(), person=purpose.encode(), digest_size=32).digest()
