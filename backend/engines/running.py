"""A running local DynamoDB engine."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from engines.processes import terminate


@dataclass
class RunningEngine:
    """A DynamoDB engine that this process started; a context manager that stops it."""

    name: str
    endpoint_url: str
    log: Path
    process: subprocess.Popen[bytes] = field(repr=False)
    stop_seconds: float = 10.0

    @property
    def pid(self) -> int:
        """The engine's process id."""
        return self.process.pid

    def stop(self) -> bool:
        """Stops the engine by its process id; returns whether it ended without SIGKILL."""
        return terminate(self.process, seconds=self.stop_seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
