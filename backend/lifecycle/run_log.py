"""The log of a run: lines on the screen and in a file per day."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from lifecycle.errors import BadInput


class RunLog:
    """Writes lines to `screen`, and with time and process id to `FOLDER/dynamodb-migrations-YYYYMMDD.log`."""

    def __init__(self, folder: Path, process: int, screen: TextIO | None = None) -> None:
        self._process, self._screen = process, screen or sys.stdout
        self.path = folder / f"dynamodb-migrations-{datetime.now(UTC):%Y%m%d}.log"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("a", encoding="utf-8", buffering=1)
        except OSError as error:
            raise BadInput(
                f"cannot write logs to {folder}: {error.strerror or error}",
                hint="name another with --log-dir",
            ) from error

    def show(self, line: str) -> None:
        """Writes a line to the screen and the file."""
        print(line, file=self._screen, flush=True)
        self.write(line)

    def write(self, text: str) -> None:
        """Writes lines to the file only."""
        for line in text.splitlines():
            timestamp = datetime.now(UTC).isoformat(timespec="milliseconds")
            self._file.write(f"{timestamp} [{self._process}] {line}\n")

    def close(self) -> None:
        """Closes the file."""
        self._file.close()
