"""Runs the programs of the practice set within this process: they are the project's own, and a process each is slow."""

from __future__ import annotations

import io
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CodeType
from typing import Any, NamedTuple


class Outcome(NamedTuple):
    """What a program printed, and the message of the exception that ended it, None if there was none."""

    output: str
    error: str | None


class Program:
    """A Python program that reads standard input and prints."""

    def __init__(self, code: str, name: str) -> None:
        """`name` is the program's file in messages. Raises `SyntaxError`."""
        self.code = code
        self._name = name
        self._compiled: CodeType = compile(code, name, "exec")

    def run(self, text: str) -> Outcome:
        """Runs the program on an input. A program that does not end does not end here either."""
        error = None
        with _redirected(text) as output:
            try:
                exec(self._compiled, {"__name__": "__main__", "open": _open})  # noqa: S102 - code of this project
            except SystemExit:
                pass
            except Exception as exception:
                error = self._message(exception)
        return Outcome(output(), error)

    def _message(self, exception: Exception) -> str:
        """The last line of the traceback, with the line of the program."""
        lines = [
            frame.lineno
            for frame in traceback.extract_tb(exception.__traceback__)
            if frame.filename == self._name
        ]
        message = traceback.format_exception_only(exception)[-1].strip()
        return f"{message} (line {lines[-1]})" if lines else message


def generated_inputs(code: str, name: str) -> Callable[..., Iterator[str]]:
    """The function `inputs` that a generator defines. Raises `SyntaxError`, and `KeyError` if there is none."""
    names: dict[str, Any] = {"__name__": "generator"}
    exec(compile(code, name, "exec"), names)  # noqa: S102 - code of this project
    inputs: Callable[..., Iterator[str]] = names["inputs"]
    return inputs


def _open(file: object, *_: object, **__: object) -> io.TextIOBase:
    """Programs may read `open(0)`; they have no files."""
    if file != 0 or not isinstance(sys.stdin, io.TextIOBase):
        raise FileNotFoundError(file)
    return sys.stdin


@contextmanager
def _redirected(text: str) -> Iterator[Callable[[], str]]:
    """Standard input is the text for the block; yields what returns the standard output so far."""
    before = sys.stdin, sys.stdout, sys.getrecursionlimit()
    printed = io.BytesIO()
    output = io.TextIOWrapper(printed, "utf-8", newline="\n")

    def value() -> str:
        output.flush()
        return printed.getvalue().decode()

    sys.stdin, sys.stdout = io.TextIOWrapper(io.BytesIO(text.encode()), "utf-8"), output
    try:
        yield value
    finally:
        sys.stdin, sys.stdout = before[:2]
        sys.setrecursionlimit(before[2])
