"""A runner of one change of the service's own table, behind the change that makes the table."""

from __future__ import annotations

from lifecycle.change_files import CHANGES_DIR, load_changes
from lifecycle.history import History
from lifecycle.runner import Runner
from lifecycle.service_table import FIRST_CHANGE
from tests.support.engines import Engine


def runner_of(engine: Engine, history: History, name: str) -> Runner:
    """The runner of the first change and this one, which prints nothing."""
    changes = [change for change in load_changes([CHANGES_DIR]) if change.name in (FIRST_CHANGE, name)]
    return Runner(engine.client(), "dev", changes, history, lambda line: None, lambda tables: None)
