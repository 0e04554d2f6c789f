"""What a subcommand is, and what all of them share; its help needs no installed package, so imports wait."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from live.move import LiveMove

OK, DIFFERENT = 0, 1


@dataclass(frozen=True)
class Command:
    """One subcommand: its help, its options, and what runs it and returns the exit code.

    `run` gets the options, with `confirm`, which asks a person to type the table's name: (action, names, consequence).
    """

    help: str
    run: Callable[[argparse.Namespace], int]
    add_options: Callable[[argparse.ArgumentParser], None] = lambda parser: None


def add_dry_run(parser: argparse.ArgumentParser) -> None:
    """Adds `--dry-run`."""
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, change nothing")


def add_confirmation(parser: argparse.ArgumentParser, letters: str) -> None:
    """Adds `--dry-run`, `--yes`, and how many of these letters are accepted."""
    add_dry_run(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument(
        "--accept-letters", type=int, default=0, metavar="N", help=f"the number of things that {letters}"
    )


def print_report(options: argparse.Namespace, report: Mapping[str, Any], text: str) -> None:
    """Prints the report, as JSON with `--json`."""
    print(json.dumps(report, ensure_ascii=False) if options.json else text)


def open_move(options: argparse.Namespace) -> LiveMove:
    """The live move of the settings; progress goes to stderr, unless a machine reads the report."""
    from config.environment import environment
    from live.move import LiveMove

    return LiveMove(environment(), tell=lambda line: None if options.json else _say(line))


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
