"""What the engines that are fetched have in common: running a tool, keeping what it made, and saying how it ended."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from engines.processes import EngineUnavailable

_SECONDS = 300


def run_tool(
    command: Sequence[str],
    engine: str,
    action: str,
    error: re.Pattern[str],
    environment: Mapping[str, str] | None = None,
) -> str:
    """The output of a command that fetches or builds a part of an engine.

    `error` matches a line that says what failed; its group is the reason. Raises `EngineUnavailable` with the first
    one, without addresses, and after 300 s.
    """
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_SECONDS, check=False, stdin=subprocess.DEVNULL,
            env=environment,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise EngineUnavailable(f"{engine}: {action} did not finish in {_SECONDS} s; try again") from None
    if done.returncode != 0:
        reasons = filter(None, map(error.match, f"{done.stdout}\n{done.stderr}".splitlines()))
        first = next((match[1] for match in reasons), "no reason given")
        reason = re.sub(r"\S+://\S+", "(address)", first)[:300]
        raise EngineUnavailable(f"{engine}: {action} failed: {reason}")
    return done.stdout


def keep(built: Path, folder: Path) -> None:
    """Moves a finished folder to its name. Another process may have been faster: then its folder stays."""
    try:
        built.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise


def report(engine: str, fetch: Callable[[], Path]) -> int:
    """Fetches an engine ahead of the tests; if that is not possible, prints why and returns 0 all the same."""
    try:
        fetch()
    except EngineUnavailable as missing:
        print(f"{missing}. Its tests will be skipped.", file=sys.stderr)
    else:
        print(f"{engine} is ready.", file=sys.stderr)
    return 0
