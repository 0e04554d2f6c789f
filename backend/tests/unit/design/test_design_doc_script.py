"""`scripts/design_doc.py`: what it prints and its exit codes."""

from __future__ import annotations

import json

from tests.support.scripts import run_script


def test_the_check_passes_whatever_prices_are_configured() -> None:
    done = run_script("design_doc", "--check", settings={"PRICE_PER_MILLION_WRU": "9"})
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "DYNAMODB_SINGLE_TABLE_DESIGN_V2.md is up to date\nreference.md is up to date\n"


def test_the_simulation_is_printed_for_machines_at_the_configured_prices() -> None:
    done = run_script("design_doc", "--simulate", "--json", settings={"PRICE_PER_GB_MONTH": "0"})
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    assert report["prices"]["per_gb_month"] == 0
    small, middle, huge = report["scales"]
    assert [scale["users"] for scale in (small, middle, huge)] == [10_000, 10_000_000, 1_000_000_000]
    assert middle["dollars_a_month"]["storage"] == 0
    assert [heat["overloaded"] for heat in middle["heat"]] == [[]]
    declared, remedied = huge["heat"]
    assert "PUB#0" in declared["overloaded"]
    assert remedied["overloaded"] == []


def test_something_must_be_asked_for() -> None:
    done = run_script("design_doc")
    assert done.returncode == 2
    assert "--write" in done.stderr
