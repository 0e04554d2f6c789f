"""A time by which several calls together have to be over."""

from __future__ import annotations

import time
from contextvars import ContextVar, Token

_ends: ContextVar[float] = ContextVar("dynamodb_deadline", default=float("inf"))


class within:  # noqa: N801 (it reads as a phrase: `with within(1.8):`)
    """A block whose calls, all together, take at most `seconds`; an outer block's deadline holds as well.

    The lean transport keeps it: it shortens its time-outs, and begins no attempt when time is up
    (`Unavailable`). boto3's time-outs are fixed.
    """

    __slots__ = ("_seconds", "_token")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._token: Token[float] | None = None

    def __enter__(self) -> None:
        self._token = _ends.set(min(_ends.get(), time.monotonic() + self._seconds))

    def __exit__(self, *exc: object) -> None:
        if self._token is not None:
            _ends.reset(self._token)


def deadline() -> float:
    """When the running block ends, on the monotonic clock in seconds; infinity outside of blocks."""
    return _ends.get()
