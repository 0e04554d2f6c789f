"""The table goes away and comes back: requests end soon, an open breaker makes no call, nothing is restarted."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from config.environment import BACKEND_DIR
from engines.processes import free_port
from tests.support.fault_proxy import Call, Fault, FaultProxy
from tests.support.scripts import script_environment
from tests.torture.figures import Report
from tests.torture.limiter_process import THREADS
from tests.torture.run_sizes import Scale
from tests.torture.torture_table import TortureTable

FAILURES, OPEN_SECONDS = 5, 5  # of the breaker
ATTEMPTS = 3  # of a call; the first one may find its kept connection dead, and is then sent again
BOUND_SECONDS = 2.0
OUTAGES = {"nothing-listens": None, "cut": Fault.CUT, "black-hole": Fault.HOLD, "errors": Fault.ERROR_500}


class Door:
    """The address of the table: open, closed, or open to calls that fail."""

    def __init__(self, engine_url: str) -> None:
        self._engine_url, self._port = engine_url, free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self._stack = ExitStack()
        self._proxy: FaultProxy | None = None
        self.fault: Fault | None = None

    def _decide(self, call: Call) -> Fault | None:
        return self.fault

    def open(self) -> None:
        if self._proxy is None:
            proxy = FaultProxy(self._engine_url, self._decide, port=self._port)
            self._proxy = self._stack.enter_context(proxy)

    def close(self) -> None:
        self._proxy = None
        self._stack.close()

    def calls(self) -> int:
        """How many calls came since the last question."""
        if self._proxy is None:
            return 0
        count = len(self._proxy.calls)
        self._proxy.calls.clear()
        return count


Serve = Callable[..., dict[str, Any]]


@contextmanager
def serving(torture_table: TortureTable, url: str, log: Path, way: str) -> Iterator[Serve]:
    settings = {**torture_table.settings(), "LOCALSTACK_URL": url, "DYNAMODB_TRANSPORT": way}
    with (
        log.open("w") as errors,
        subprocess.Popen(
            [sys.executable, "-m", "tests.torture.limiter_process"],
            cwd=BACKEND_DIR, env=script_environment(settings),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True,
        ) as process,
    ):  # fmt: skip

        def serve(requests: int, *, advance: float = 0.0, action: str = "hint") -> dict[str, Any]:
            assert process.stdin
            assert process.stdout
            batch = {"requests": requests, "action": action, "advance": advance}
            process.stdin.write(json.dumps(batch) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
            assert line, f"it ended: {log.read_text()}"
            answer: dict[str, Any] = json.loads(line)
            return answer

        try:
            yield serve
        finally:
            process.kill()


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


@pytest.mark.parametrize("way", ["lean", "boto3"])
@pytest.mark.parametrize("kind", OUTAGES)
def test_an_outage_is_short_for_everybody_and_ends_by_itself(
    torture_table_on_ministack: TortureTable,
    scale: Scale,
    report: Report,
    tmp_path: Path,
    kind: str,
    way: str,
) -> None:
    torture_table, door = torture_table_on_ministack, Door(torture_table_on_ministack.engine.endpoint_url)
    door.open()
    admitted: list[int] = []
    others: list[int] = []
    with serving(torture_table, door.url, tmp_path / "limiter.log", way) as serve:

        def batch(requests: int, **how: Any) -> dict[str, Any]:
            answer = serve(requests, **how)
            admitted.extend(answer["admitted"])
            others.extend(answer["others"])
            return answer

        try:
            before = batch(10)
            assert door.calls() >= 10
            assert before["breaker"] == "closed"

            door.fault = OUTAGES[kind]
            if door.fault is None:
                door.close()
            first = batch(FAILURES + THREADS)
            sent = door.calls()
            assert first["breaker"] == "open"
            assert set(first["outcomes"]) == {"unavailable"}
            assert sent <= (ATTEMPTS + 1) * (FAILURES + THREADS - 1)

            during = batch(scale.outage_calls)
            assert during["outcomes"] == {"unavailable": scale.outage_calls}
            calls_while_open = door.calls()

            probe = batch(scale.outage_calls, advance=OPEN_SECONDS)
            assert probe["outcomes"] == {"unavailable": scale.outage_calls}
            assert probe["breaker"] == "open"
            sent_by_probe = door.calls()

            door.fault = None
            door.open()
            still = batch(scale.outage_calls)
            calls_while_open += door.calls()
            recovered = batch(1, advance=OPEN_SECONDS)
            after = batch(10)
        finally:
            door.fault = None
            door.close()
    name = f"outage, {kind}, {way}"
    opening, closed = first["seconds"] + probe["seconds"], during["seconds"] + still["seconds"]
    answered = len(recovered["admitted"]) + len(after["admitted"])
    report.add(
        f"{name}: requests until the breaker opened, 99th percentile",
        round(percentile(first["seconds"], 0.99), 3), high=BOUND_SECONDS, unit=" s",
    )  # fmt: skip
    report.add(f"{name}: slowest request", round(max(opening), 3), high=BOUND_SECONDS, unit=" s")
    report.add(
        f"{name}: request while the breaker is open, 99th percentile",
        round(percentile(closed, 0.99) * 1000, 2), unit=" ms",
    )  # fmt: skip
    report.exactly(f"{name}: calls while the breaker is open", calls_while_open, 0)
    report.add(f"{name}: calls of a probe", sent_by_probe, high=ATTEMPTS + 1)
    report.exactly(f"{name}: requests answered after the outage, of 11", answered, 11)
    assert calls_while_open == 0
    assert sent_by_probe <= ATTEMPTS + 1
    assert (recovered["breaker"], after["breaker"]) == ("closed", "closed")
    assert after["outcomes"] == {"allowed by table": 10}
    for user_id in admitted:
        assert sum(book.count for book in torture_table.days(user_id).values()) == 1
    for user_id in others[:20]:
        assert torture_table.days(user_id) == {}
