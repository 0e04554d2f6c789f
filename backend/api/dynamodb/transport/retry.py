"""When a call to DynamoDB is repeated: time-outs, number of attempts, and the pause between two of them.

The pauses follow botocore's "standard" retry mode ("Retries", Boto3 documentation).
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from api.dynamodb.errors import DataLayerError, Throttled

_T = TypeVar("_T")

_MAX_DOUBLINGS = 30  # a pause never grows so far; the bound keeps the arithmetic small


class Caller(Protocol):
    """Anything that makes calls, such as a `Transport`."""

    def call(self, operation: str, request: Any) -> Any:
        """The parsed response of one operation."""
        ...


@dataclass(frozen=True)
class RetryPolicy:
    """Bounds of one call; all times are in seconds.

    connect_timeout: to open a connection, TLS and proxy included.
    read_timeout: to send one attempt's request and read its response.
    attempts: how often the request is sent at most, the first time included.
    base_pause, max_pause: see `backoff_seconds`.
    total: bounds all attempts and pauses together.
    retry_throttles: whether throttling is retried here; False for a caller that paces itself.
    idempotent: the caller repeats every failed call, so an error after a lost response is raised as it
    came instead of as `OutcomeUnknown`.
    """

    connect_timeout: float
    read_timeout: float
    attempts: int
    base_pause: float
    max_pause: float
    total: float = float("inf")
    retry_throttles: bool = True
    idempotent: bool = False


# A web request's call ends within 1.8 s, whatever happens.
SERVICE_POLICY = RetryPolicy(0.25, 0.6, 3, 0.025, 0.4, total=1.8)
# Bulk senders pace themselves, so throttling is not retried here.
BULK_POLICY = RetryPolicy(3.0, 60.0, 4, 0.1, 5.0, retry_throttles=False, idempotent=True)


def backoff_seconds(attempt: int, policy: RetryPolicy) -> float:
    """Seconds to wait after attempt 1, 2, ... failed.

    Exponential with full jitter: uniform between 0 and `base_pause * 2 ** (attempt - 1)`, capped at
    `max_pause`.
    """
    longest = min(policy.max_pause, policy.base_pause * 2 ** min(attempt - 1, _MAX_DOUBLINGS))
    return random.uniform(0, longest)  # noqa: S311 (no secret)


# Calls of operators' tools that have to succeed: pauses while the table is throttled.
TOOL_POLICY = RetryPolicy(2.0, 30.0, 1, 0.1, 5.0)
GIVE_UP_SECONDS = 120.0


def retry_while(
    temporary: type[DataLayerError] | tuple[type[DataLayerError], ...],
    call: Callable[[], _T],
    seconds: float = GIVE_UP_SECONDS,
    on_retry: Callable[[DataLayerError], object] = lambda failure: None,
) -> _T:
    """Repeats a call, with pauses, for as long as it fails with one of the `temporary` errors.

    `on_retry` is told each error that is not the last. Raises that error when it has lasted for `seconds`, and any
    other error at once.
    """
    deadline = time.monotonic() + seconds
    attempt = 1
    while True:
        try:
            return call()
        except temporary as failure:
            if time.monotonic() > deadline:
                raise
            on_retry(failure)
        time.sleep(backoff_seconds(attempt, TOOL_POLICY))
        attempt += 1


def call_through_throttling(transport: Caller, operation: str, request: dict[str, Any]) -> Any:
    """The response of one operation that waits while the table is throttled; raises `Throttled` after two minutes."""
    return retry_while(Throttled, lambda: transport.call(operation, request))
