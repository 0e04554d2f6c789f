"""The commands of dynamodb_migrations.py: what each one does once the options are read."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from api.dynamodb.client import DynamoDBClient
from api.dynamodb.control_plane.comparison import compare_table
from api.dynamodb.control_plane.description import read_settings
from api.dynamodb.transport.read_only import read_only
from config.environment import ENVIRONMENTS, environment
from lifecycle import change_drafts, planning, report
from lifecycle.adoption import adopt
from lifecycle.change_drafts import ChangeDraft
from lifecycle.change_files import CHANGES_DIR, load_changes
from lifecycle.change_run import Outcome
from lifecycle.change_status import own_and_others
from lifecycle.declared_tables import CONFIGS_FOLDER, load_tables
from lifecycle.errors import BadInput, ChangeFailed
from lifecycle.history import History
from lifecycle.lease import holder_of, unlock
from lifecycle.online.targets import parse_key
from lifecycle.run_log import RunLog
from lifecycle.runner import Runner
from lifecycle.scaffold import declare, new_table, parse_index
from lifecycle.selection import Selection
from lifecycle.simulation import new_environment_problems
from lifecycle.waiting import LeaseQueue
from reporting.numbers import plural
from scripts import _entry

READ_ONLY_COMMANDS = ("status", "plan", "check")


class Command:
    """One call of the command line: its settings, changes and history."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        if options.env:
            os.environ["ALGOITNY_ENVIRONMENT"] = options.env
            environment.cache_clear()
        self.settings = environment()
        # The names of an example's tables begin with their environment: dev by default does no harm, also in AWS.
        is_example = options.default_group is not None
        self.env: str = self.settings.name if is_example else self.settings.table_environment
        self.writes = options.command not in READ_ONLY_COMMANDS and not getattr(options, "dry_run", False)
        default_folder: Path = options.default_folder
        self.change_folders: list[Path] = options.changes or [default_folder / CHANGES_DIR.name]
        siblings = [folder.parent / CONFIGS_FOLDER for folder in self.change_folders]
        self.config_folders: list[Path] = options.configs or [
            folder for folder in siblings if folder.is_dir()
        ]
        self.group: str | None = getattr(options, "group", None) or options.default_group
        self.log = RunLog(
            options.log_dir or self.settings.state_dir / "logs", os.getpid(),
            sys.stderr if options.json else sys.stdout,
        )  # fmt: skip
        _entry.show_location(self.env)
        client = DynamoDBClient.get_client(patient=True)
        self.client = client if self.writes else read_only(client)
        # The folder of a table of one's own is made with the table.
        may_miss = options.command == "new-table"
        self.changes = load_changes(
            folder for folder in self.change_folders if folder.is_dir() or not may_miss
        )
        self.history = History(self.client, self.settings.history_table, self.env)

    def runner(self) -> Runner:
        """The runner for the options."""
        return Runner(
            self.client, self.env, self.changes, self.history, self.log.show, self._confirm_deletion,
            backups=not getattr(self.options, "no_backup", False), prices=self.settings.prices,
            confirm_recreation=self._confirm_recreation,
            max_wcu=getattr(self.options, "max_wcu", None),
            readers_switched=frozenset(getattr(self.options, "readers_switched", None) or ()),
        )  # fmt: skip

    def _confirm_deletion(self, tables: Sequence[str]) -> None:
        if self.writes:  # a plan deletes nothing
            action = f"deleting {', '.join(tables)} and all data in them"
            _entry.confirm(action, tables, confirmed=self.options.yes)

    def _confirm_recreation(self, tables: Sequence[str]) -> None:
        if self.writes:
            _entry.confirm(
                f"creating {', '.join(tables)} again, empty,", tables, confirmed=self.options.yes,
                consequence="does not bring the lost data back: restore a backup instead if there is one",
            )  # fmt: skip

    def selection(self) -> Selection:
        """The changes that the options select."""
        options = self.options
        return Selection(getattr(options, "target", None), self.group, getattr(options, "last", None))

    def _command_line(self, command: str) -> str:
        """The command line of another command for the same folders and environment."""
        options = self.options
        changes: list[Path] = options.changes or []
        if not changes:  # the changes of declared tables stand beside them
            changes = [folder.parent / CHANGES_DIR.name for folder in options.configs or []]
        parts = [f"python scripts/{options.script}.py {command}"]
        parts += [f"--changes {folder}" for folder in changes if folder.is_dir()]
        parts += [f"--configs {folder}" for folder in options.configs or []]
        return " ".join([*parts, f"--env {self.env}"])

    def show(self, text: str, /, **document: Any) -> None:
        """Prints the report as text or as JSON, and writes the text to the log."""
        context = {
            "environment": self.env,
            "history": self.settings.history_table,
            "log": str(self.log.path),
        }
        self.log.write(text)
        print(json.dumps({**context, **document}) if self.options.json else text)

    def migrate(self) -> int:
        """Applies pending changes."""
        if not self.writes:
            return self.plan()
        return self._run(lambda: self.runner().migrate(self.selection()), "applied")

    def rollback(self) -> int:
        """Undoes applied changes."""
        if self.selection() == Selection():
            raise BadInput(
                "rollback would undo every change, and was not told which",
                hint="add --target NAME, --group NAME, or --last N",
            )
        if not self.writes:
            return self.plan(undo=True)
        return self._run(lambda: self.runner().rollback(self.selection()), "undone")

    def _run(self, run: Callable[[], Outcome], verb: str) -> int:
        minutes: int | None = self.options.wait
        if minutes is not None:
            queue = LeaseQueue(
                partial(holder_of, self.client, self.history), self.history, self.log.show, minutes * 60.0
            )
            run = partial(queue.run, run)
        try:
            outcome = run()
        except ChangeFailed as error:
            if self.options.debug:
                raise
            if self.options.json:
                self.show("failed", changes=[], steps=[], backups=[], error=str(error))
            print(f"error: {error}", file=sys.stderr)
            self.log.write(f"error: {error}")
            return _entry.EXIT_DIFFERENT
        count = len(outcome.changes)
        text = f"{plural(count, 'change')} {verb}" if count else "nothing to do"
        self.show(f"{text} ({self.env} at {self.settings.target})", **vars(outcome), error=None)
        return 0

    def plan(self, *, undo: bool = False) -> int:
        """Shows what a run would do."""
        planned = planning.plan(self.runner(), self.selection(), undo=undo)
        configs = [table.config for table in load_tables(self.config_folders)]
        warnings = new_environment_problems(self.changes, configs, self.env)
        self.show(
            report.plan_text(planned, warnings), changes=[entry.as_json() for entry in planned],
            total=report.total_cost(planned).as_json(), warnings=warnings,
        )  # fmt: skip
        return 0

    def status(self) -> int:
        """Shows the status of each change."""
        listed, elsewhere = own_and_others(
            self.runner().statuses(), {change.name for change in self.selection().to_apply(self.changes)}, self.group
        )  # fmt: skip
        if self.options.all:
            listed, elsewhere = listed + elsewhere, []
        holder = holder_of(self.client, self.history)
        self.show(
            report.status_text(listed, holder, elsewhere=len(elsewhere)),
            holder=holder and report.holder_json(holder),
            changes=[report.status_json(status) for status in listed],
            elsewhere=[status.name for status in elsewhere],
        )  # fmt: skip
        return 0

    def accept(self) -> int:
        """Accepts the steps of an applied change as they are now."""
        runner = self.runner()
        status = (
            runner.find_edited(self.options.name) if not self.writes else runner.accept(self.options.name)
        )
        steps = [step.describe(self.env) for step in status.steps(undo=False)]
        verb = "accepted" if self.writes else "would accept"
        text = "\n".join(
            [f"{verb} the steps of {status.name} as they are now:", *(f"  {step}" for step in steps)]
        )
        self.show(text, change=status.name, steps=steps)
        return 0

    def adopt(self) -> int:
        """Records changes that are in effect already."""
        runner, selection = self.runner(), self.selection()
        nevertheless = self.options.despite_differences
        adoption = adopt(runner, selection, despite_differences=nevertheless, dry_run=not self.writes)
        self.show(
            report.adoption_text(adoption, dry_run=not self.writes),
            changes=[change.name for change in adoption.changes],
            differences=[each.as_json() for each in adoption.differences],
        )  # fmt: skip
        return _entry.EXIT_DIFFERENT if adoption.differences and not nevertheless else 0

    def check(self) -> int:
        """Compares declared tables with real ones."""
        configs = [table.config for table in load_tables(self.config_folders)]
        comparisons = planning.check(self.client, self.env, configs)
        differs = any(comparison.differences for comparison in comparisons)
        tables = [
            {
                "table": comparison.table,
                "differences": [difference.as_json() for difference in comparison.differences],
                "not_compared": comparison.unknown,
            }
            for comparison in comparisons
        ]
        text = report.check_text(
            comparisons, self._command_line("migrate"), self._command_line("new NAME --from-diff")
        )
        self.show(text, tables=tables, differs=differs)
        return _entry.EXIT_DIFFERENT if differs else 0

    def new(self) -> int:
        """Writes a change."""
        draft = ChangeDraft()
        if self.options.from_diff:
            drafts = self._drafts_for_differences()
            if not drafts:
                self.show("nothing differs, no change is needed", change=None, path=None)
                return 0
            draft = change_drafts.merge(drafts)
        name = change_drafts.new_change_name(self.options.name, self.changes)
        text = change_drafts.change_source(name, draft, self.changes, self.group)
        path = self.change_folders[0] / f"{name}.py"
        if self.options.dry_run:
            self.show(text, change=name, path=None, text=text)
            return 0
        change_drafts.write_change(path, text)
        self.show(f"wrote {path}; review it, then: plan, migrate", change=name, path=str(path), text=text)
        return 0

    def new_table(self) -> int:
        """Writes the files of a new table."""
        options = self.options
        try:
            partition = parse_key(options.partition_key)
            sort = None if options.sort_key is None else parse_key(options.sort_key)
            indexes = [parse_index(text) for text in options.index or ()]
        except ValueError as error:
            raise BadInput(str(error), hint="nothing was written") from None
        config = declare(options.name, partition, sort, indexes, options.ttl)
        table = new_table(config, self.change_folders[0], self.changes, options.group)
        if self.writes:
            table.write()
        names = ", ".join(config.table_name(env) for env in ENVIRONMENTS)
        paths = [str(path) for path, _ in table.files]
        text = "\n".join(
            [
                *(f"wrote {path}" for path in paths),
                f"the tables are {names}; review the files, then: plan, migrate",
            ]
            if self.writes
            else [f"# {path}\n{content}" for path, content in table.files]
        )
        self.show(text, table=config.name, change=table.change, paths=paths if self.writes else None)
        return 0

    def _drafts_for_differences(self) -> list[ChangeDraft]:
        drafts: list[ChangeDraft] = []
        for table in load_tables(self.config_folders):
            settings = read_settings(self.client, table.config.table_name(self.env))
            comparison = compare_table(table.config, self.env, settings)
            if comparison.differences:
                if settings is None:
                    self._refuse_second_creation(comparison.table)
                drafts.append(change_drafts.draft_for(len(drafts), table, self.env, comparison, settings))
        return drafts

    def _refuse_second_creation(self, table: str) -> None:
        """Raises `BadInput` if a change creates the missing table already."""
        for change in self.changes:
            if any(step.creates_table and step.table(self.env) == table for step in change.up()):
                raise BadInput(f"table {table} is missing, and {change.name} creates it", hint="run migrate")

    def unlock(self) -> int:
        """Ends somebody's lease."""
        if not self.writes:
            holder = holder_of(self.client, self.history)
            self.show(f"locked by {holder}" if holder else "nobody holds it", was=holder and str(holder))
            return 0
        previous = unlock(self.client, self.history, self.options.owner)
        self.show(
            f"ended the lease of {previous}" if previous else "nobody holds it",
            was=previous and str(previous),
        )
        return 0
