"""What `make run` checks before it starts anything: free ports, disk space, and that the service can be loaded."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from config.environment import BACKEND_DIR
from engines.ministack import is_healthy
from engines.processes import LOOPBACK, is_listening, listener

# The source, the reports and the engine's state take 200 MB, and the engine writes its state anew before it
# removes the last one.
FREE_BYTES = 500_000_000
_CHECK_SECONDS = 120


class PreflightFailed(Exception):
    """The demonstration cannot start; the message is one line that says what to do."""


def check_web_port(port: int) -> None:
    """Raises `PreflightFailed` when something listens on the port of the service."""
    if is_listening(port):
        raise PreflightFailed(
            f"{_in_use(port)}: stop it, or choose another port with ARGS='--port N' or ALGOITNY_PORT"
        )


def check_engine_port(port: int) -> None:
    """Raises `PreflightFailed` when something listens on the port of the engine and is not a DynamoDB engine."""
    if is_listening(port) and not is_healthy(port, seconds=5):
        raise PreflightFailed(
            f"{_in_use(port)}, which is not a DynamoDB engine: stop it, or choose another port with "
            "ARGS='--engine-port N' or ALGOITNY_ENGINE_PORT"
        )


def _in_use(port: int) -> str:
    return f"port {port} of {LOOPBACK} is in use by {listener(port) or 'another program'}"


def check_disk(folder: Path, free_bytes: int = FREE_BYTES) -> None:
    """Raises `PreflightFailed` when the disk of a folder, which exists, has too little space left."""
    free = shutil.disk_usage(folder).free
    if free < free_bytes:
        raise PreflightFailed(
            f"{folder} has {free / 1e6:,.0f} MB of free disk space and {free_bytes / 1e6:,.0f} MB are needed: "
            "free some, or set ALGOITNY_STATE_DIR to a folder on another disk"
        )


def check_service() -> None:
    """Runs `manage.py check` with this process's settings. Raises `PreflightFailed` with its message."""
    process = subprocess.run(
        [sys.executable, "manage.py", "check"], cwd=BACKEND_DIR, env=dict(os.environ), stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=_CHECK_SECONDS, check=False, process_group=0,
    )  # fmt: skip
    if process.returncode != 0:
        lines = process.stderr.strip().splitlines()
        raise PreflightFailed(f"the service cannot be loaded: {_reason(lines)}")


def _reason(lines: list[str]) -> str:
    """What went wrong, on one line: the first line of a traceback's exception, or all of the system check's report."""
    starts = [number for number, line in enumerate(lines) if line.startswith("Traceback")]
    if starts:
        return next(
            (line for line in lines[starts[-1] + 1 :] if line and not line.startswith(" ")), lines[-1]
        )
    return " ".join(line.strip() for line in lines if line.strip()) or "manage.py check does not say why"
