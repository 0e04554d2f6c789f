"""Fixtures of the torture tests: `--torture` runs them at full size and holds the figures to what is required."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from api.dynamodb.transport import factory
from tests.support.deadlines import extend_deadlines
from tests.support.engines import Engine
from tests.support.tables import TablePool
from tests.support.torture import is_full
from tests.torture.figures import Report, report_of
from tests.torture.run_sizes import FULL, SMALL, Scale
from tests.torture.torture_table import TortureTable


@pytest.fixture(scope="session")
def scale(pytestconfig: pytest.Config) -> Scale:
    return FULL if is_full(pytestconfig) else SMALL


@pytest.fixture(scope="session")
def report(pytestconfig: pytest.Config) -> Report:
    return report_of(pytestconfig)


@pytest.fixture(autouse=True)
def _seconds(request: pytest.FixtureRequest, report: Report, pytestconfig: pytest.Config) -> Iterator[None]:
    began = time.monotonic()
    yield
    if is_full(pytestconfig):
        report.add(f"{request.node.name}: took", round(time.monotonic() - began, 1), unit=" s")


@pytest.fixture
def fresh_ways() -> Iterator[None]:
    """No transport, client or connection is left from another test, nor for one."""
    factory.clear_cache()
    yield
    factory.clear_cache()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls may take as long as a busy machine needs."""
    extend_deadlines(monkeypatch)


def _place(engine: Engine, pool: TablePool, use_settings: Callable[..., None]) -> Iterator[TortureTable]:
    table_name = pool.take(engine)
    use_settings(**engine.settings(table_name))
    yield TortureTable(engine, table_name, engine.client())
    pool.put_back(engine, table_name)


@pytest.fixture
def torture_table(
    engine: Engine, table_pool: TablePool, use_settings: Callable[..., None], fresh_ways: None
) -> Iterator[TortureTable]:
    """A fresh table, on each engine in turn."""
    yield from _place(engine, table_pool, use_settings)


@pytest.fixture
def torture_table_on_ministack(
    ministack: Engine, table_pool: TablePool, use_settings: Callable[..., None], fresh_ways: None
) -> Iterator[TortureTable]:
    """A fresh table on MiniStack."""
    yield from _place(ministack, table_pool, use_settings)
