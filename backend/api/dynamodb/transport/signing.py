"""AWS Signature Version 4 for DynamoDB's requests, which are all POST / with a JSON body.

The canonical request and the key derivation follow AWS's "Signature Version 4 signing process". The
derived key is cached for its day. Tests compare the result with botocore's signer.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol

CONTENT_TYPE = "application/x-amz-json-1.0"
_SIGNED = "content-type;host;x-amz-date;x-amz-target"


class Credentials(Protocol):
    """Where a signer gets its keys."""

    def get_keys(self, deadline: float = ...) -> FrozenCredentials:
        """The keys to sign with now; a wait for them ends at `deadline` (monotonic clock)."""
        ...


class FrozenCredentials(Protocol):
    """One consistent set of keys."""

    @property
    def access_key(self) -> str:
        """The key's id."""
        ...

    @property
    def secret_key(self) -> str:
        """The key itself."""
        ...

    @property
    def token(self) -> str | None:
        """The session's token."""
        ...


@dataclass(frozen=True)
class StaticCredentials:
    """Keys that do not expire."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str | None = field(default=None, repr=False)

    def get_keys(self, deadline: float = float("inf")) -> FrozenCredentials:
        """The keys, at once."""
        return self


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")


class Signer:
    """Signs requests to one host and region; safe to share between threads."""

    def __init__(self, credentials: Credentials, region: str, host: str) -> None:
        self._credentials = credentials
        self._region = region
        self._host = host
        self._cached: tuple[str, str, bytes] = ("", "", b"")
        self._stamped: tuple[int, str] = (0, "")
        self._skew_seconds = 0.0

    def headers(
        self, target: str, body: bytes, now: datetime | None = None, deadline: float = float("inf")
    ) -> dict[str, str]:
        """The headers of a signed request; `target` is the operation, such as `DynamoDB_20120810.GetItem`.

        deadline: of the monotonic clock, for a wait for credentials. Raises ValueError for keys that no header can
        hold, and the errors of the credentials.
        """
        keys = self._credentials.get_keys(deadline)
        if not (keys.access_key.isprintable() and (keys.token or "").isprintable()):
            raise ValueError("the access key or the token has a line break in it")
        stamp = self._stamp(int((time.time() if now is None else now.timestamp()) + self._skew_seconds))
        day = stamp[:8]
        headers = {
            "Content-Type": CONTENT_TYPE,
            "Host": self._host,
            "X-Amz-Date": stamp,
            "X-Amz-Target": target,
        }
        signed = _SIGNED
        lines = f"content-type:{CONTENT_TYPE}\nhost:{self._host}\nx-amz-date:{stamp}\n"
        if keys.token:
            headers["X-Amz-Security-Token"] = keys.token
            lines += f"x-amz-security-token:{keys.token}\n"
            signed = "content-type;host;x-amz-date;x-amz-security-token;x-amz-target"
        lines += f"x-amz-target:{target}\n"
        canonical = f"POST\n/\n\n{lines}\n{signed}\n{hashlib.sha256(body).hexdigest()}"
        scope = f"{day}/{self._region}/dynamodb/aws4_request"
        to_sign = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        signature = hmac.digest(self._key(keys.secret_key, day), to_sign.encode(), "sha256").hex()
        headers["Authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={keys.access_key}/{scope}, SignedHeaders={signed}, Signature={signature}"
        )
        return headers

    def correct(self, server_date: str) -> bool:
        """Signs from now on by the server's clock, given as its Date header; False if that cannot be read."""
        try:
            self._skew_seconds = parsedate_to_datetime(server_date).timestamp() - time.time()
        except (ValueError, TypeError):
            return False
        return True

    def _stamp(self, second: int) -> str:
        """A second as signatures write it; a process signs many requests in each."""
        cached_second, stamp = self._stamped
        if cached_second != second:
            stamp = f"{datetime.fromtimestamp(second, UTC):%Y%m%dT%H%M%SZ}"
            self._stamped = (second, stamp)
        return stamp

    def _key(self, secret: str, day: str) -> bytes:
        cached_secret, cached_day, key = self._cached
        if cached_secret == secret and cached_day == day:
            return key
        key = _hmac(b"AWS4" + secret.encode(), day)
        for step in (self._region, "dynamodb", "aws4_request"):
            key = _hmac(key, step)
        self._cached = (secret, day, key)  # one assignment, because a fork could inherit a lock that is taken
        return key
