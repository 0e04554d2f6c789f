"""The report tells what was missed, and in full runs the session fails by it."""

from __future__ import annotations

from tests.torture.figures import Report


def test_a_figure_is_held_to_what_is_required() -> None:
    report = Report()
    report.exactly("admitted too many", 0, 0)
    report.add("99th percentile", 2.5, high=2.0, unit=" s")
    report.add("steps", 9, low=10)
    report.add("calls", 1234)
    assert [figure.what for figure in report.missed] == ["99th percentile", "steps"]
    lines = report.table()
    assert lines[0].split() == ["what", "measured", "required"]
    assert [line.endswith("MISSED") for line in lines[1:]] == [False, True, True, False]
    assert "at most 2 s" in lines[2]
    assert [row["met"] for row in report.as_json()] == [True, False, False, True]
