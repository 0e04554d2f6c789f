"""Fixtures of every test; `support/isolation.py` keeps the machine's own settings away from them."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support import skips
from tests.support.engines import (
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
    legacy_mysql,
    legacy_sqlite,
    legacy_tables,
    mysql_server,
)

__all__ = [
    "_sqlite_template",
    "dynamodb_local",
    "dynamodb_local_slow_indexes",
    "engine",
    "legacy_mysql",
    "legacy_sqlite",
    "legacy_tables",
    "ministack",
    "mysql_server",
    "table_name",
    "use_engine",
]


def pytest_configure(config: pytest.Config) -> None:
    """Adds the policy of skips, and makes the folder of state that lasts as long as the run."""
    skips.register(config)
    # A shell's background jobs ignore Ctrl-C, and so would the programs that the tests interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    state = Path(ISOLATED["ALGOITNY_STATE_DIR"])
    state.mkdir(mode=0o700)
    config.add_cleanup(lambda: shutil.rmtree(state, ignore_errors=True))


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
