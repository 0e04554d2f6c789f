"""`rollback`: gives the writes back to MySQL, with everything that the service has written since the cutover."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from live.commands.command import OK, Command, add_confirmation, open_move, print_report

if TYPE_CHECKING:
    from live.phases import Step
    from live.state import State


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds `--dry-run`, `--yes` and the letters that are accepted."""
    add_confirmation(parser, "cannot be written to MySQL and stay in DynamoDB")


def run(options: argparse.Namespace) -> int:
    """Goes back to following MySQL. The service answers changes with 503 for some ten seconds before that."""
    from live import state as phases
    from live.phases import ROLLBACK
    from live.reverse.homes import HOMELESS
    from live.switching.back import PERMITS_END_SECONDS, BackWork
    from live.switching.switch import Switch

    move = open_move(options)
    state = move.require_state()
    work = BackWork(move, accept_letters=options.accept_letters)
    if options.dry_run:
        if state.phase == phases.REVERSE:
            work.check_ready(state)
        report = {"phase": state.phase, "stays_in_dynamodb": dict(HOMELESS), "seconds": PERMITS_END_SECONDS}
        stays = [f"  {name}: {text}" for name, text in HOMELESS.items()]
        print_report(
            options,
            report,
            "\n".join(
                [f"phase {state.phase}: rollback would go back; what stays in DynamoDB alone:", *stays]
            ),
        )
        return OK
    options.confirm(
        f"giving the writes of table {move.table} back to {move.source}", [move.table],
        consequence=f"stops the service's writes, and leaves in DynamoDB: {', '.join(HOMELESS)}",
    )  # fmt: skip
    switch = Switch(move, work.workers)

    def before(state: State, step: Step) -> None:
        if state.phase == phases.REVERSE:
            work.check_ready(state)

    state = switch.run(ROLLBACK, before=before)
    report = {
        "phase": state.phase, "epoch": state.epoch, "writer": state.writer, "records": work.totals.records,
        "rows": work.totals.rows, "stays_in_dynamodb": dict(HOMELESS),
        "steps": [{"step": step.name, "seconds": round(step.seconds, 3)} for step in switch.passed],
    }  # fmt: skip
    print_report(
        options, report,
        f"phase {state.phase}: the {state.writer} writes to MySQL again; make dynamodb-live-start follows it",
    )  # fmt: skip
    return OK


COMMAND = Command(
    "give the writes back to MySQL, with everything written since the cutover", run, add_options
)
