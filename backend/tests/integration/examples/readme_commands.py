"""Follows an example's README as a new user would: its blocks, its commands in order, and somebody at the terminal."""

from __future__ import annotations

import os
import pty
import re
import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from config.environment import BACKEND_DIR
from tests.support.engines import Engine
from tests.support.forks import start_fork
from tests.support.scripts import COMMAND_SECONDS, finished, script_environment


def blocks(readme: str, language: str) -> list[str]:
    """The code blocks of an example's README in one language."""
    text = (BACKEND_DIR / "examples" / readme / "README.md").read_text()
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def commands(readme: str) -> list[str]:
    """The commands of an example's README from top to bottom, without their comments."""
    lines = [line.split("  #")[0].strip() for block in blocks(readme, "bash") for line in block.splitlines()]
    return [line for line in lines if line]


@dataclass
class World:
    """An engine, and the settings by which commands reach it."""

    engine: Engine
    table_name: str
    state: Path
    endpoint_url: str | None = None

    @property
    def settings(self) -> dict[str, str]:
        reached = {"LOCALSTACK_URL": self.endpoint_url} if self.endpoint_url else {}
        return {
            **self.engine.settings(self.table_name),
            **reached,
            "ALGOITNY_STATE_DIR": str(self.state),
            "PYTHONPATH": str(BACKEND_DIR),
        }

    @property
    def backs_up(self) -> bool:
        """Whether the engine can make backups."""
        return self.engine.name == "ministack"

    def start(self, line: str, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
        """Starts a line of a README in `backend/`."""
        words = shlex.split(line)
        assert words[0] == "python", line
        return subprocess.Popen(
            [sys.executable, *words[1:]], cwd=BACKEND_DIR, env=script_environment(self.settings),
            stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def run(self, line: str, *, code: int = 0, typed: tuple[str, ...] | None = None) -> str:
        """What a line printed; `typed` are the lines that somebody types at its terminal, None for no terminal."""
        words = shlex.split(line)
        if typed is None and words[1].startswith("scripts/"):
            with tempfile.TemporaryFile("w+") as out:
                environment = script_environment(self.settings)
                process_code = start_fork(words[1], words[2:], environment, out.fileno(), out.fileno()).wait(
                    COMMAND_SECONDS
                )
                out.seek(0)
                printed = out.read()
            assert process_code == code, f"{line}: {process_code}\n{printed}"
            return printed
        if typed is None:
            process = self.start(line)
            printed, _ = finished(process)
        else:
            terminal, theirs = pty.openpty()
            process = self.start(line, theirs)
            os.close(theirs)
            os.write(terminal, "".join(f"{text}\n" for text in typed).encode())
            printed, _ = finished(process)
            os.close(terminal)
        assert process.returncode == code, f"{line}: {process.returncode}\n{printed}"
        return printed

    def tables(self) -> list[str]:
        """The tables of the examples that are there."""
        names = self.engine.client().list_tables()["TableNames"]
        suffixes = ("-market_intelligence_requests", "-request_processing_logs")
        return [name for name in names if name.endswith(suffixes) or name.startswith("dora_")]

    def forget(self) -> None:
        """Deletes the examples' tables, the service's of this test, and the history."""
        client = self.engine.client()
        own = [name for name in client.list_tables()["TableNames"] if name.startswith(self.table_name)]
        for name in (*self.tables(), *own):
            client.update_table(TableName=name, DeletionProtectionEnabled=False)
            client.delete_table(TableName=name)
