"""Versioned changes of tables: migrate, status, rollback, plan, check, new, unlock."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

if str(Path(__file__).resolve().parent.parent) not in sys.path:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from api.dynamodb.client import DynamoDBClient
from config.environment import ENVIRONMENTS, environment
from lifecycle import authoring, planning, report
from lifecycle.errors import BadInput, ChangeFailed
from lifecycle.files import CHANGES_DIR, CONFIGS_DIR, load_changes, load_configs
from lifecycle.history import History
from lifecycle.journal import Journal
from lifecycle.lease import unlock
from lifecycle.observed import observe
from lifecycle.read_only import read_only
from lifecycle.runner import Outcome, Runner
from lifecycle.selection import Selection
from lifecycle.standing import holder_of
from scripts import _entry

LOOKING = ("status", "plan", "check")


def _add_common(made: argparse.ArgumentParser, group: str | None, folder: Path) -> None:
    add = made.add_argument
    add("--env", choices=ENVIRONMENTS, help="the environment (default: ALGOITNY_ENVIRONMENT, or dev)")
    add(
        "--changes",
        action="append",
        type=Path,
        metavar="DIR",
        help="a folder of changes (default: the project's own)",
    )
    add(
        "--configs",
        action="append",
        type=Path,
        metavar="DIR",
        help="a folder of declared tables (default: theirs)",
    )
    add("--log-dir", type=Path, metavar="DIR", help="where logs go (default: logs/ in the folder of state)")
    add("--json", action="store_true", help="print the report as JSON, for machines")
    add("--debug", action="store_true", help="show the traceback of a failure")
    made.set_defaults(default_group=group, default_folder=folder)


def _add_selection(made: argparse.ArgumentParser, target: str) -> None:
    made.add_argument("--target", metavar="NAME", help=target)
    made.add_argument("--group", metavar="NAME", help="the changes of one group, with what belongs to them")


def _add_writing(made: argparse.ArgumentParser) -> None:
    add = made.add_argument
    add("--dry-run", action="store_true", help="show what would happen, by a client that cannot write")
    add("--yes", action="store_true", help="do not ask for the names of tables that are deleted")
    add("--no-backup", action="store_true", help="delete tables without a backup")


def arguments(*, group: str | None = None, folder: Path = CHANGES_DIR.parent) -> argparse.ArgumentParser:
    """The command line; `folder` has `changes` and `table_configs`, `group` is what commands are about by default."""
    made = argparse.ArgumentParser(description="Versioned changes of DynamoDB tables.", allow_abbrev=False)
    commands = made.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, told: str) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=told, description=told, allow_abbrev=False)
        _add_common(one, group, folder)
        return one

    one = command("migrate", "Apply what is pending, or go on where a run was interrupted.")
    _add_selection(one, "this change, with all that it depends on")
    _add_writing(one)
    command("status", "Show where each change stands, and who is at work.")
    one = command("rollback", "Undo what was applied, last first; deletes tables, behind backups.")
    _add_selection(one, "this change, with all that depend on it")
    _add_writing(one)
    one = command("plan", "Show what migrate would do, with cost and time.")
    _add_selection(one, "this change, with all that it depends on")
    command("check", "Compare the declared tables with the real ones; exit code 1 when they differ.")
    one = command("new", "Write a new change.")
    one.add_argument("name", metavar="NAME", help="words for it, such as add_market_index")
    one.add_argument(
        "--from-diff", action="store_true", help="one that closes the difference that check shows"
    )
    one.add_argument("--group", metavar="NAME", help="its group (default: that of the newest change)")
    one.add_argument("--dry-run", action="store_true", help="print it, write nothing")
    one = command("unlock", "End the hold of a runner that cannot be waited for.")
    one.add_argument(
        "--owner", required=True, metavar="NAME", help="who holds it, as status shows: user@host"
    )
    one.add_argument("--dry-run", action="store_true", help="show who holds it, change nothing")
    return made


def typed_names(options: argparse.Namespace) -> Callable[[Sequence[str]], None]:
    """Asks for the name of each table that will be deleted, unless --yes."""

    def confirm(tables: Sequence[str]) -> None:
        if not options.yes and not sys.stdin.isatty():
            raise BadInput(
                f"deleting {', '.join(tables)} wants each name typed: run it on a terminal, or give --yes"
            )
        print(f"WARNING: this permanently deletes {', '.join(tables)} and all data in them.", file=sys.stderr)
        if options.yes:
            return
        for name in tables:
            print(f"Type the name {name} to go on: ", end="", file=sys.stderr, flush=True)
            if sys.stdin.readline().strip() != name:
                raise BadInput("the name does not match: nothing was changed")

    return confirm


class Command:
    """One call of the command line, with what it works on."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.settings = environment()
        self.env: str = options.env or self.settings.name
        self.writes = options.command not in LOOKING and not getattr(options, "dry_run", False)
        folder: Path = options.default_folder
        self.changes_folders: list[Path] = options.changes or [folder / CHANGES_DIR.name]
        beside = [one.parent / CONFIGS_DIR.name for one in self.changes_folders]
        self.config_folders: list[Path] = options.configs or [one for one in beside if one.is_dir()]
        self.group: str | None = getattr(options, "group", None) or options.default_group
        self.journal = Journal(
            options.log_dir or self.settings.state_dir / "logs", os.getpid(),
            sys.stderr if options.json else sys.stdout,
        )  # fmt: skip
        client = DynamoDBClient.get_client(patient=True)
        self.client = client if self.writes else read_only(client)
        self.changes = load_changes(self.changes_folders)
        self.history = History(self.client, self.settings.history_table, self.env)

    def runner(self) -> Runner:
        """The runner that this call's options ask for."""
        asks = self.writes and hasattr(self.options, "yes")
        return Runner(
            self.client, self.env, self.changes, self.history, self.journal.say,
            typed_names(self.options) if asks else _no_question,
            backups=not getattr(self.options, "no_backup", False), prices=self.settings.prices,
        )  # fmt: skip

    def selection(self) -> Selection:
        """The changes that this call is about."""
        return Selection(getattr(self.options, "target", None), self.group)

    def show(self, text: str, /, **found: Any) -> None:
        """The report, as text or as JSON; in the log too."""
        where = {
            "environment": self.env,
            "history": self.settings.history_table,
            "log": str(self.journal.path),
        }
        self.journal.note(text)
        print(json.dumps({**where, **found}) if self.options.json else text)

    def migrate(self) -> int:
        """Applies what is pending."""
        if not self.writes:
            return self.plan()
        return self._run(lambda: self.runner().migrate(self.selection()), "applied")

    def rollback(self) -> int:
        """Undoes what was applied."""
        if not self.writes:
            return self.plan(undo=True)
        return self._run(lambda: self.runner().rollback(self.selection()), "undone")

    def _run(self, work: Callable[[], Outcome], done: str) -> int:
        try:
            outcome = work()
        except ChangeFailed as error:
            if self.options.debug:
                raise
            if self.options.json:
                self.show("failed", changes=[], steps=[], backups=[], error=str(error))
            print(f"error: {error}", file=sys.stderr)
            self.journal.note(f"error: {error}")
            return _entry.EXIT_DIFFERENT
        count = len(outcome.changes)
        text = f"{count} change{'s' * (count != 1)} {done}" if count else "nothing to do"
        self.show(f"{text} ({self.env} at {self.settings.target})", **vars(outcome), error=None)
        return 0

    def plan(self, *, undo: bool = False) -> int:
        """What a run would do."""
        found = planning.plan(self.runner(), self.selection(), undo=undo)
        self.show(
            report.plan_text(found), changes=[one.as_json() for one in found],
            total=report.total_of(found).as_json(),
        )  # fmt: skip
        return 0

    def status(self) -> int:
        """Where each change stands."""
        stock = self.runner().stock()
        if self.group is not None:
            names = {one.name for one in self.selection().to_apply(self.changes)}
            stock = [one for one in stock if one.change is not None and one.change.name in names]
        holder = holder_of(self.history)
        self.show(
            report.status_text(stock, holder), holder=holder,
            changes=[report.status_json(one) for one in stock],
        )  # fmt: skip
        return 0

    def check(self) -> int:
        """Declared tables against real ones."""
        configs = [declared.config for declared in load_configs(self.config_folders)]
        found = planning.check(self.client, self.env, configs)
        differs = any(one.differences for one in found)
        tables = [
            {
                "table": one.table,
                "differences": [d.as_json() for d in one.differences],
                "not_compared": one.unknown,
            }
            for one in found
        ]
        self.show(report.check_text(found, self.env), tables=tables, differs=differs)
        return _entry.EXIT_DIFFERENT if differs else 0

    def new(self) -> int:
        """Writes a change."""
        draft = authoring.Draft()
        if self.options.from_diff:
            drafts: list[authoring.Draft] = []
            for declared in load_configs(self.config_folders):
                observed = observe(self.client, declared.config.table_name(self.env))
                (found,) = planning.check(self.client, self.env, [declared.config])
                if found.differences:
                    self._refuse_if_created(found.table, missing=observed is None)
                    drafts.append(authoring.closing(len(drafts), declared, self.env, found, observed))
            if not drafts:
                self.show("nothing differs, no change is needed", change=None, path=None)
                return 0
            draft = authoring.merge(drafts)
        name = authoring.name_of(self.options.name, self.changes)
        text = authoring.file_text(name, draft, self.changes, self.group)
        path = self.changes_folders[0] / f"{name}.py"
        if self.options.dry_run:
            self.show(text, change=name, path=None, text=text)
            return 0
        authoring.write_new(path, text)
        self.show(f"wrote {path}; look it over, then: plan, migrate", change=name, path=str(path), text=text)
        return 0

    def _refuse_if_created(self, table: str, *, missing: bool) -> None:
        """Two changes that create one table would be one too many."""
        for change in self.changes:
            if missing and any(step.creates_table and step.table(self.env) == table for step in change.up()):
                raise BadInput(f"table {table} is missing, and {change.name} creates it", hint="run migrate")

    def unlock(self) -> int:
        """Ends somebody's hold."""
        if not self.writes:
            holder = holder_of(self.history)
            self.show(
                f"held by {holder['told']}" if holder else "nobody holds it", was=holder and holder["told"]
            )
            return 0
        was = unlock(self.client, self.history, self.options.owner)
        self.show(f"ended the hold of {was}" if was else "nobody holds it", was=was)
        return 0


def _no_question(tables: Sequence[str]) -> None:
    """Nothing is deleted by a command that only looks."""


def main(options: argparse.Namespace) -> int:
    """Runs a command: 0 done, 1 tables differ or a change failed."""
    command = Command(options)
    command.journal.note(f"{options.command} {command.env} at {command.settings.target}")
    try:
        code: int = getattr(command, options.command)()
        return code
    except Exception as error:
        command.journal.note(f"error: {error}")
        raise
    finally:
        command.journal.close()


if __name__ == "__main__":
    sys.exit(_entry.run(main, arguments().parse_args(), when_stopped=_entry.GO_ON))
