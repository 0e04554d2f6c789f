"""The subcommands of `scripts/live_migration.py`, one module each; `COMMANDS` has them in the order of use."""

from __future__ import annotations

from collections.abc import Mapping

from live.commands import abort, cutover, finish, prepare, rollback, start, status, verify
from live.commands.command import Command

COMMANDS: Mapping[str, Command] = {
    "prepare": prepare.COMMAND,
    "start": start.COMMAND,
    "status": status.COMMAND,
    "verify": verify.COMMAND,
    "cutover": cutover.COMMAND,
    "rollback": rollback.COMMAND,
    "finish": finish.COMMAND,
    "abort": abort.COMMAND,
}
