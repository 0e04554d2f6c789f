"""The addresses of a host, looked up in bounded time and with at most one thread for each name.

The order of the addresses is the resolver's, but those that could not be reached lately come last.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from ipaddress import ip_address

# The family and the socket address that `socket.connect` takes.
SocketAddress = tuple[int, tuple[object, ...]]

# How long an address that failed comes last, in seconds.
_AVOID_SECONDS = 60.0


class _Lookup:
    def __init__(self) -> None:
        self.addresses: list[SocketAddress] = []
        self.done = threading.Event()


# By process id, host and port: a child does not wait for its parent's thread. `setdefault` needs no lock, which a
# fork could leave taken.
_lookups: dict[tuple[int, str, int], _Lookup] = {}
# When each address failed, by the monotonic clock.
_failures: dict[SocketAddress, float] = {}


def addresses_of(host: str, port: int, seconds: float) -> list[SocketAddress]:
    """The addresses of a host; empty if it cannot be resolved within `seconds`.

    The system's resolver has no time-out, so it runs in a thread, whose result all callers share. Raises OSError if
    no thread can be started.
    """
    try:
        ip_address(host.partition("%")[0])
        return _resolve(host, port)
    except ValueError:
        pass
    key = os.getpid(), host, port
    lookup = _Lookup()
    running = _lookups.setdefault(key, lookup)
    if running is lookup:
        thread = threading.Thread(target=_run, args=(key, lookup), daemon=True, name="resolver")
        try:
            thread.start()
        except RuntimeError as error:
            _end(key, lookup)
            raise OSError(f"the name cannot be resolved: {error}") from error
    running.done.wait(seconds)
    return sorted(running.addresses, key=_failed_at)


def mark_failed(address: SocketAddress) -> None:
    """Puts an address behind the others of its host for a minute."""
    now = time.monotonic()
    for failed, failed_at in list(_failures.items()):
        if now - failed_at > _AVOID_SECONDS:
            _failures.pop(failed, None)
    _failures[address] = now


def mark_reached(address: SocketAddress) -> None:
    """Ends the effect of `mark_failed`."""
    _failures.pop(address, None)


def _failed_at(address: SocketAddress) -> float:
    failed_at = _failures.get(address)
    return 0.0 if failed_at is None or time.monotonic() - failed_at > _AVOID_SECONDS else failed_at


def _resolve(host: str, port: int) -> list[SocketAddress]:
    with contextlib.suppress(OSError, UnicodeError):
        results = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return [(family, address) for family, _, _, _, address in results]
    return []


def _run(key: tuple[int, str, int], lookup: _Lookup) -> None:
    try:
        lookup.addresses = _resolve(key[1], key[2])
    finally:
        _end(key, lookup)


def _end(key: tuple[int, str, int], lookup: _Lookup) -> None:
    _lookups.pop(key, None)
    lookup.done.set()
