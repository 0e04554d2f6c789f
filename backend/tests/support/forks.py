"""Starts commands as processes in hundredths of a second, for tests that kill hundreds of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from config.environment import BACKEND_DIR
from tests.support.scripts import script_environment


class Forks:
    """Starts commands as processes that are forked from one that has everything imported: in hundredths of a second.

    That one process has a single thread, so forking it is safe, as forking the tests' would not be.
    """

    def __enter__(self) -> Forks:
        self._parent = subprocess.Popen(
            [sys.executable, "-m", "tests.support.forks"], cwd=BACKEND_DIR, env=script_environment(),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        return self

    def __exit__(self, *_: object) -> None:
        assert self._parent.stdin and self._parent.stdout
        self._parent.stdin.close()
        self._parent.wait(timeout=30)
        self._parent.stdout.close()

    def start(self, arguments: Sequence[str], settings: dict[str, str], output: Path) -> int:
        """Starts `dynamodb_migrations.py ARGUMENTS`; its process id."""
        assert self._parent.stdin
        order = {"arguments": list(arguments), "settings": settings, "output": str(output)}
        self._parent.stdin.write(json.dumps(order) + "\n")
        self._parent.stdin.flush()
        return self._line()

    def wait(self) -> int:
        """The exit code of what was started last, negative for a signal; the process is gone then."""
        return self._line()

    def _line(self) -> int:
        assert self._parent.stdout
        return int(self._parent.stdout.readline())


def _run(order: Any) -> int:
    from config.environment import environment
    from scripts import _entry, dynamodb_migrations

    file = os.open(order["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.environ.update(order["settings"])
    environment.cache_clear()
    options = dynamodb_migrations.arguments().parse_args(order["arguments"])
    code = _entry.run(dynamodb_migrations.main, options, when_stopped=_entry.GO_ON)
    sys.stdout.flush()
    sys.stderr.flush()
    return code


def _serve() -> None:
    from scripts import dynamodb_migrations

    assert dynamodb_migrations
    for line in sys.stdin:
        process = os.fork()
        if process == 0:
            code = 70  # when it raises what no command lets out
            try:
                code = _run(json.loads(line))
            finally:
                os._exit(code)
        print(process, flush=True)
        _, status = os.waitpid(process, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    _serve()
