"""Runs one case of a visitor's program in Pyodide. The worker loads this file; nothing on the server does."""

from __future__ import annotations

import builtins
import io
import linecache
import os
import sys
import threading
import traceback
from typing import Any

PROGRAM = "main.py"
_MOST_CHARACTERS = 4000


class Harness:
    """Keeps what the interpreter had before the first program, and gives each case a fresh start."""

    def __init__(self) -> None:
        # A program may close descriptors 0 and 1, as `open(0).read()` does: each case gets copies.
        self._input, self._output = os.dup(0), os.dup(1)
        # There are no threads. Programs that start one, for a larger stack, go on in the same.
        threading.Thread.start = threading.Thread.run  # type: ignore[method-assign]
        threading.Thread.join = lambda self, timeout=None: None  # type: ignore[method-assign]
        threading.stack_size = lambda size=0: 0
        self._modules = frozenset(sys.modules)

    def run_case(self, code: str) -> list[Any]:
        """Runs a program on what the worker has as standard input.

        Returns its status (OK, RE, CE, MLE), the message and the line of an error.
        """
        self._start_afresh(code)
        try:
            compiled = compile(code, PROGRAM, "exec")
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", None)
            return ["CE", f"{type(error).__name__}: {getattr(error, 'msg', error)}", line]
        try:
            exec(compiled, {"__name__": "__main__", "__builtins__": builtins, "__file__": PROGRAM})  # noqa: S102
            sys.stdout.flush()
        except SystemExit as end:
            return self._exit(end)
        except BaseException as error:
            return ["MLE" if isinstance(error, MemoryError) else "RE", *_description(error)]
        return ["OK", None, None]

    def _exit(self, end: SystemExit) -> list[Any]:
        sys.stdout.flush()
        if end.code is None or end.code == 0:
            return ["OK", None, None]
        return ["RE", f"exit status {end.code}"[:_MOST_CHARACTERS], None]

    def _start_afresh(self, code: str) -> None:
        os.dup2(self._input, 0)
        os.dup2(self._output, 1)
        sys.stdin = io.TextIOWrapper(
            io.BufferedReader(io.FileIO(0, closefd=False), 1 << 16), encoding="utf-8"
        )
        sys.stdout = io.TextIOWrapper(
            io.BufferedWriter(io.FileIO(1, "w", closefd=False), 1 << 16), encoding="utf-8", errors="replace"
        )
        sys.stderr = io.StringIO()
        sys.setrecursionlimit(1000)
        for name in set(sys.modules) - self._modules:
            del sys.modules[name]
        # Tracebacks show the program's lines.
        linecache.cache[PROGRAM] = (len(code), None, code.splitlines(keepends=True), PROGRAM)


def _description(error: BaseException) -> tuple[str, int | None]:
    """The end of an error's traceback without the harness's own part, and the program's innermost line."""
    own = error.__traceback__
    while own is not None and own.tb_frame.f_code.co_filename != PROGRAM:
        own = own.tb_next
    line, step = None, own
    while step is not None:
        if step.tb_frame.f_code.co_filename == PROGRAM:
            line = step.tb_lineno
        step = step.tb_next
    try:
        text = "".join(traceback.format_exception(type(error), error, own, limit=-8))
    except BaseException:  # the error's own `__str__` failed
        text = type(error).__name__
    return text[-_MOST_CHARACTERS:], line
