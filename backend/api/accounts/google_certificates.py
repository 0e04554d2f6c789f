"""Google's certificates for verifying ID tokens: fetched when needed, cached for as long as Google allows."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Mapping
from functools import lru_cache

import orjson
import urllib3
from django.conf import settings
from google.auth.exceptions import TransportError
from google.auth.transport.urllib3 import Request

logger = logging.getLogger("algoitny.sign_in")

FETCH_SECONDS = 1.0
_LEAST_SECONDS, _MOST_SECONDS, _USUAL_SECONDS = 60, 86_400, 3600
# Google publishes a key hours before signing with it, so cached certificates serve for a day while it is unreachable.
_STALE_SECONDS = 86_400
_RETRY_SECONDS = 5.0
# A token with an unknown key id triggers a fetch, but not more often than this.
_LOOK_AGAIN_SECONDS = 30.0
_MAX_AGE = re.compile(r"max-age=([0-9]{1,9})")


class CertificatesUnavailable(Exception):
    """Google is unreachable, and the cached certificates are too old."""


class Certificates:
    """The certificates in PEM by key id, at one address. Safe to share between threads.

    `clock` is monotonic, in seconds.
    """

    def __init__(self, url: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._url, self._clock = url, clock
        self._ask = Request(urllib3.PoolManager(maxsize=1, retries=False))
        self._lock = threading.Lock()
        self._known: Mapping[str, str] = {}
        self._fetched = self._fresh_until = self._retry_at = float("-inf")

    def including(self, key_id: str) -> Mapping[str, str]:
        """The current certificates; `key_id` may be missing from them.

        At most one request to Google (about 1 s), and none while they are fresh and have that key. Raises
        `CertificatesUnavailable`.
        """
        if self._is_enough(key_id):
            return self._known
        with self._lock:
            if not self._is_enough(key_id) and self._clock() >= self._retry_at:
                self._fetch()
        if not self._known or self._clock() > self._fresh_until + _STALE_SECONDS:
            raise CertificatesUnavailable
        return self._known

    def _is_enough(self, key_id: str) -> bool:
        now = self._clock()
        return now < self._fresh_until and (
            key_id in self._known or now < self._fetched + _LOOK_AGAIN_SECONDS
        )

    def _fetch(self) -> None:
        """Fetches once; a failure is logged and not retried for some seconds."""
        try:
            response = self._ask(self._url, timeout=urllib3.Timeout(total=FETCH_SECONDS), redirect=False)
            if response.status != 200:
                raise ValueError(f"status {response.status}")
            certificates_by_id = orjson.loads(response.data)
            if not isinstance(certificates_by_id, dict) or not all(
                isinstance(pem, str) for pem in certificates_by_id.values()
            ):
                raise ValueError("no certificates by key id")
        except (TransportError, ValueError) as error:
            self._retry_at = self._clock() + _RETRY_SECONDS
            logger.warning("Google's certificates cannot be read: %s", error)
            return
        self._known = certificates_by_id
        self._fetched = self._clock()
        self._fresh_until = self._fetched + _lifetime(response.headers)


def _lifetime(headers: Mapping[str, str]) -> int:
    """How many seconds a response may be cached: a minute to a day, an hour by default."""
    stated = _MAX_AGE.search(headers.get("Cache-Control", ""))
    age = headers.get("Age", "")
    seconds = int(stated[1]) if stated else _USUAL_SECONDS
    return min(_MOST_SECONDS, max(_LEAST_SECONDS, seconds - (int(age) if age.isdecimal() else 0)))


@lru_cache(maxsize=4)
def _of(url: str) -> Certificates:
    return Certificates(url)


def certificates() -> Certificates:
    """The process's certificates for the configured address; no request is made."""
    return _of(settings.GOOGLE_CERTIFICATES_URL)


def forget() -> None:
    """Drops the cache, after the address changed."""
    _of.cache_clear()
