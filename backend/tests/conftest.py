"""Fixtures of every test; `support/isolation.py` keeps the machine's own settings away from them."""

from __future__ import annotations

import gc
import shutil
import signal
import sys
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import hypothesis
import pytest
from django.utils import translation

from tests.support import failures, forks, shared_caches, skips, torture
from tests.support.engines import (
    draw_engine,
    dynamodb_local,
    dynamodb_local_slow_indexes,
    engine,
    ministack,
    table_name,
    use_engine,
)
from tests.support.isolation import ISOLATED
from tests.support.sources import (
    _sqlite_template,
    draw_server,
    legacy_mysql,
    legacy_sqlite,
    legacy_tables,
    mariadb_server,
    mysql_server,
    real_mysql,
)
from tests.support.tables import table_pool
from tests.support.torture import is_long, sample
from tests.torture.figures import ReportPlugin

__all__ = [
    "_sqlite_template",
    "dynamodb_local",
    "dynamodb_local_slow_indexes",
    "engine",
    "legacy_mysql",
    "legacy_sqlite",
    "legacy_tables",
    "mariadb_server",
    "ministack",
    "mysql_server",
    "real_mysql",
    "sample",
    "table_name",
    "table_pool",
    "use_engine",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the options of the tests."""
    torture.add_options(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Draws the engine of a test that is the same on each, and the servers of one that is not."""
    draw_engine(metafunc)
    draw_server(metafunc)


def pytest_configure(config: pytest.Config) -> None:
    """Adds the policy of skips and the printing of failures, and makes the run's folder of state."""
    skips.register(config)
    failures.register(config)
    config.pluginmanager.register(ReportPlugin(), "torture-report")
    shared_caches.install()
    # How long an example takes says nothing on a machine whose cores are busy.
    hypothesis.settings.register_profile(
        "tests",
        deadline=None,
        max_examples=200 if torture.is_full(config) else 40,
        suppress_health_check=[hypothesis.HealthCheck.too_slow],
    )
    hypothesis.settings.load_profile("tests")
    config.add_cleanup(forks.stop_server)
    # A shell's background jobs ignore Ctrl-C, and so would the programs that the tests interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    state = Path(ISOLATED["ALGOITNY_STATE_DIR"])
    state.mkdir(mode=0o700)
    config.add_cleanup(lambda: shutil.rmtree(state, ignore_errors=True))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the longest tests first, so that workers end together; the browser's, which share a service, in a row."""
    items.sort(key=lambda item: 0 if "tests/e2e/" in item.nodeid else 1 if is_long(item) else 2)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collects tests, half a million objects that stay, without looking through them for garbage: not then, nor later.

    What is imported afterwards is not kept compiled: tests edit modules within the second that Python looks at.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.set_threshold(20_000, 20, 20)  # the default looks through all objects of the suite every few tests
        gc.enable()
        sys.dont_write_bytecode = True


@pytest.fixture
def use_settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Call it with settings by name: `config.environment` has them until the test ends."""
    from config.environment import environment

    def use(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        environment.cache_clear()

    yield use
    monkeypatch.undo()
    environment.cache_clear()


@pytest.fixture(autouse=True)
def default_language() -> Iterator[None]:
    """Ends the language that a request of a test has chosen for this thread: the next test starts without one."""
    yield
    translation.deactivate()
