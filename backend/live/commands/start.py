"""`start`: notes the position, copies every row, and follows; goes on from wherever an earlier run stopped."""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any

from config.options import positive
from live.commands.command import OK, Command, add_dry_run, open_move, print_report

_LINE_SECONDS = 5.0


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of the bulk copy, and where to stop."""
    add_dry_run(parser)
    parser.add_argument(
        "--once", action="store_true", help="stop when everything up to the present is applied"
    )
    parser.add_argument(
        "--restart", action="store_true",
        help="remove what an earlier move has copied into the table, and copy everything again",
    )  # fmt: skip
    parser.add_argument("--yes", action="store_true", help="do not ask before --restart removes items")
    parser.add_argument(
        "--workers", type=positive, default=4, metavar="N", help="senders of the copy (default: 4)"
    )
    parser.add_argument("--max-wcu", type=positive, metavar="N", help="write units a second of the copy")
    parser.add_argument(
        "--ignore-column", action="append", default=[], metavar="TABLE.COLUMN",
        help="a column of the source that is left behind on purpose; can be repeated",
    )  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Follows until it is stopped, or with --once until it has caught up."""
    from live.move import FOLLOWING_PHASES, StartOptions

    move = open_move(options)
    state = move.require_state()
    if options.dry_run:
        ahead = (
            "follow from where the last run stopped"
            if move.ledger_path.exists()
            else "note the position, copy, follow"
        )
        print_report(
            options, {"phase": state.phase, "would": ahead}, f"phase {state.phase}: start would {ahead}"
        )
        return OK
    if options.restart:
        options.confirm(f"removing what table {move.table} holds", [move.table])
    last_line = time.monotonic()
    last: dict[str, Any] = {}

    def show(status: dict[str, Any]) -> None:
        nonlocal last_line, last
        last = status
        if time.monotonic() - last_line >= _LINE_SECONDS and not options.json:
            last_line = time.monotonic()
            print(status_line(status), file=sys.stderr, flush=True)

    move.on_status = show
    state = move.start(
        StartOptions(
            workers=options.workers, max_wcu=options.max_wcu, ignore_columns=frozenset(options.ignore_column),
            once=options.once, restart=options.restart, quiet=bool(options.json),
        )
    )  # fmt: skip
    report = {"phase": state.phase, "table": move.table, **last}
    followed = state.phase in FOLLOWING_PHASES
    outcome = (
        "caught up"
        if followed
        else f"the switch has been made (phase {state.phase}): MySQL is not followed any more"
    )
    print_report(options, report, f"{outcome}; {status_line(last)}")
    return OK


def status_line(status: dict[str, Any]) -> str:
    """One line of progress."""
    lag = f"lag {status['lag_s']:.2f} s" if "lag_s" in status else "lag not known yet"
    left = f", caught up in about {status['eta_s']:,} s" if status.get("eta_s") else ""
    return (
        f"{lag}{left}, {status.get('rows', 0):,} changes read, {status.get('keys', 0):,} keys applied, "
        f"{status.get('items', 0):,} items written, {status.get('removed', 0):,} removed"
    )


COMMAND = Command(
    "note the position, copy every row, then follow; goes on where it stopped", run, add_options
)
