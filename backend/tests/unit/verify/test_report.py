"""The report with very many differences: written one at a time, in memory that does not grow with them."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

from migration.verify.differences import AttributeDifference, DifferenceLog, ItemDifference
from migration.verify.report import text, write_json
from migration.verify.verification import KindSummary, VerificationReport

DETAIL = AttributeDifference("nm", "name", "'a'", None)


def difference(number: int) -> ItemDifference:
    return ItemDifference("changed", "user", str(number), f"USR#{number}", "META", (DETAIL,), step="users")


def report_of(log: DifferenceLog) -> VerificationReport:
    lines = [KindSummary("user", log.total, log.total, log.total)]
    return VerificationReport("contents", lines, log.total, log.total, 1.0, log)


def peak_of(number: int, path: Path) -> int:
    """The peak of the memory that `number` differences take until they are written to a file."""
    tracemalloc.start()
    log = DifferenceLog(None)
    for index in range(number):
        log.add(difference(index))
    with path.open("w") as stream:
        write_json(report_of(log), stream)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_ten_times_the_differences_take_no_more_memory(tmp_path: Path) -> None:
    few, many = peak_of(1_000, tmp_path / "few.json"), peak_of(10_000, tmp_path / "many.json")
    assert many < few + 1_000_000
    document = json.loads((tmp_path / "many.json").read_text())
    assert document["difference_count"] == len(document["differences"]) == 10_000
    assert document["differences"][-1]["id"] == "9999"
    assert document["verdict"] == "differs"


def test_a_difference_comes_back_from_the_log_as_it_was_added() -> None:
    log = DifferenceLog(None)
    added = [difference(number) for number in range(3)]
    for entry in added:
        log.add(entry)
    assert log.listed == added
    assert list(log) == added  # a second time as well


def test_the_text_lists_the_first_differences_of_each_entity_and_counts_the_rest() -> None:
    log = DifferenceLog(20)
    for number in range(500):
        log.add(difference(number))
    lines = text(report_of(log)).splitlines()
    assert sum(line.startswith("  changed user") for line in lines) == 20
    assert "  and 480 more (--json lists all)" in lines
    assert lines[-1] == "500 differences"
