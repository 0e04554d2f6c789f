"""What time it is to the data layer: one moment per request, where the request says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_frozen: ContextVar[datetime | None] = ContextVar("frozen_moment", default=None)


def utc_now() -> datetime:
    """The present moment, aware, in UTC; inside a `frozen` block that of the block."""
    return _frozen.get() or datetime.now(UTC)


@contextmanager
def frozen(moment: datetime | None = None) -> Iterator[datetime]:
    """Time stands still inside the block, for this thread (or task): at `moment`, or when the block began.

    Blocks may be nested; an inner one without a moment keeps the outer one's. Raises ValueError for a
    moment without a time zone.
    """
    if moment is not None and moment.tzinfo is None:
        raise ValueError(f"the moment {moment} has no time zone")
    stands = utc_now() if moment is None else moment.astimezone(UTC)
    token = _frozen.set(stands)
    try:
        yield stands
    finally:
        _frozen.reset(token)
