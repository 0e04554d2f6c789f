"""Prints a failed test when it fails: a run that is ended from outside has then said what it found."""

from __future__ import annotations

import pytest

LINES = 60  # of a traceback; the summary at the end has all of it


class FailuresAtOnce:
    """Prints the failures of every worker as their reports arrive."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        # pytest makes it after the conftest files are configured.
        terminal: pytest.TerminalReporter | None = self.config.pluginmanager.get_plugin("terminalreporter")
        if report.failed and terminal is not None:
            terminal.line("")
            terminal.line(f"FAILED {report.nodeid} ({report.when})", red=True)
            for line in report.longreprtext.splitlines()[-LINES:]:
                terminal.line(line)


def register(config: pytest.Config) -> None:
    """Adds the printing to the process that reports; a worker of pytest-xdist only sends its reports there."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(FailuresAtOnce(config), "failures-at-once")
