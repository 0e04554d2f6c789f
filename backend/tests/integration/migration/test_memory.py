"""Memory stays bounded when single rows are large."""

from __future__ import annotations

import random

import pytest

from tests.integration.migration.migration_harness import Move, peak_memory
from tests.support.fault_proxy import Call, FaultProxy
from tests.support.scripts import finished

# 2,048 letters of 60 kB are 123 MB; Python with the product takes some 60 MB.
LETTER_BYTES, REPLAY_LIMIT = 60_000, 120_000_000
ROWS, ROW_BYTES, LIMIT = 150, 2_000_000, 200_000_000


def peak_of_a_run(move: Move, *arguments: str) -> int:
    """The peak resident memory of a whole run, read before each of its calls; the last is the lease's."""
    peak = 0
    pid = 0

    def look(call: Call) -> None:
        nonlocal peak
        if pid:
            peak = max(peak, peak_memory(pid))

    with FaultProxy(move.engine.endpoint_url, look) as proxy:
        move.endpoint_url = proxy.url
        with move.start("--json", *arguments) as process:
            pid = process.pid
            _, err = finished(process)
        assert (process.returncode in (0, 3), err) == (True, "")
        of_table = [call.operation for call in proxy.calls if call.request.get("TableName") == move.table]
        assert of_table[-1] == "UpdateItem"
        proxy.calls.clear()
    return peak


@pytest.mark.long
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


@pytest.mark.long
def test_dead_letters_of_two_megabytes_do_not_pile_up(quick_move: Move) -> None:
    quick_move.legacy.add("test_cases", {"id": 1, "input": "x" * ROW_BYTES, "output": "", "is_sample": 9})
    for number in range(2, ROWS + 1):
        quick_move.legacy.sql(
            "INSERT INTO test_cases SELECT %s, problem_id, input, output, is_sample, position "
            "FROM test_cases WHERE id = 1", number,
        )  # fmt: skip
    assert peak_of_a_run(quick_move) < LIMIT
    assert len(quick_move.letters()) == ROWS


@pytest.mark.long
@pytest.mark.parametrize("mended", [True, False])
def test_a_replay_of_many_letters_does_not_hold_them(quick_move: Move, mended: bool) -> None:
    quick_move.legacy.add("test_cases", {"id": 1, "input": "x" * LETTER_BYTES, "output": "", "is_sample": 9})
    for number in range(11):
        quick_move.legacy.sql(
            "INSERT INTO test_cases SELECT id + %s, problem_id, input, output, is_sample, position FROM test_cases",
            2**number,
        )  # fmt: skip
    assert quick_move.run(batch_size=2_000).dead == 2**11
    if mended:
        quick_move.legacy.sql("UPDATE test_cases SET is_sample = 1")
    assert peak_of_a_run(quick_move, "--retry-dead-letter") < REPLAY_LIMIT
    assert len(quick_move.letters()) == (0 if mended else 2**11)
