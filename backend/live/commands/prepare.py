"""`prepare`: looks for what would fail, then creates the mark table and the state."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from live.commands.command import DIFFERENT, OK, Command, add_dry_run, open_move, print_report


def run(options: argparse.Namespace) -> int:
    """Returns 0 when the live move is prepared, 1 when a check has failed and nothing was changed."""
    from live.gate.checks import gate_checks
    from live.preflight import checks
    from migration.target_table import require_ready_table

    move = open_move(options)
    require_ready_table(move.settings)
    results = [*checks(move.source), *gate_checks(move.source, trial=not options.dry_run, needed=False)]
    passed = all(check.passed for check in results)
    state = None
    if passed and not options.dry_run:
        state = move.prepare()
    outcome = (
        "nothing was changed: mend what failed, then run it again"
        if not passed
        else "everything is as it has to be; nothing was changed"
        if state is None
        else f"the live move is {state.phase}: make dynamodb-live-start copies and follows"
    )
    report = {
        "source": str(move.source), "table": move.table, "passed": passed,
        "checks": [asdict(check) for check in results], "phase": None if state is None else state.phase,
    }  # fmt: skip
    print_report(options, report, "\n".join([*map(str, results), outcome]))
    return OK if passed else DIFFERENT


COMMAND = Command("check source and table, create the mark table and the state", run, add_dry_run)
