"""Versioned changes of tables: migrate, status, rollback, plan, adopt, accept, check, new, new-table, unlock."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from config.environment import BACKEND_DIR, ENVIRONMENTS
from config.options import positive
from scripts import _entry

WAIT_MINUTES = 60


def _add_common_options(parser: argparse.ArgumentParser, group: str | None, folder: Path) -> None:
    parser.add_argument(
        "--env",
        choices=ENVIRONMENTS,
        help="the environment (default: ALGOITNY_ENVIRONMENT, or dev on a local engine)",
    )
    parser.add_argument(
        "--changes", action="append", type=Path, metavar="DIR",
        help="a folder of changes; may be repeated (default: the project's own)",
    )  # fmt: skip
    parser.add_argument(
        "--configs", action="append", type=Path, metavar="DIR",
        help="a folder of declared tables; may be repeated (default: those beside the changes)",
    )  # fmt: skip
    parser.add_argument(
        "--log-dir",
        type=Path,
        metavar="DIR",
        help="the folder of logs (default: logs/ in the folder of state)",
    )
    _entry.add_common_options(parser)
    parser.set_defaults(default_group=group, default_folder=folder)


def _add_selection(parser: argparse.ArgumentParser, target_help: str) -> None:
    parser.add_argument("--target", metavar="NAME", help=target_help)
    parser.add_argument("--group", metavar="NAME", help="the changes of one group, with their dependencies")


def _add_write_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--dry-run", action="store_true", help="show what would happen, with a client that cannot write"
    )
    parser.add_argument(
        "--yes",
        action="store_true",
        help="do not ask for the names of tables that are deleted or created again",
    )
    parser.add_argument("--no-backup", action="store_true", help="delete tables without a backup")
    parser.add_argument(
        "--wait", type=positive, nargs="?", const=WAIT_MINUTES, metavar="MINUTES",
        help="wait until another runner has ended, then go on (default without a number: at most "
        f"{WAIT_MINUTES} minutes)",
    )  # fmt: skip
    _add_step_options(parser)


def _add_step_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--readers-switched", action="append", metavar="INDEX",
        help="confirm that deployed code reads this index, so that the one it replaces is dropped; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--max-wcu", type=positive, metavar="N",
        help="change items with at most N write units per second (default: no limit)",
    )  # fmt: skip


def _add_new_table_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("name", metavar="NAME", help="its name without the environment, such as orders")
    command.add_argument("--partition-key", required=True, metavar="NAME:TYPE", help="such as order_id:S")
    command.add_argument("--sort-key", metavar="NAME:TYPE", help="such as line:N")
    command.add_argument(
        "--index", action="append", metavar="NAME=KEY[,KEY]",
        help="an index with all attributes, such as by-user=user_id:S,created_at:S; may be repeated",
    )  # fmt: skip
    command.add_argument("--ttl", metavar="NAME", help="the attribute by which items expire")
    command.add_argument(
        "--group",
        metavar="NAME",
        help="the group of its change (default: that of the newest one, or the table's name)",
    )
    command.add_argument("--dry-run", action="store_true", help="print the files, write nothing")


def arguments(
    *,
    group: str | None = None,
    folder: Path = BACKEND_DIR / "lifecycle",
    script: str = "dynamodb_migrations",
) -> argparse.ArgumentParser:
    """The command line of a script; `folder` has its `changes` and `table_configs`, `group` is the default group."""
    parser = argparse.ArgumentParser(description="Versioned changes of DynamoDB tables.", allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add_command(name: str, description: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=description, description=description, allow_abbrev=False)
        _add_common_options(command, group, folder)
        command.set_defaults(script=script)
        return command

    command = add_command("migrate", "Apply pending changes, or continue an interrupted run.")
    _add_selection(command, "this change, with all that it depends on")
    _add_write_options(command)
    command = add_command("status", "Show the status of each change, and who is running changes.")
    command.add_argument(
        "--all", action="store_true", help="show applied changes too whose files are in other folders"
    )
    command = add_command("rollback", "Undo applied changes, last first; deletes tables, after backups.")
    _add_selection(command, "this change, with all that depend on it")
    command.add_argument("--last", type=positive, metavar="N", help="the last N applied changes")
    _add_write_options(command)
    command = add_command("plan", "Show what migrate would do, with cost and time.")
    _add_selection(command, "this change, with all that it depends on")
    _add_step_options(command)
    command = add_command(
        "adopt", "Record changes as applied whose tables are so already, without carrying them out: for a table that "
        "was made by other means, and for a lost history.",
    )  # fmt: skip
    _add_selection(command, "this change, with all that it depends on (default: as many as the tables show)")
    command.add_argument(
        "--despite-differences", action="store_true", help="record the target although its tables differ"
    )
    command.add_argument("--dry-run", action="store_true", help="compare and show, record nothing")
    command = add_command(
        "accept", "Accept the steps of an applied change as they are now, after an edit that leaves its tables alone."
    )  # fmt: skip
    command.add_argument("name", metavar="NAME", help="the change, as shown by status")
    command.add_argument("--dry-run", action="store_true", help="show its steps, record nothing")
    add_command("check", "Compare the declared tables with the real ones; exit code 1 when they differ.")
    command = add_command("new", "Write a new change.")
    command.add_argument("name", metavar="NAME", help="words for it, such as add_market_index")
    command.add_argument(
        "--from-diff", action="store_true", help="write the change that closes the differences shown by check"
    )
    command.add_argument("--group", metavar="NAME", help="its group (default: that of the newest change)")
    command.add_argument("--dry-run", action="store_true", help="print it, write nothing")
    _add_new_table_options(
        add_command("new-table", "Write the declaration of a new table, and the change that creates it.")
    )
    command = add_command("unlock", "End the lease of a runner that cannot be waited for.")
    command.add_argument(
        "--owner", required=True, metavar="NAME", help="who holds it, as shown by status: user@host"
    )
    command.add_argument("--dry-run", action="store_true", help="show who holds it, change nothing")
    return parser


def main(options: argparse.Namespace) -> int:
    """Runs a command: 0 done, 1 tables differ or a change failed."""
    from scripts._change_commands import Command

    command = Command(options)
    command.log.write(f"{options.command} {command.env} at {command.settings.target}")
    try:
        code: int = getattr(command, options.command.replace("-", "_"))()
        return code
    except Exception as error:
        command.log.write(f"error: {error}")
        raise
    finally:
        command.log.close()


if __name__ == "__main__":
    sys.exit(
        _entry.run(
            main, arguments().parse_args(), when_stopped=_entry.GO_ON,
            job=lambda options: "change of tables" if options.command == "migrate" else None,
        )
    )  # fmt: skip
