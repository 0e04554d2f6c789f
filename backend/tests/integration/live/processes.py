"""The command that follows, as a process of its own beside a test."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

from config.environment import BACKEND_DIR
from engines.processes import die_with_parent
from tests.integration.live.live_harness import Live
from tests.support.scripts import script_environment

SECONDS = 60


@dataclass
class FollowerProcess:
    """A running `start`."""

    live: Live
    process: subprocess.Popen[str]
    errors: IO[str]

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Waits for a condition while the process runs."""
        deadline = time.monotonic() + SECONDS
        while not condition():
            assert self.process.poll() is None, self._error_text()
            assert time.monotonic() < deadline, "the condition has not come true"
            time.sleep(0.05)

    def wait_until_following(self) -> None:
        """Waits for a status of this process."""
        started = time.time()
        self.wait_until(lambda: self.live.status().get("status", {}).get("at", 0.0) > started)

    def ended(self) -> tuple[int, str]:
        """Waits for its end: exit code, and what it wrote on standard error."""
        code = self.process.wait(SECONDS)
        return code, self._error_text()

    def stop(self) -> str:
        """Ends it as Ctrl-C does; what it wrote on standard error."""
        self.process.terminate()
        assert self.ended()[0] == 130
        return self._error_text()

    def _error_text(self) -> str:
        self.errors.seek(0)
        return self.errors.read()


@contextmanager
def follower_process(live: Live, *options: str) -> Iterator[FollowerProcess]:
    """`make dynamodb-live-start` with a live move's settings; ended with the block."""
    command: list[Any] = live.move.command("start", *options, script="live_migration")
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            command, cwd=BACKEND_DIR, env=script_environment(live.move.settings()), text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors, preexec_fn=die_with_parent,
        )  # fmt: skip
        try:
            yield FollowerProcess(live, process, errors)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait(SECONDS)
