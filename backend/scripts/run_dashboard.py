"""Starts the operator's dashboard on 127.0.0.1, or that of the trading example; it writes nothing anywhere."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import NoReturn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from config.environment import BACKEND_DIR, PROJECT_DIR
from engines.processes import LOOPBACK, is_listening

_FAILED = 2
# It works offline, looks nobody's address up, tells nobody of its use, and shows no traceback.
SETTINGS = {
    "browser.gatherUsageStats": "false",
    "browser.serverAddress": "localhost",
    "client.showErrorDetails": "none",
    "client.toolbarMode": "viewer",
    "server.address": LOOPBACK,
    "server.fileWatcherType": "none",
    "server.headless": "true",
}


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        description="Start the operator's dashboard on http://127.0.0.1:8501. Ctrl-C stops it.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--demo", action="store_true", help="show generated figures; needs no table and no service"
    )
    parser.add_argument(
        "--trading", action="store_true", help="show the trading bot of backend/examples/trading_dashboard"
    )
    parser.add_argument(
        "--port", type=int, default=8501, metavar="N", help="port on 127.0.0.1 (default: 8501)"
    )
    return parser


def command(port: int, *, demo: bool, trading: bool = False) -> list[str]:
    """The arguments by which Python serves the dashboard."""
    settings = {**SETTINGS, "server.port": str(port)}
    options = [f"--{name}={value}" for name, value in settings.items()]
    folder = BACKEND_DIR / ("examples/trading_dashboard" if trading else "dashboard")
    main = str(folder / "app" / "main.py")
    return ["-m", "streamlit", "run", main, *options, *(["--", "--demo"] if demo else [])]


def main() -> NoReturn:
    """Becomes the dashboard's process; exit code 2 with one line when the port is taken."""
    options = arguments().parse_args()
    if is_listening(options.port):
        print(
            f"error: port {options.port} of 127.0.0.1 is in use: choose another with ARGS='--port N'",
            file=sys.stderr,
        )
        sys.exit(_FAILED)
    print(f"The dashboard is at http://{LOOPBACK}:{options.port}/  Ctrl-C stops it.", flush=True)
    os.chdir(PROJECT_DIR)  # where .streamlit/secrets.toml is
    arguments_of_python = command(options.port, demo=options.demo, trading=options.trading)
    os.execv(sys.executable, [sys.executable, *arguments_of_python])  # noqa: S606


if __name__ == "__main__":
    main()
