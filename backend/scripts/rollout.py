"""Read paths in stages: status, enable, disable, compare, rollback, report."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

# First of all: the folder of this file, where Python looks first, has a module of the package's name.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from config.environment import ENVIRONMENTS
from config.options import percentage, positive
from scripts import _entry

SERVICE = "rollout.service"


def _add_shadow_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--percent", type=percentage, default=100, metavar="N",
        help="for N of a hundred users or pages, always the same ones, and more with a greater N (default 100)",
    )  # fmt: skip
    command.add_argument(
        "--shadow", type=percentage, default=0, metavar="N",
        help="make N of a hundred reads by the other strategy too, after the answer, and compare (default 0)",
    )  # fmt: skip
    command.add_argument(
        "--bad-windows", type=int, default=3, metavar="N", choices=range(101),
        help="a process takes the flag back after N bad minutes in a row, by errors, P95 or differences "
        "(default 3; 0: never)",
    )  # fmt: skip
    command.add_argument(
        "--max-p95-ms", type=positive, metavar="MS",
        help="a minute is bad above this (default: 1.5 times the default strategy's and 5 ms more)",
    )  # fmt: skip


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add_command(name: str, description: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=description, description=description, allow_abbrev=False)
        _entry.add_common_options(command)
        return command

    def add_table_command(name: str, description: str) -> argparse.ArgumentParser:
        command = add_command(name, description)
        command.add_argument(
            "--env", choices=ENVIRONMENTS,
            help="the environment (default: ALGOITNY_ENVIRONMENT, or dev on a local engine)",
        )  # fmt: skip
        command.add_argument(
            "--system", default=SERVICE, metavar="MODULE",
            help=f"the module with the system whose flags these are (default: {SERVICE})",
        )  # fmt: skip
        return command

    command = add_table_command("status", "Show the flags, the indexes, and who changed what last.")
    command.add_argument(
        "--history", type=positive, default=5, metavar="N", help="the last N changes (default 5)"
    )
    command = add_table_command("enable", "Set flags, if every gate is open.")
    command.add_argument("flags", nargs="*", metavar="FLAG=VALUE", help="FLAG alone is FLAG=true")
    command.add_argument(
        "--settings", type=Path, metavar="FILE", help="a file with lines such as flag = value"
    )
    _add_shadow_options(command)
    command.add_argument(
        "--record", action="append", type=Path, default=[], metavar="FILE",
        help="for prod: what `status --json FILE` wrote in dev or staging, where their tables are out of reach; "
        "may be repeated",
    )  # fmt: skip
    command.add_argument("--override", metavar="REASON", help="pass the gates of time; the reason is logged")
    command.add_argument("--reason", default="", metavar="TEXT", help="for the history")
    command = add_table_command("disable", "Set flags to their defaults.")
    command.add_argument("flags", nargs="+", metavar="FLAG", help="their names, as shown by status")
    command.add_argument("--reason", default="", metavar="TEXT", help="for the history")
    command = add_table_command("rollback", "Set every flag to its default at once.")
    command.add_argument(
        "--gradual",
        action="store_true",
        help="only the last phase: consistency first, the strategy the next time",
    )
    command.add_argument("--reason", default="", metavar="TEXT", help="for the history")
    command = add_table_command(
        "compare", "Read samples by every strategy; exit code 1 when results differ. Nothing is written."
    )
    command.add_argument("paths", nargs="*", metavar="PATH", help="read paths (default: all)")
    command.add_argument(
        "--samples", type=positive, default=20, metavar="N", help="reads of each path (default 20)"
    )
    command = add_command("report", "Averages, percentiles and errors of the metric lines in a log file.")
    command.add_argument("log", type=Path, metavar="LOGFILE", help="a log, or - for standard input")
    return parser


def main(options: argparse.Namespace) -> int:
    """Runs a command: 0 done, 1 results differ."""
    from scripts import _rollout_commands

    code: int = getattr(_rollout_commands, options.command)(options)
    return code


if __name__ == "__main__":
    sys.exit(_entry.run(main, arguments().parse_args()))
