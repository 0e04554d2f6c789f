"""A deadline that several calls share."""

from __future__ import annotations

import time
from contextvars import ContextVar, Token

_deadline: ContextVar[float] = ContextVar("dynamodb_deadline", default=float("inf"))


class within:  # noqa: N801 (it reads as a phrase: `with within(1.8):`)
    """A block whose calls take at most `seconds` together; an outer block's deadline applies as well.

    The HTTP transport keeps it: it shortens its time-outs, and starts no attempt after the deadline
    (`Unavailable`). boto3's time-outs are fixed.
    """

    __slots__ = ("_seconds", "_token")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._token: Token[float] | None = None

    def __enter__(self) -> None:
        self._token = _deadline.set(min(_deadline.get(), time.monotonic() + self._seconds))

    def __exit__(self, *exc: object) -> None:
        if self._token is not None:
            _deadline.reset(self._token)


def deadline() -> float:
    """The current block's deadline in seconds of the monotonic clock; infinity outside of blocks."""
    return _deadline.get()
