"""Limits failed sign-ins and made-up refresh tokens by the network address of the client.

Successes are not counted: a school or an office shares one address.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from datetime import datetime
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

from api.composition import repositories
from api.dynamodb.clock import utc_now
from api.dynamodb.repositories.sign_in_guard_repository import Attempted
from api.http.errors import ApiError
from config.environment import Environment, environment

WINDOW_SECONDS = 600
_CAPACITY = 10_000
_UNKNOWN = "unknown"


def client_address(request: HttpRequest) -> str:
    """The address that a request comes from, as it is counted: of IPv6 the network that one customer has (/64).

    Behind `ALGOITNY_TRUSTED_PROXIES` proxies it is the entry of X-Forwarded-For that the outermost of them
    wrote; what stands before it may be anybody's invention. A request with fewer entries has passed by a
    proxy: then the peer's own address counts.
    """
    peer = request.META.get("REMOTE_ADDR", "")
    trusted = settings.TRUSTED_PROXIES or 0
    if trusted:
        entries = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        if len(entries) >= trusted:
            return _counted(entries[-trusted]) or _counted(peer) or _UNKNOWN
    return _counted(peer) or _UNKNOWN


def _counted(text: str) -> str | None:
    """An address in the form in which it is counted; None for what is none."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or ip_network((address, 64), strict=False))
    return str(address)


class Denials:
    """What a process knows of addresses that have to wait, so that their failures cost no call. Thread-safe."""

    def __init__(self, capacity: int = _CAPACITY) -> None:
        self._capacity = capacity
        self._lock = threading.Lock()
        self._until: OrderedDict[tuple[str, Attempted], datetime] = OrderedDict()

    def until(self, address: str, attempted: Attempted, now: datetime) -> datetime | None:
        """When the address may try again, if it has to wait."""
        moment = self._until.get((address, attempted))
        return moment if moment is not None and moment > now else None

    def note(self, address: str, attempted: Attempted, until: datetime) -> None:
        """Keeps in mind that an address has to wait; the oldest of 10,000 is forgotten."""
        with self._lock:
            self._until[address, attempted] = until
            self._until.move_to_end((address, attempted))
            if len(self._until) > self._capacity:
                self._until.popitem(last=False)


@lru_cache(maxsize=4)
def _denials(_settings: Environment) -> Denials:
    return Denials()


def refuse_denied(address: str, attempted: Attempted) -> None:
    """Raises `ApiError`, 429, for an address that is known to have to wait. No call."""
    now = utc_now()
    until = _denials(environment()).until(address, attempted, now)
    if until is not None:
        seconds = max(1, math.ceil((until - now).total_seconds()))
        raise ApiError("too_many_attempts", seconds=seconds, retry_after=seconds)


def count_failure(address: str, attempted: Attempted) -> None:
    """Counts a failure. Raises `ApiError`, 429, beyond `SIGN_IN_LIMIT` in ten minutes. One UpdateItem: 1 WCU."""
    refuse_denied(address, attempted)
    attempt = repositories().sign_in_guards.count_attempt(
        address, attempted, limit=settings.SIGN_IN_LIMIT, seconds=WINDOW_SECONDS
    )
    if not attempt.allowed:
        _denials(environment()).note(address, attempted, attempt.resets_at)
        refuse_denied(address, attempted)


def forget() -> None:
    """Drops what is known of addresses, after the settings changed."""
    _denials.cache_clear()
