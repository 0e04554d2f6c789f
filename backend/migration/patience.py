"""Waits, with jitter, while the table is throttled: for single calls that must go through, not for bulk sending."""

from __future__ import annotations

import time
from typing import Any

from api.dynamodb.errors import Throttled
from api.dynamodb.transport import Transport, pause_before
from migration.errors import MigrationError

GIVE_UP_SECONDS = 120.0
_LONGEST_STEP = 8


def patiently(transport: Transport, operation: str, request: dict[str, Any]) -> Any:
    """The answer of a call that waits while the table is throttled. Raises `MigrationError` after two minutes of it."""
    begun = time.monotonic()
    attempt = 0
    while True:
        try:
            return transport.call(operation, request)
        except Throttled as error:
            attempt += 1
            if time.monotonic() - begun > GIVE_UP_SECONDS:
                raise MigrationError(f"{error} (given up after {GIVE_UP_SECONDS:.0f} s)") from error
            time.sleep(pause_before(min(attempt, _LONGEST_STEP)))
