"""Deadlines of the service while it is under test: long enough for a machine whose cores are all busy.

Every test that measures no deadline takes these; a test of a deadline sets its own.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from api.dynamodb.transport import access, factory
from api.dynamodb.transport.retry import SERVICE_POLICY

if TYPE_CHECKING:
    import pytest

SLOW_POLICY = replace(SERVICE_POLICY, connect_timeout=10.0, read_timeout=60.0, total=120.0)
REQUEST_SECONDS = 120.0


def extend_deadlines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gives the calls of the service minutes, by either transport, until the test ends."""
    from api.http import (
        request_limits,  # it needs Django's settings, which the torture tests' processes do not have
    )

    monkeypatch.setattr(access, "SERVICE_BOUNDS", access.OPERATOR_BOUNDS)
    monkeypatch.setattr(factory, "SERVICE_POLICY", SLOW_POLICY)
    for name in ("EVERYONE", "STAFF"):
        monkeypatch.setattr(
            request_limits, name, getattr(request_limits, name)._replace(seconds=REQUEST_SECONDS)
        )
