"""What the torture tests measured beside what is required: a table for people, JSON for machines."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

import pytest

from tests.support.torture import is_full


@dataclass(frozen=True)
class Figure:
    """One measured number; at least `low` and at most `high` where they are given."""

    what: str
    measured: float
    low: float | None = None
    high: float | None = None
    unit: str = ""

    @property
    def met(self) -> bool:
        """Whether the number is as required; one without a requirement is."""
        return (self.low is None or self.measured >= self.low) and (
            self.high is None or self.measured <= self.high
        )

    @property
    def required(self) -> str:
        """The requirement in words."""
        if self.low is not None and self.low == self.high:
            return f"exactly {self.low:,g}{self.unit}"
        parts = [f"at least {self.low:,g}{self.unit}"] if self.low is not None else []
        parts += [f"at most {self.high:,g}{self.unit}"] if self.high is not None else []
        return ", ".join(parts)


class Report:
    """Collects the figures of a session, in order."""

    def __init__(self) -> None:
        self.figures: list[Figure] = []

    def add(
        self,
        what: str,
        measured: float,
        *,
        low: float | None = None,
        high: float | None = None,
        unit: str = "",
    ) -> None:
        """A figure that is at least `low` and at most `high`."""
        self.figures.append(Figure(what, measured, low, high, unit))

    def exactly(self, what: str, measured: float, required: float) -> None:
        """A figure that must be a certain one."""
        self.add(what, measured, low=required, high=required)

    @property
    def missed(self) -> list[Figure]:
        """The figures that are not as required."""
        return [figure for figure in self.figures if not figure.met]

    def table(self) -> list[str]:
        """The figures as lines of text in columns."""
        rows = [
            (figure.what, f"{figure.measured:,.10g}{figure.unit}", figure.required,
             "" if figure.met else "MISSED")
            for figure in self.figures
        ]  # fmt: skip
        rows.insert(0, ("what", "measured", "required", ""))
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        return [
            f"{row[0]:<{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:<{widths[2]}}  {row[3]}".rstrip()
            for row in rows
        ]

    def as_json(self) -> list[dict[str, object]]:
        """The figures for machines."""
        return [{**asdict(figure), "met": figure.met} for figure in self.figures]


_REPORT = pytest.StashKey[Report]()
_WORKER_KEY = "torture_figures"


def report_of(config: pytest.Config) -> Report:
    """The report of a run."""
    return config.stash.setdefault(_REPORT, Report())


class ReportPlugin:
    """Prints the figures at the end of a run, and fails a full one that missed a requirement."""

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Takes over the figures of a worker of pytest-xdist that has ended."""
        figures = getattr(node, "workeroutput", {}).get(_WORKER_KEY, [])
        report_of(node.config).figures += [Figure(**figure) for figure in figures]

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fails the run, or hands a worker's figures to the process that started it."""
        report = report_of(session.config)
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput[_WORKER_KEY] = [asdict(figure) for figure in report.figures]
        elif is_full(session.config) and report.missed and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter, config: pytest.Config
    ) -> None:
        """Prints the figures, and writes them where `--torture-json` says."""
        report = report_of(config)
        if not report.figures:
            return
        terminalreporter.section("torture: measured, required")
        for line in report.table():
            terminalreporter.line(line)
        path = config.getoption("torture_json")
        if path is not None:
            document = {"full": is_full(config), "figures": report.as_json()}
            path.write_text(json.dumps(document, indent=1) + "\n")
