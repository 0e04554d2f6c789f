"""`verify`: proves while following that source and table agree; once, or again and again."""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING

from config.options import positive
from live.commands.command import DIFFERENT, OK, Command, open_move, print_report

if TYPE_CHECKING:
    from live.verification.proof import ProofReport

_LISTED = 20


def add_options(parser: argparse.ArgumentParser) -> None:
    """How often, and with how many threads."""
    parser.add_argument(
        "--every", type=positive, metavar="MINUTES", help="prove again and again, until a difference persists"
    )
    parser.add_argument(
        "--workers", type=positive, default=4, metavar="N", help="scanning threads (default: 4)"
    )


def run(options: argparse.Namespace) -> int:
    """Returns 0 when no difference is persistent, 1 when one is."""
    from live.verification.proof import prove

    move = open_move(options)
    move.require_state()
    while True:
        report = prove(move, workers=options.workers, quiet=bool(options.json))
        print_report(options, report.as_json(), _text(report))
        if not report.agrees:
            return DIFFERENT
        if not options.every:
            return OK
        time.sleep(60 * options.every)


def _text(report: ProofReport) -> str:
    outcome = report.outcome
    lines = [str(difference) for difference in outcome.persistent[:_LISTED]]
    lines.append(
        f"{report.rows:,} rows and {report.items:,} items compared in {report.seconds:.1f} s; {report.suspects:,} "
        f"differed and {report.changed_meanwhile:,} changed meanwhile, of which after another look "
        f"{len(outcome.persistent):,} differ persistently and {len(outcome.moving):,} are still changing; "
        f"{report.dead_letters:,} dead letters"
    )
    if report.unsettled:
        lines.append(f"{len(report.unsettled):,} differences of numbers alone, which settle when writes stop")
    lines.append("source and table agree" if report.agrees else "source and table differ")
    return "\n".join(lines)


COMMAND = Command("prove while following that source and table agree", run, add_options)
