"""Calls of a tool that keeps to limits of units a second, and waits while the table is throttled."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from api.dynamodb.errors import DataLayerError, Throttled
from api.dynamodb.metering.consumption import consumed, refused
from api.dynamodb.metering.token_bucket import TokenBucket
from api.dynamodb.transport.error_mapping import WRITES
from api.dynamodb.transport.factory import DynamoDBTransport
from api.dynamodb.transport.http import Transport
from api.dynamodb.transport.retry import retry_while


class PacedCalls:
    """A transport over another one, shared by a tool's threads.

    max_rcu, max_wcu: units a second; None is no limit.
    """

    def __init__(
        self,
        transport: DynamoDBTransport,
        max_rcu: float | None = None,
        max_wcu: float | None = None,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._transport, self._sleep = transport, sleep
        self._buckets = [None if limit is None else TokenBucket(limit) for limit in (max_rcu, max_wcu)]
        self._units = [0.0, 0.0]
        self._lock = threading.Lock()

    @property
    def seconds(self) -> float:
        """How long one attempt of a call may take."""
        return self._transport.seconds

    @property
    def read_units(self) -> float:
        """RCU consumed so far."""
        return self._units[0]

    @property
    def write_units(self) -> float:
        """WCU consumed so far."""
        return self._units[1]

    def send(self, operation: str, request: dict[str, Any]) -> tuple[Any, int]:
        """One operation in wire form; waits afterwards until its units are within the limit."""
        units = 0.0
        try:
            response = retry_while(Throttled, lambda: self._transport.send(operation, request))
            units = consumed(operation, request, response[0])
        except DataLayerError as failure:
            units = refused(failure, request)
            raise
        finally:
            self._spend(int(operation in WRITES), units)
        return response

    def _spend(self, kind: int, units: float) -> None:
        with self._lock:
            self._units[kind] += units
        bucket = self._buckets[kind]
        if bucket is not None and (pause := bucket.wait_for(units)) > 0:
            self._sleep(pause)

    def close(self) -> None:
        """Ends the calling thread's connection."""
        if isinstance(self._transport, Transport):
            self._transport.close()
