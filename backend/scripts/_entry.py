"""What all commands share: common options, confirmation, and failures as one line with exit code 2."""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

from api.dynamodb.errors import DataLayerError, InvalidInput
from config.setting_values import ConfigurationError
from migration.errors import MigrationError
from reporting.text import printable

EXIT_DIFFERENT = 1
EXIT_FAILED = 2
# What was asked for is done, and some of it was left behind: the report says what.
EXIT_INCOMPLETE = 3
EXIT_STOPPED = 130
GO_ON = "what was done is kept, run the command again to go on"


def parser(description: str) -> argparse.ArgumentParser:
    """An argument parser with the options that every command has."""
    command_line = argparse.ArgumentParser(description=description, allow_abbrev=False)
    add_common_options(command_line)
    return command_line


def add_common_options(command_line: argparse.ArgumentParser) -> None:
    """Adds `--json [FILE]` and `--debug`."""
    add_json_option(command_line)
    command_line.add_argument("--debug", action="store_true", help="show the traceback of a failure")


def add_json_option(command_line: argparse.ArgumentParser) -> None:
    """Adds `--json [FILE]`: `options.json` is False, True, or the file's path until `json_report` has read it."""
    command_line.add_argument(
        "--json", nargs="?", type=Path, const=True, default=False, metavar="FILE",
        help="print only the report, as JSON; with FILE, write it there",
    )  # fmt: skip


def confirm(
    action: str, names: Sequence[str], *, confirmed: bool, consequence: str = "cannot be undone"
) -> None:
    """Asks a person to type each name before an action that destroys something.

    Params: `action` such as "deleting orders and all its data", and its `consequence`; `confirmed` is True with
    `--yes`: the warning is printed then, but nothing is asked. Raises `InvalidInput` without a terminal and for a name
    that does not match.
    """
    if not confirmed and not sys.stdin.isatty():
        raise InvalidInput(
            f"{action} must be confirmed by typing the name: run it on a terminal, or give --yes"
        )
    print(f"WARNING: {action} {consequence}", file=sys.stderr)
    for name in () if confirmed else names:
        print(f"Type {name} to continue: ", end="", file=sys.stderr, flush=True)
        line = sys.stdin.readline()
        if not line:
            print(file=sys.stderr)  # ends the line of the question
        if line.strip() != name:
            raise InvalidInput("the name does not match: nothing was changed")


def show_location(env: str) -> None:
    """Prints the AWS account, region and environment on stderr, before a command does anything there."""
    from config.environment import environment
    from lifecycle.account import aws_location

    location = aws_location(environment(), env)
    if location is not None:
        print(location, file=sys.stderr, flush=True)


def _stop(signum: int, frame: object) -> None:
    raise KeyboardInterrupt


@contextlib.contextmanager
def json_report(arguments: argparse.Namespace) -> Iterator[None]:
    """With `--json FILE`, writes into the file what the block prints. Raises `FileNotFoundError` before the block."""
    file = arguments.json
    if not isinstance(file, Path):
        yield
        return
    if not file.absolute().parent.is_dir():
        raise FileNotFoundError(f"--json {file}: there is no folder {file.parent}")
    # A report may be larger than memory, and the file is left alone when the block fails.
    with tempfile.TemporaryFile("w+", encoding="utf-8") as report:
        with contextlib.redirect_stdout(report):
            yield
        report.seek(0)
        with file.open("w", encoding="utf-8") as target:
            shutil.copyfileobj(report, target)


def run(
    main: Callable[[argparse.Namespace], int],
    arguments: argparse.Namespace,
    *,
    when_stopped: str = "nothing was changed",
    job: Callable[[argparse.Namespace], str | None] = lambda arguments: None,
) -> int:
    """Runs a command; its failures become one line on stderr and exit code 2, unexpected ones too: 1 is a result.

    SIGTERM ends a command as Ctrl-C does, with exit code 130; `when_stopped` says what that means. `job` names the
    job as which the dashboard shows the command, None for one that changes nothing; a dry run is no job.
    """
    signal.signal(signal.SIGTERM, _stop)
    try:
        stdout: Any = _PrintableStream(sys.stdout)
        with contextlib.redirect_stdout(stdout), json_report(arguments):
            name = None if getattr(arguments, "dry_run", False) else job(arguments)
            if name is None:
                return main(arguments)
            from metrics.command import run_job

            return run_job(name, lambda: main(arguments))
    except KeyboardInterrupt:
        for number in (signal.SIGINT, signal.SIGTERM):  # a second one has nothing left to stop
            signal.signal(number, signal.SIG_IGN)
        print(f"stopped: {when_stopped}", file=sys.stderr)
        return EXIT_STOPPED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILED
    except Exception as error:
        if arguments.debug:
            sys.excepthook(*sys.exc_info())
        else:
            print(f"error: {printable(' '.join(_message(error).split()))}", file=sys.stderr)
        return EXIT_FAILED


def _message(error: Exception) -> str:
    """What an error says; one that no code expects is named by its type."""
    if isinstance(error, MigrationError | DataLayerError | ConfigurationError | OSError | sqlite3.Error):
        return str(error)
    return f"unexpected {type(error).__name__}: {error}: run the command again with --debug and report what it shows"


class _PrintableStream:
    """A stream to which texts of the data can be written: what would control a terminal is escaped."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Writes the text to the stream."""
        return self._stream.write(printable(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
