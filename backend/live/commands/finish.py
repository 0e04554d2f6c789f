"""`finish`: retires MySQL after a last proof; the gate stays shut."""

from __future__ import annotations

import argparse

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
        "steps": [{"step": step.name, "seconds": round(step.seconds, 3)} for step in switch.passed],
    }  # fmt: skip
    lines = [
        f"{move.source} is retired since {state.since}: the service writes to {move.table} alone",
        f"last proof: {state.details.get('proof')}",
        f"gate in MySQL: {position}; every write to these tables is refused",
    ]
    print_report(options, report, "\n".join(lines))
    return OK


COMMAND = Command("retire MySQL after a last proof", run, add_options)
