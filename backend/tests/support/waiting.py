"""Waiting for what another thread, process or engine does: every wait of a test has an end."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

SECONDS = 120.0


def wait_until(
    condition: Callable[[], bool], what: str = "what was waited for", *, seconds: float = SECONDS
) -> None:
    """Asks every 20 ms until the condition holds; fails the test when it does not after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"{what} did not happen within {seconds:.0f} s")
        time.sleep(0.02)
