"""An outage as a page tells it that goes on without what is out of reach."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from api.dynamodb.errors import DataLayerError, OutcomeUnknown, Throttled, Unavailable
from api.http.faults import UNAVAILABLE, refusal_of
from api.limits import LimiterUnavailable
from web.wording import worded

# What a form survives: it is shown again with all that was typed.
OUTAGES = (LimiterUnavailable, Unavailable, Throttled, OutcomeUnknown)


class Outage(NamedTuple):
    """What happened, in the visitor's language, and the headers that go with it; `status` is 503."""

    title: str
    detail: str
    headers: Mapping[str, str]
    status: int = 503


def outage_of(error: DataLayerError) -> Outage:
    """What one of `OUTAGES` means to a visitor."""
    refusal = refusal_of(error)
    if refusal is None:
        return Outage(worded(UNAVAILABLE.title), "", {})
    return Outage(worded(refusal.kind.title), worded(refusal.detail), refusal.headers, refusal.kind.status)
