"""A process of admissions for the races: `python -m tests.torture.race_process`. One line of JSON is one race.

Its threads begin at one moment of the machine's clock; the product's own clock is what the race says.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from api.dynamodb.errors import Throttled
from api.dynamodb.repositories import UsageLogRepository
from api.dynamodb.transport import factory
from api.dynamodb.usage_limits import denial_cache
from api.dynamodb.usage_limits.windows import Limit
from tests.support.deadlines import SLOW_POLICY

_AGAIN = 200  # attempts at one use that is refused because others keep changing the day's item


@dataclass(frozen=True)
class Race:
    """What one process does: `attempts` on `threads`, over `minutes` of the product's time from `moment`."""

    user_id: int
    limits: list[list[int]]
    attempts: int
    threads: int
    start: float
    moment: str
    minutes: float = 0.0
    metadata_bytes: int = 0
    remembers: bool = True


@dataclass
class Result:
    """The result of one process; `receipts` are (use id, sort key of the log or None, minute)."""

    receipts: list[tuple[str, str | None, int]] = field(default_factory=list)
    denied: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)


def _run_thread(race: Race, number: int, results: list[Result], lock: threading.Lock) -> None:
    began = datetime.fromisoformat(race.moment)
    now = began
    usage = UsageLogRepository(now=lambda: now)
    if not race.remembers:
        usage._denials = denial_cache.DenialCache(0)
    limits = [Limit(*limit) for limit in race.limits]
    metadata = {"text": "x" * race.metadata_bytes} if race.metadata_bytes else None
    attempts = range(number, race.attempts, race.threads)
    result, outcomes = Result(), Counter[str]()
    time.sleep(max(0.0, race.start - time.monotonic()))
    try:
        for attempt in attempts:
            now = began + timedelta(minutes=race.minutes * attempt / race.attempts, milliseconds=2 * attempt)
            for _ in range(_AGAIN):
                try:
                    decision = usage.admit(race.user_id, "hint", limits, attempt, metadata)
                except Throttled:
                    outcomes["throttled"] += 1
                    continue
                break
            else:
                raise RuntimeError("throttled for ever")
            outcomes[decision.source] += 1
            if decision.receipt is None:
                result.denied += 1
            else:
                minute = int(now.timestamp() // 60)
                result.receipts.append((decision.receipt.use_id, decision.receipt.log_key, minute))
    except Exception as error:
        result.errors.append(repr(error))
    result.outcomes = dict(outcomes)
    with lock:
        results.append(result)


def run(race: Race) -> Result:
    """One race's part of this process."""
    results: list[Result] = []
    lock = threading.Lock()
    threads = [
        threading.Thread(target=_run_thread, args=(race, number, results, lock))
        for number in range(race.threads)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    total = Result()
    for result in results:
        total.receipts += result.receipts
        total.denied += result.denied
        total.errors += result.errors
        total.outcomes = dict(Counter(total.outcomes) + Counter(result.outcomes))
    return total


def main() -> None:
    """Runs races until stdin ends. Calls may take as long as a busy machine needs: no answer is lost here."""
    setattr(factory, "SERVICE_POLICY", SLOW_POLICY)  # noqa: B010 (the module does not export it)
    for line in sys.stdin:
        race: dict[str, Any] = json.loads(line)
        print(json.dumps(asdict(run(Race(**race)))), flush=True)


if __name__ == "__main__":
    main()
