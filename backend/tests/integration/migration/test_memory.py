"""Memory stays bounded when single rows are large."""

from __future__ import annotations

import random

from tests.integration.migration.world import Move, peak_memory
from tests.support.fault_proxy import Call, FaultProxy

ROWS, ROW_BYTES, LIMIT = 150, 2_000_000, 200_000_000


def peak_of_a_run(move: Move) -> int:
    """The peak resident memory of a whole run, read before each of its calls; the last is the lease's."""
    peak = 0
    pid = 0

    def look(call: Call) -> None:
        nonlocal peak
        if pid:
            peak = max(peak, peak_memory(pid))

    with FaultProxy(move.engine.endpoint_url, look) as proxy:
        move.endpoint_url = proxy.url
        with move.start("--json") as process:
            pid = process.pid
            _, err = process.communicate(timeout=120)
        assert (process.returncode, err) == (0, "")
        assert proxy.operations()[-1] == "DeleteItem"
        proxy.calls.clear()
    return peak


def test_rows_of_two_megabytes_do_not_pile_up(quick_move: Move) -> None:
    dense = random.Random(1).randbytes(ROW_BYTES // 2).hex()
    quick_move.legacy.add("test_cases", {"id": 1, "input": dense, "output": ""})
    quick_move.legacy.add(
        "test_cases", {"id": 2, "input": dense[:10_000] * (ROW_BYTES // 10_000), "output": ""}
    )
    for number in range(3, ROWS + 1):
        quick_move.legacy.sql(
            "INSERT INTO test_cases SELECT %s, problem_id, CONCAT(%s, input), output, is_sample, position "
            "FROM test_cases WHERE id = %s", number, str(number), 1 if number % 6 == 0 else 2,
        )  # fmt: skip
    assert peak_of_a_run(quick_move) < LIMIT


def test_dead_letters_of_two_megabytes_do_not_pile_up(quick_move: Move) -> None:
    quick_move.legacy.add("test_cases", {"id": 1, "input": "x" * ROW_BYTES, "output": "", "is_sample": 9})
    for number in range(2, ROWS + 1):
        quick_move.legacy.sql(
            "INSERT INTO test_cases SELECT %s, problem_id, input, output, is_sample, position "
            "FROM test_cases WHERE id = 1", number,
        )  # fmt: skip
    assert peak_of_a_run(quick_move) < LIMIT
    assert len(quick_move.letters()) == ROWS
