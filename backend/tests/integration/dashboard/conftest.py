"""Fixtures of the dashboard's tests: its pages run in .venv-dashboard, and a test skips where that is not installed."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from config.environment import PROJECT_DIR
from tests.support.scripts import script_environment

DRIVER = Path(__file__).with_name("pages_driver.py")
Page = dict[str, Any]
Show = Callable[..., list[Page]]


def dashboard_python() -> str:
    """Python of .venv-dashboard; skips the test where it is not installed."""
    python = PROJECT_DIR / ".venv-dashboard" / "bin" / "python"
    if not python.exists():
        pytest.skip("streamlit is not installed in .venv-dashboard: run `make .venv-dashboard`")
    return str(python)


@pytest.fixture(scope="session")
def show() -> Show:
    """Call it with scenarios (see `pages_driver`): what each page shows. They run in one process."""
    python = dashboard_python()

    def run(*scenarios: dict[str, Any], **settings: str) -> list[Page]:
        done = subprocess.run(
            [python, "-W", "ignore", str(DRIVER)], input=json.dumps(scenarios), capture_output=True, text=True,
            env=script_environment(settings), timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        pages: list[Page] = json.loads(done.stdout)
        assert [page["exceptions"] for page in pages] == [[] for _ in pages]
        return pages

    return run
