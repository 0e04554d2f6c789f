"""Moves a running MySQL installation into the table: prepare, start, verify; cutover, rollback and the end."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from live.commands import COMMANDS
from scripts import _entry


def arguments() -> argparse.ArgumentParser:
    """The command line, with one subcommand for each of `live.commands`."""
    parser = argparse.ArgumentParser(
        description="Move a running MySQL installation into the DynamoDB table while it is written to. Exit code 0: "
        "done; 1: a check has failed or a difference persists; 2: it failed, and the message says what to do.",
        allow_abbrev=False,
    )
    subcommands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        subparser = subcommands.add_parser(
            name, help=command.help, description=command.help, allow_abbrev=False
        )
        command.add_options(subparser)
        _entry.add_common_options(subparser)
    return parser


def main(options: argparse.Namespace) -> int:
    """Runs a subcommand; returns its exit code."""
    options.confirm = partial(_entry.confirm, confirmed=getattr(options, "yes", False))
    return COMMANDS[options.command].run(options)


if __name__ == "__main__":
    sys.exit(_entry.run(main, arguments().parse_args(), when_stopped=_entry.GO_ON))
