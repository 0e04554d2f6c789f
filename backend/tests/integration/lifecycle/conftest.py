"""A project of its own for each test, whose tables are deleted after it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from config.environment import environment
from lifecycle.history import History
from tests.support.changes import Project
from tests.support.engines import Engine


def forget(engine: Engine, *projects: Project) -> None:
    """Deletes what the projects made."""
    client = engine.client()
    for name in client.list_tables()["TableNames"]:
        if any(project.name in name for project in projects):
            client.update_table(TableName=name, DeletionProtectionEnabled=False)
            client.delete_table(TableName=name)


@pytest.fixture
def project(engine: Engine, tmp_path: Path) -> Iterator[Project]:
    """An empty project on each engine."""
    made = Project(tmp_path)
    yield made
    forget(engine, made)


@pytest.fixture
def on_ministack(ministack: Engine, tmp_path: Path) -> Iterator[Project]:
    """An empty project on MiniStack, which has backups, recovery and tags."""
    made = Project(tmp_path)
    yield made
    forget(ministack, made)


@pytest.fixture
def history(use_engine: Engine) -> Iterator[History]:
    """The history of the service's changes; its table is deleted afterwards."""
    name = environment().history_table
    yield History(use_engine.client(), name, "dev")
    use_engine.client().delete_table(TableName=name)
