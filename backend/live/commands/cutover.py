"""`cutover`: gives the writes to DynamoDB, then keeps MySQL equal to the table; goes on where it stopped."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from config.options import positive
from live.commands.command import OK, Command, add_dry_run, open_move, print_report

if TYPE_CHECKING:
    from live.move import LiveMove
    from live.state import State
    from live.switching.back import BackTotals
    from live.switching.forward import ForwardWork
    from live.switching.switch import Switch


def add_options(parser: argparse.ArgumentParser) -> None:
    """The conditions of the switch, and what to do after it."""
    add_dry_run(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument(
        "--cancel", action="store_true", help="give up a cutover that was interrupted before the switch"
    )
    parser.add_argument(
        "--once",
        action="store_true",
        help="stop after the switch, when MySQL is equal; run it again to go on",
    )
    parser.add_argument(
        "--settle", type=float, default=60.0, metavar="SECONDS",
        help="how long the lag must have been below 2 s (default: 60)",
    )  # fmt: skip
    parser.add_argument(
        "--stop", type=positive, default=5, metavar="SECONDS",
        help="give up when writes would stand still for longer (default: 5)",
    )  # fmt: skip
    parser.add_argument(
        "--accept-letters", type=int, default=0, metavar="N",
        help="the number of rows that cannot be moved and are left behind",
    )  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Switches unless that is done, and follows back until it is stopped or another command takes over."""
    from live import state as phases
    from live.phases import CANCEL
    from live.switching.back import BackTotals, follow_back
    from live.switching.forward import CutoverOptions, ForwardWork, switch_over
    from live.switching.switch import Switch

    move = open_move(options)
    state = move.require_state()
    work = ForwardWork(move, CutoverOptions(options.settle, options.stop, options.accept_letters))
    switch = Switch(move, work.workers, gate_seconds=max(1, options.stop - 2))
    if options.cancel:
        return _report(options, switch.run(CANCEL), switch, work)
    if options.dry_run:
        return _dry_run(options, move, state, work)
    if state.phase != phases.REVERSE:
        options.confirm(
            f"giving the writes of {move.source} to table {move.table}", [move.table],
            consequence="stops the application's writes to MySQL",
        )  # fmt: skip
    state = switch_over(move, switch, work)
    _report(options, state, switch, work)
    totals = BackTotals()

    def show(now: BackTotals) -> None:
        nonlocal totals
        totals = now

    state = follow_back(move, once=options.once, on_totals=show)
    move.tell(f"phase {state.phase}: {totals.records:,} records applied, {totals.rows:,} rows written")
    return OK


def _dry_run(options: argparse.Namespace, move: LiveMove, state: State, work: ForwardWork) -> int:
    from live import state as phases
    from live.gate.checks import gate_checks
    from live.switching.trial import try_direction_back

    if state.phase == phases.LIVE:
        for check in gate_checks(move.source, trial=False):
            move.tell(str(check))
        work.check_ready(settle=0.0)
        try_direction_back(move.source)
    would = {phases.LIVE: "switch", phases.REVERSE: "keep MySQL equal"}.get(state.phase, "go on")
    report = {"phase": state.phase, "would": would}
    print_report(options, report, f"phase {state.phase}: cutover would {would}; nothing was changed")
    return OK


def _report(options: argparse.Namespace, state: State, switch: Switch, work: ForwardWork) -> int:
    stopped = round(work.stopped_seconds, 2) if work.stopped_seconds is not None else None
    report: dict[str, Any] = {
        "phase": state.phase, "epoch": state.epoch, "writer": state.writer, "writes_stopped_s": stopped,
        "steps": [{"step": step.name, "seconds": round(step.seconds, 3)} for step in switch.passed],
    }  # fmt: skip
    lines = [f"phase {state.phase}: the {state.writer} writes"]
    if stopped is not None:
        lines.append(f"writes stood still for {stopped:.2f} s")
    print_report(options, report, "; ".join(lines))
    sys.stdout.flush()
    return OK


COMMAND = Command("give the writes to DynamoDB, then keep MySQL equal to the table", run, add_options)
