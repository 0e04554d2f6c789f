"""`finish`: retires MySQL after a last proof; the gate stays shut."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from typing import Any

from live.commands.command import OK, Command, add_confirmation, open_move, print_report


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds `--dry-run`, `--yes` and the letters that are accepted."""
    add_confirmation(parser, "could not be written to MySQL")


def run(options: argparse.Namespace) -> int:
    """Compares both stores, ends the direction back, and shuts the gate for good."""
    from live.gate import NOBODY, Gate, GateState
    from live.phases import FINISH, Facts, next_step
    from live.switching.back import BackWork
    from live.switching.switch import Switch

    move = open_move(options)
    state = move.require_state()
    if options.dry_run:
        next_step(Facts(state.phase, state.epoch, GateState(NOBODY, 0)), FINISH)  # raises in a wrong phase
        print_report(
            options, {"phase": state.phase, "would": "finish"},
            f"phase {state.phase}: finish would compare both stores, turn the stream off and shut the gate",
        )  # fmt: skip
        return OK
    options.confirm(
        f"retiring {move.source}",
        [move.table],
        consequence="ends the way back: no rollback is possible after it",
    )
    work = BackWork(move, accept_letters=options.accept_letters)
    switch = Switch(move, work.workers)
    state = switch.run(FINISH)
    with Gate(move.source) as gate:
        position = gate.state()
    report = {
        "phase": state.phase, "since": state.since, "epoch": state.epoch, "source": str(move.source),
        "table": move.table, "gate": str(position), "last_proof": state.details.get("proof"),
        **json.loads(state.details.get("proof_figures", "{}")),
        "left_behind": int(state.details.get("left_behind", "0")), "accepted_letters": options.accept_letters,
        "steps": [{"step": step.name, "seconds": round(step.seconds, 3)} for step in switch.passed],
    }  # fmt: skip
    print_report(options, report, "\n".join(_lines(report)))
    return OK


def _lines(report: Mapping[str, Any]) -> list[str]:
    """The report for people: what was retired, what was compared, and what is not equal."""
    compared = [
        f"  {name}: {number:,} compared, all equal" for name, number in report.get("compared", {}).items()
    ]
    return [
        f"{report['source']} is retired since {report['since']}: the service writes to {report['table']} alone",
        f"last proof, of every row and thing, ended {report.get('ended')} UTC after {report.get('seconds')} s:",
        *compared,
        f"rows that were never moved: {report.get('rows_never_moved')}, of {report['left_behind']} that the cutover "
        "left behind",
        f"things that could not be written back to MySQL, and were accepted: {report['accepted_letters']}",
        f"gate in MySQL: {report['gate']}; every write to these tables is refused; the table's stream is off",
    ]


COMMAND = Command("retire MySQL after a last proof", run, add_options)
