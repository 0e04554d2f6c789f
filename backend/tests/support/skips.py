"""A skip must say a reason that `allowed_skips.txt` lists; where CI=true another one fails the session."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

ALLOWED = Path(__file__).resolve().parent.parent / "allowed_skips.txt"


def patterns(text: str) -> list[re.Pattern[str]]:
    """The regular expressions of the list; `#` begins a comment line."""
    lines = (line for line in text.splitlines() if line.strip() and not line.startswith("#"))
    return [re.compile(line) for line in lines]


def reason_of(report: pytest.TestReport | pytest.CollectReport) -> str:
    """Why something was skipped, without pytest's prefix."""
    where = report.longrepr
    text = str(where[2]) if isinstance(where, tuple) else str(where)
    return text.removeprefix("Skipped: ")


def is_allowed(reason: str, allowed: Sequence[re.Pattern[str]]) -> bool:
    """Whether a reason stands on the list."""
    return any(pattern.match(reason) for pattern in allowed)


class SkipPolicy:
    """Collects skips; prints those that are not on the list, and fails a CI run that has any."""

    def __init__(self, allowed: Sequence[re.Pattern[str]], *, strict: bool) -> None:
        self.allowed = allowed
        self.strict = strict
        self.refused: dict[
            str, None
        ] = {}  # in order, each once: every worker of pytest-xdist reports a skipped module

    def _look_at(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if (
            report.skipped
            and not hasattr(report, "wasxfail")
            and not is_allowed(reason_of(report), self.allowed)
        ):
            self.refused[f"{report.nodeid}: {reason_of(report)}"] = None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._look_at(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._look_at(report)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.refused and self.strict and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.refused:
            terminalreporter.section("skips that tests/allowed_skips.txt does not list")
            for line in self.refused:
                terminalreporter.line(line)


def register(config: pytest.Config) -> None:
    """Adds the policy to a pytest run; strict where the environment says CI=true."""
    policy = SkipPolicy(patterns(ALLOWED.read_text()), strict=os.environ.get("CI") == "true")
    config.pluginmanager.register(policy, "skip-policy")
