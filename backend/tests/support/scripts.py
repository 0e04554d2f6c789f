"""Runs the project's commands as a person would: as processes, with an environment of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping

from config.environment import BACKEND_DIR
from tests.support.isolation import ISOLATED, OWN_PREFIXES


def script_environment(settings: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a command under test: no `.env` file, no setting but those given."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OWN_PREFIXES)}
    return {**kept, **ISOLATED, **(settings or {})}


def run_script(
    name: str, *arguments: str, settings: Mapping[str, str] | None = None, seconds: float = 120
) -> subprocess.CompletedProcess[str]:
    """Runs `scripts/NAME.py` in `backend/` and returns what it printed and its exit code, whichever."""
    return subprocess.run(
        [sys.executable, f"scripts/{name}.py", *arguments],
        cwd=BACKEND_DIR,
        env=script_environment(settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def run_manage(
    *arguments: str, settings: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs `manage.py`; fails the test, with its output, when the exit code is not 0."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=BACKEND_DIR,
        env=script_environment(settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"manage.py {' '.join(arguments)}: {done.stdout}{done.stderr}"
    return done
