"""What every command-line entry shares: common options, and failures as one line with exit code 2."""

from __future__ import annotations

import argparse
import os
import signal
import sqlite3
import sys
from collections.abc import Callable

from api.dynamodb.errors import DataLayerError
from config.environment import ConfigurationError
from migration.errors import MigrationError

EXIT_DIFFERENT = 1
EXIT_FAILED = 2
EXIT_STOPPED = 130
GO_ON = "what was done is kept, run the command again to go on"


def parser(description: str) -> argparse.ArgumentParser:
    """An argument parser with the options that every command has."""
    made = argparse.ArgumentParser(description=description, allow_abbrev=False)
    made.add_argument("--json", action="store_true", help="print the report as JSON, for machines")
    made.add_argument("--debug", action="store_true", help="show the traceback of a failure")
    return made


def positive(text: str) -> int:
    """A whole number above 0, for argparse."""
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return number


def _stop(signum: int, frame: object) -> None:
    raise KeyboardInterrupt


def run(
    main: Callable[[argparse.Namespace], int],
    arguments: argparse.Namespace,
    *,
    when_stopped: str = "nothing was changed",
) -> int:
    """Runs a command; its failures become one line on stderr and exit code 2.

    SIGTERM ends a command as Ctrl-C does, with exit code 130; `when_stopped` says what that means.
    """
    signal.signal(signal.SIGTERM, _stop)
    try:
        return main(arguments)
    except KeyboardInterrupt:
        print(f"stopped: {when_stopped}", file=sys.stderr)
        return EXIT_STOPPED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILED
    except (MigrationError, DataLayerError, ConfigurationError, OSError, sqlite3.Error) as error:
        if arguments.debug:
            raise
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        return EXIT_FAILED
