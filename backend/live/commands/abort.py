"""`abort`: ends a live move while MySQL has the writes; the table keeps what it has."""

from __future__ import annotations

import argparse

from live.commands.command import OK, Command, add_dry_run, open_move, print_report


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds `--dry-run` and `--yes`."""
    add_dry_run(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask")


def run(options: argparse.Namespace) -> int:
    """Forgets position, ledger and state. 5 WCU."""
    move = open_move(options)
    state = move.require_state()
    if not options.dry_run:
        options.confirm(
            f"ending the live move into {move.table}", [move.table],
            consequence="forgets its position: a new one has to copy every row again",
        )  # fmt: skip
        state = move.abort()
    verb = "would be" if options.dry_run else "was"
    report = {"table": move.table, "phase": state.phase, "aborted": not options.dry_run}
    print_report(
        options, report, f"the live move in phase {state.phase} {verb} ended; MySQL keeps the writes"
    )
    return OK


COMMAND = Command("end the live move while MySQL has the writes", run, add_options)
