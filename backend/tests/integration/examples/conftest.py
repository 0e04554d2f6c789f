"""The two examples on an engine without their tables: whatever a test makes there is deleted after it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.examples.readme_commands import World
from tests.support.engines import Engine


@pytest.fixture
def world(engine: Engine, table_name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Each engine in turn, as a new user finds it."""
    made = World(engine, table_name, tmp_path_factory.mktemp("state"))
    made.forget()
    yield made
    made.forget()
