"""The data layer's clock, which a request can stop at one moment."""

from __future__ import annotations

from contextvars import ContextVar
from datetime import UTC, datetime

_frozen: ContextVar[datetime | None] = ContextVar("frozen_moment", default=None)


def utc_now() -> datetime:
    """The current time, aware, in UTC; inside a `frozen` block, the block's moment."""
    return _frozen.get() or datetime.now(UTC)


class frozen:  # noqa: N801 (it reads as a phrase: `with frozen() as now:`)
    """A block in which the clock stands still, for this thread (or task): at `moment`, or when the block began.

    Blocks may be nested; an inner block without a moment keeps the outer one's. Raises ValueError for a
    moment without a time zone.
    """

    __slots__ = ("_moment", "_token")

    def __init__(self, moment: datetime | None = None) -> None:
        if moment is not None and moment.tzinfo is None:
            raise ValueError(f"the moment {moment} has no time zone")
        self._moment = moment

    def __enter__(self) -> datetime:
        moment = utc_now() if self._moment is None else self._moment.astimezone(UTC)
        self._token = _frozen.set(moment)
        return moment

    def __exit__(self, *exc: object) -> None:
        _frozen.reset(self._token)
