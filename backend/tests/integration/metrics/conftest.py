"""Fixtures of the metrics' tests: a service whose figures go to a table of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from api import composition
from api.dynamodb.control_plane.creation import create_table
from api.dynamodb.table_schema import METRICS_TABLE
from api.limits.limiter import forget as forget_limiter
from config.environment import environment
from metrics.recorder import recorder
from tests.support.deadlines import extend_deadlines
from tests.support.engines import Engine
from tests.support.tables import TablePool


@pytest.fixture
def recorded(
    engine: Engine, table_pool: TablePool, use_settings: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The name of an empty table that the service is set to, with a table of metrics; what it does is recorded."""
    name = table_pool.take(engine)
    use_settings(**engine.settings(name))
    extend_deadlines(monkeypatch)
    composition.forget()
    forget_limiter()
    create_table(engine.client(), METRICS_TABLE, "dev", seconds=60)
    monkeypatch.setattr(recorder, "enabled", True)
    yield name
    recorder.collect()
    recorder.take()
    engine.client().delete_table(TableName=environment().metrics_table)
    table_pool.put_back(engine, name)
    composition.forget()
    forget_limiter()
