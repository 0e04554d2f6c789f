"""`verify`: proves while following that source and table agree; at once or in ranges, once or again and again."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from config.options import positive
from live.commands.command import DIFFERENT, OK, Command, open_move, print_report

if TYPE_CHECKING:
    from live.move import LiveMove
    from live.verification.ranges import RangePass

_LISTED, _LINE_SECONDS = 20, 5.0


def add_options(parser: argparse.ArgumentParser) -> None:
    """How, how often, and with how many threads."""
    parser.add_argument(
        "--ranges", action="store_true",
        help="in ranges of rows, with little memory; goes on where an earlier run was stopped",
    )  # fmt: skip
    parser.add_argument(
        "--every", type=positive, metavar="MINUTES", help="prove again and again, until a difference persists"
    )
    parser.add_argument(
        "--workers", type=positive, default=4, metavar="N", help="scanning threads (default: 4)"
    )


def run(options: argparse.Namespace) -> int:
    """Returns 0 when no difference is persistent, 1 when one is."""
    move = open_move(options)
    move.require_state()
    while True:
        report = _prove(move, options)
        print_report(options, report, "\n".join(_lines(report)))
        sys.stdout.flush()
        if not report["agrees"]:
            return DIFFERENT
        if not options.every:
            return OK
        time.sleep(60 * options.every)


def _prove(move: LiveMove, options: argparse.Namespace) -> dict[str, Any]:
    from live.verification.proof import prove
    from live.verification.ranges import prove_ranges

    if not options.ranges:
        return prove(move, workers=options.workers, quiet=bool(options.json)).as_json()
    last_line = time.monotonic()

    def show(state: RangePass) -> None:
        nonlocal last_line
        if time.monotonic() - last_line >= _LINE_SECONDS and state.part:
            last_line = time.monotonic()
            move.tell(range_line(vars(state)))

    return prove_ranges(move, at_range=show)


def range_line(state: Mapping[str, Any]) -> str:
    """How far a pass over ranges is."""
    share = 100 * state["rows"] / state["of_rows"] if state["of_rows"] else 100
    return (
        f"proof in ranges, pass {state['number']}: {state['part']}, {state['rows']:,} rows ({min(share, 100):.0f} %) "
        f"and {state['items']:,} items compared, {state['persistent']:,} persistent differences"
    )


def _lines(report: Mapping[str, Any]) -> list[str]:
    lines = [
        " ".join(f"{each[name]}" for name in ("what", "kind", "id", "pk", "sk", "note") if each[name])
        for each in report["differences"][:_LISTED]
    ]
    lines.append(
        f"{report['rows']:,} rows and {report['items']:,} items compared in {report['seconds']:.1f} s; "
        f"{report['suspects']:,} differed and {report['changed_meanwhile']:,} changed meanwhile, of which after "
        f"another look {report['persistent']:,} differ persistently and {report['moving']:,} are still changing; "
        f"{report['dead_letters']:,} dead letters"
    )
    if report["unsettled"]:
        lines.append(
            f"{len(report['unsettled']):,} differences of numbers alone, which settle when writes stop"
        )
    lines.append("source and table agree" if report["agrees"] else "source and table differ")
    return lines


COMMAND = Command("prove while following that source and table agree", run, add_options)
