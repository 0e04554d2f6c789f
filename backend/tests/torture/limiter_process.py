"""A process that serves requests during outages: `python -m tests.torture.limiter_process`. A line of JSON is a batch.

The breaker's clock is moved by the batches, so that what it does hangs on no machine's speed.
"""

from __future__ import annotations

import itertools
import json
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from api.dynamodb.repositories import PlanRepository, UsageLogRepository
from api.limits import LimiterUnavailable, RateLimiter

THREADS = 4


class LimiterProcess:
    """Serves requests, each of a new user."""

    def __init__(self) -> None:
        self._seconds = 1_000.0
        self._users = itertools.count(5_000_000)
        self._lock = threading.Lock()
        self._limiter = RateLimiter(UsageLogRepository(), PlanRepository(), clock=lambda: self._seconds)

    def _request(self, action: str) -> tuple[float, str, int]:
        user_id = next(self._users)
        began = time.monotonic()
        try:
            decision = self._limiter.admit(user_id, None, action)
            outcome = f"{'allowed' if decision.allowed else 'denied'} by {decision.source}"
        except LimiterUnavailable:
            outcome = "unavailable"
        except Exception as error:
            outcome = repr(error)
        return time.monotonic() - began, outcome, user_id

    def serve(self, requests: int, action: str, advance: float) -> dict[str, Any]:
        """A batch: the clock goes on, then so many requests come on four threads."""
        self._seconds += advance
        with ThreadPoolExecutor(THREADS) as pool:
            done = list(pool.map(lambda _: self._request(action), range(requests)))
        return {
            "seconds": [seconds for seconds, _, _ in done],
            "outcomes": dict(Counter(outcome for _, outcome, _ in done)),
            "admitted": [user_id for _, outcome, user_id in done if outcome == "allowed by table"],
            "others": [user_id for _, outcome, user_id in done if outcome != "allowed by table"],
            "breaker": self._limiter.breaker.state(),
        }


def main() -> None:
    """Serves batches until stdin ends."""
    process = LimiterProcess()
    for line in sys.stdin:
        print(json.dumps(process.serve(**json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
