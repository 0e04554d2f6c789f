"""`make bench-guide` measures each row of the guide's table on a table of its own; the times are not looked at here."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.guide import GUIDE, Measurement, _percentile
from config.environment import BACKEND_DIR
from config.prices import Prices
from tests.support.engines import Engine
from tests.support.scripts import script_environment

OPERATIONS = [row.operation for row in GUIDE]
pytestmark = pytest.mark.any_engine


def bench(settings: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "benchmarks/bench_guide.py", "--items", "9", "--rounds", "4", *arguments],
        cwd=BACKEND_DIR, env=script_environment(settings), stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip


def test_each_row_of_the_guide_is_measured_with_its_units(engine: Engine, table_name: str) -> None:
    completed = bench(engine.settings(table_name), "--json")
    assert completed.returncode == 0, completed.stderr
    document: dict[str, Any] = json.loads(completed.stdout)
    rows = {row["operation"]: row for row in document["rows"]}
    assert list(rows) == OPERATIONS
    assert all(0 < row["p50"] <= row["p95"] for row in rows.values())
    for operation in ("Rate limit check", "User login (GSI1)", "Problem lookup"):
        assert (rows[operation]["read_units"], rows[operation]["round_trips"]) == (0.5, 1)
    assert rows["Public history (GSI2)"]["read_units"] > 0
    assert rows["Create user"]["write_units"] > 0
    names = engine.client().list_tables()["TableNames"]
    assert not [name for name in names if name.startswith("algoitny_bench_guide")]


def test_people_see_the_figures_beside_the_guides(engine: Engine, table_name: str, tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    completed = bench(engine.settings(table_name), "--json", str(file))
    assert completed.returncode == 0, completed.stderr
    for row in GUIDE:
        pattern = (
            rf"^{re.escape(row.operation)} .* ms .* ms .*{re.escape(row.latency)} +{re.escape(row.cost)}$"
        )
        assert re.search(pattern, completed.stdout, re.MULTILINE)
    assert "latencies are those of AWS" in completed.stdout
    assert len(json.loads(file.read_text())["rows"]) == len(GUIDE)


def test_an_engine_that_does_not_answer_is_one_line() -> None:
    completed = bench({"LOCALSTACK_URL": "http://127.0.0.1:1"})
    assert (completed.returncode, completed.stderr.count("\n")) == (2, 1)
    assert "127.0.0.1:1" in completed.stderr


def test_the_rows_are_the_guides() -> None:
    page = (BACKEND_DIR.parent / "docs" / "operations.md").read_text()
    section = page.partition("## Measure the guide's performance table")[2].partition("\n## ")[0]
    for row in GUIDE:
        assert (
            f"| {row.operation[0].lower()}{row.operation[1:]} | {row.latency.replace('ms', ' ms')}" in section
        )


def test_percentiles_and_prices_are_computed_as_said() -> None:
    ordered = [float(number) for number in range(1, 21)]
    assert (_percentile(ordered, 50), _percentile(ordered, 95), _percentile([7.0], 95)) == (10.0, 19.0, 7.0)
    measured = Measurement("x", 0.0, 0.0, 0.5, 2.0, 1.0)
    assert measured.dollars(Prices()) == pytest.approx(0.5 * 0.125e-3 + 2 * 0.625e-3)
