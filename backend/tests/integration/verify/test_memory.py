"""The proof's memory stays flat: for large texts, whose parts and rows are read one at a time, and for small pages."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys

import pytest

from config.environment import BACKEND_DIR
from tests.integration.migration.migration_harness import Move
from tests.support.scripts import COMMAND_SECONDS, script_environment

CASES, CASE_BYTES = 3, 20_000_000
# A row of 20 MB passes through three buffers of the driver.
LIMIT_MB = 180

MEASURED = """
import runpy, sys
sys.argv = ["scripts/verify_migration.py", *sys.argv[1:]]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
finally:
    print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")), file=sys.stderr)
"""


def peak_mb(move: Move, *arguments: str) -> float:
    """The peak memory of a verification that agrees."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, "--json", *arguments], cwd=BACKEND_DIR, capture_output=True, text=True,
        env=script_environment(move.settings()), timeout=COMMAND_SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["verdict"] == "agrees"
    (kilobytes,) = re.findall(r"VmHWM:\s+(\d+) kB", done.stderr)
    return int(kilobytes) / 1024


@pytest.mark.any_engine
@pytest.mark.long
def test_cases_of_twenty_megabytes_do_not_pile_up(move: Move) -> None:
    dense = random.Random(1).randbytes(500_000).hex()
    move.legacy.sql("SET SESSION max_statement_time = 0")
    for number in range(1, CASES + 1):
        move.legacy.sql(
            "INSERT INTO test_cases (id, problem_id, input, output, is_sample, position) "
            "VALUES (%s, 1, REPEAT(%s, %s), '', 0, 0)", number, f"{number}{dense}", CASE_BYTES // len(dense),
        )  # fmt: skip
    move.run()
    assert peak_mb(move) < LIMIT_MB
