"""What a run says, on the screen and in a file of the day."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from lifecycle.errors import BadInput


class Journal:
    """Says lines: to `screen`, and with the time and the process to `FOLDER/dynamodb-migrations-YYYYMMDD.log`."""

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

    def say(self, line: str) -> None:
        """On the screen and in the file."""
        print(line, file=self._screen, flush=True)
        self.note(line)

    def note(self, text: str) -> None:
        """In the file alone."""
        for line in text.splitlines():
            self._file.write(
                f"{datetime.now(UTC).isoformat(timespec='milliseconds')} [{self._process}] {line}\n"
            )

    def close(self) -> None:
        """Ends the file."""
        self._file.close()
