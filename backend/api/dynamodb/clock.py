"""The data layer's clock, which a request can stop at one moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_frozen: ContextVar[datetime | None] = ContextVar("frozen_moment", default=None)


def utc_now() -> datetime:
    """The current time, aware, in UTC; inside a `frozen` block, the block's moment."""
    return _frozen.get() or datetime.now(UTC)


@contextmanager
def frozen(moment: datetime | None = None) -> Iterator[datetime]:
    """Stops the clock inside the block, for this thread (or task): at `moment`, or when the block began.

    Blocks may be nested; an inner block without a moment keeps the outer one's. Raises ValueError for a
    moment without a time zone.
    """
    if moment is not None and moment.tzinfo is None:
        raise ValueError(f"the moment {moment} has no time zone")
    frozen_at = utc_now() if moment is None else moment.astimezone(UTC)
    token = _frozen.set(frozen_at)
    try:
        yield frozen_at
    finally:
        _frozen.reset(token)
