"""Runs the project's commands as a person would: as processes, with an environment of their own."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping
from typing import AnyStr

import pytest

from tests.support.forks import run_fork
from tests.support.isolation import ISOLATED, OWN_PREFIXES

# How long a command may take on a machine whose cores are all busy.
COMMAND_SECONDS = 240.0


def script_environment(settings: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a command under test: no `.env` file, no setting but those given.

    A command that is ended by SIGABRT prints where each of its threads stands.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OWN_PREFIXES)}
    return {**kept, **ISOLATED, "PYTHONFAULTHANDLER": "1", **(settings or {})}


def finished(process: subprocess.Popen[AnyStr], seconds: float = COMMAND_SECONDS) -> tuple[AnyStr, AnyStr]:
    """Waits for a command and returns what it printed on stdout and on stderr, None for what is no pipe.

    One that does not end is ended, and fails the test with the places where its threads stood.
    """
    try:
        return process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGABRT)
        out, err = process.communicate(timeout=60)
        pytest.fail(f"{process.args!r} did not end within {seconds:.0f} s: {out!r} {err!r}")


def run_script(
    name: str, *arguments: str, settings: Mapping[str, str] | None = None, seconds: float = COMMAND_SECONDS
) -> subprocess.CompletedProcess[str]:
    """Runs `scripts/NAME.py` in `backend/` and returns what it printed and its exit code, whichever."""
    return run_fork(f"scripts/{name}.py", arguments, script_environment(settings), seconds)


def run_manage(
    *arguments: str, settings: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs `manage.py`; fails the test, with its output, when the exit code is not 0."""
    done = run_fork("manage.py", arguments, script_environment(settings), COMMAND_SECONDS)
    assert done.returncode == 0, f"manage.py {' '.join(arguments)}: {done.stdout}{done.stderr}"
    return done
