"""28: one command starts the dashboard, on this machine alone, without asking anybody for anything."""

from __future__ import annotations

import socket
import subprocess
import sys

from config.environment import BACKEND_DIR, PROJECT_DIR
from scripts.run_dashboard import SETTINGS, command
from tests.support.scripts import script_environment


def test_it_serves_this_machine_alone_and_reports_no_use() -> None:
    arguments = command(8501, demo=True)
    assert "--server.address=127.0.0.1" in arguments and "--server.port=8501" in arguments
    assert arguments[-2:] == ["--", "--demo"]
    assert SETTINGS["browser.gatherUsageStats"] == "false" and SETTINGS["client.showErrorDetails"] == "none"


def test_the_trading_dashboard_is_served_alike() -> None:
    arguments, operators = command(8501, demo=True, trading=True), command(8501, demo=True)
    assert arguments[3].endswith("examples/trading_dashboard/app/main.py")
    assert arguments[:3] + arguments[4:] == operators[:3] + operators[4:]


def test_a_port_in_use_is_said_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = subprocess.run(
            [sys.executable, "scripts/run_dashboard.py", "--port", str(taken.getsockname()[1])], cwd=BACKEND_DIR,
            env=script_environment(), capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and "--port N" in done.stderr


def test_secrets_and_the_environment_are_ignored_by_git() -> None:
    ignored = (PROJECT_DIR / ".gitignore").read_text().splitlines()
    assert ".streamlit/" in ignored and ".venv-dashboard/" in ignored
