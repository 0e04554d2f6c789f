"""Fixtures of the torture tests: `--torture` runs them at full size and holds the figures to what is required."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from api.dynamodb import client as client_module
from api.dynamodb import transports
from api.dynamodb.table_schema import create_table, delete_table
from api.dynamodb.transport import SERVICE
from tests.support.engines import Engine
from tests.torture.figures import Report
from tests.torture.place import Place
from tests.torture.scale import FULL, SMALL, Scale

_REPORT = pytest.StashKey[Report]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("torture")
    group.addoption("--torture", action="store_true", help="run the torture tests at full size")
    group.addoption(
        "--torture-json", metavar="FILE", type=Path, help="write the torture tests' figures to FILE"
    )


def _report(config: pytest.Config) -> Report:
    return config.stash.setdefault(_REPORT, Report())


def _is_full(config: pytest.Config) -> bool:
    # These options are unknown to a run of all tests: pytest reads this file too late for them then.
    return bool(config.getoption("--torture", default=False))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if (
        _is_full(session.config)
        and _report(session.config).missed
        and session.exitstatus == pytest.ExitCode.OK
    ):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    report = _report(config)
    if not report.figures:
        return
    terminalreporter.section("torture: measured, required")
    for line in report.table():
        terminalreporter.line(line)
    path = config.getoption("--torture-json", default=None)
    if path is not None:
        path.write_text(json.dumps({"full": _is_full(config), "figures": report.as_json()}, indent=1) + "\n")


@pytest.fixture(scope="session")
def scale(pytestconfig: pytest.Config) -> Scale:
    return FULL if _is_full(pytestconfig) else SMALL


@pytest.fixture(scope="session")
def report(pytestconfig: pytest.Config) -> Report:
    return _report(pytestconfig)


@pytest.fixture(autouse=True)
def _seconds(request: pytest.FixtureRequest, report: Report, pytestconfig: pytest.Config) -> Iterator[None]:
    began = time.monotonic()
    yield
    if _is_full(pytestconfig):
        report.add(f"{request.node.name}: took", round(time.monotonic() - began, 1), unit=" s")


@pytest.fixture
def fresh_ways() -> Iterator[None]:
    """No transport, client or connection is left from another test, nor for one."""
    transports.forget()
    yield
    transports.forget()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls may take as long as a busy machine needs."""
    monkeypatch.setattr(client_module, "SERVICE_BOUNDS", client_module.OPERATOR_BOUNDS)
    monkeypatch.setattr(transports, "SERVICE", replace(SERVICE, connect=2.0, answer=30.0, total=60.0))


def _made(engine: Engine, table_name: str, use_settings: Callable[..., None]) -> Iterator[Place]:
    use_settings(**engine.settings(table_name))
    client = engine.client()
    create_table(client, table_name)
    yield Place(engine, table_name, client)
    delete_table(client, table_name)


@pytest.fixture
def place(
    engine: Engine, table_name: str, use_settings: Callable[..., None], fresh_ways: None
) -> Iterator[Place]:
    """A fresh table, on each engine in turn."""
    yield from _made(engine, table_name, use_settings)


@pytest.fixture
def place_on_ministack(
    ministack: Engine, table_name: str, use_settings: Callable[..., None], fresh_ways: None
) -> Iterator[Place]:
    """A fresh table on MiniStack."""
    yield from _made(ministack, table_name, use_settings)
