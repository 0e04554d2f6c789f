"""Restores the table as of a moment beside itself, completes and checks the copy, and writes down how long it took."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from config.environment import Environment, environment
from scripts import _entry

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

_LOG = "restore-drills.jsonl"


def _moment(text: str) -> datetime:
    """A moment with its zone, for argparse."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not like 2026-11-30T12:00:00+00:00") from None
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r} has no time zone: add +00:00 for UTC")
    return moment


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = _entry.parser(
        "Restore the table as of a moment to a table of its own, give it TTL, stream, recovery, tags, protection and "
        "alarms, check its data, write down how long each step took, and delete the copy. The table itself is only "
        "read. Exit code 0: the copy is complete and nothing is wrong in it; 1: its data have findings; 2: it failed."
    )
    add = parser.add_argument
    add("--at", type=_moment, metavar="MOMENT", help="as of this moment (default: the latest possible)")
    add("--to", metavar="NAME", help="the new table (default: the table's name and _restored)")
    add("--keep", action="store_true", help="keep the copy, to switch the service to it; a real restore")
    add("--alarm-topic", metavar="ARN", help="the SNS topic that the copy's alarms notify, with --keep")
    add("--dry-run", action="store_true", help="print the steps, and do none")
    return parser


class Drill:
    """One drill: its steps, each with the seconds that it took."""

    def __init__(self, client: BotoClient, settings: Environment, options: argparse.Namespace) -> None:
        self.client, self.settings, self.options = client, settings, options
        self.env = settings.table_environment
        self.source = settings.table_name
        self.target: str = options.to or f"{self.source}_restored"
        self.steps: list[dict[str, Any]] = []
        self.findings = 0

    def show(self, line: str) -> None:
        """Prints a line of progress."""
        print(line, file=sys.stderr, flush=True)

    def step(self, name: str, work: Callable[[], Any]) -> None:
        """Does one step and notes its time and result."""
        began = time.monotonic()
        detail = work()
        self.steps.append({"step": name, "seconds": round(time.monotonic() - began, 1), "result": detail})

    def run(self) -> None:
        """Does all steps."""
        self.step("restore", self._restore)
        self.step("settings", self._complete)
        if self.options.keep:
            self.step("alarms", self._alarms)
        self.step("check", self._check)
        if not self.options.keep:
            self.step("delete", self._delete)

    def _restore(self) -> str:
        from lifecycle.restored_table import restore_moment

        table = restore_moment(self.client, self.source, self.target, self.options.at, progress=self.show)
        return f"{table.name} is {table.status}"

    def _complete(self) -> list[str]:
        from api.dynamodb.table_schema import table_declaration
        from lifecycle.restored_table import complete

        return complete(self.client, table_declaration(self.target), self.env, self.show)

    def _alarms(self) -> str:
        from lifecycle.infrastructure.alarms import alarms
        from lifecycle.online.build_progress import cloudwatch_of
        from lifecycle.restored_table import alarm_request

        cloudwatch = cloudwatch_of(self.client)
        if cloudwatch is None:
            return "skipped: this engine has no alarms"
        # Those of the whole account exist already.
        own = [alarm for alarm in alarms() if alarm.dimensions is not None]
        for alarm in own:
            request = alarm_request(alarm, self.target, self.env, self.options.alarm_topic)
            cloudwatch.put_metric_alarm(**request)
        return f"{len(own)} alarms"

    def _check(self) -> dict[str, Any]:
        from api.dynamodb.clock import utc_now
        from api.dynamodb.table.store import Store
        from api.dynamodb.transport.factory import bulk_transport_for
        from repair.notebook import Notebook
        from repair.paced_calls import PacedCalls
        from repair.table_check import TableCheck
        from repair.table_scan import segments_of

        calls = PacedCalls(bulk_transport_for(self.client))
        segments = segments_of(0, 8, local=not self.settings.is_aws)
        with Notebook(None, {}, utc_now(), segments=segments) as notebook:
            # What traffic had in flight at that moment is as if its process had died: notes of writes, for instance.
            result = TableCheck(Store(calls, self.target), notebook).run(calls, workers=8)
            counts = [
                {"kind": kind, "state": state, "number": number}
                for (kind, state), number in result.counts.items()
            ]
        self.findings = result.left
        return {"items": result.items, "findings": counts}

    def _delete(self) -> str:
        from api.dynamodb.table_schema import table_declaration
        from lifecycle.operations import Context, DeleteTable

        step = DeleteTable(table_declaration(self.target), even_protected=True)
        step.carry_out(Context(self.client, self.env))
        return f"{self.target} is gone"

    def report(self) -> dict[str, Any]:
        """What was done and how long it took, for machines."""
        return {
            "at": datetime.now(UTC).isoformat(timespec="seconds"), "table": self.source, "copy": self.target,
            "target": self.settings.target, "as_of": None if self.options.at is None else self.options.at.isoformat(),
            "kept": self.options.keep, "seconds": round(sum(step["seconds"] for step in self.steps), 1),
            "steps": self.steps,
        }  # fmt: skip

    def write_down(self) -> Path:
        """Adds the report to the log of drills, and returns its path."""
        self.settings.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.settings.state_dir / _LOG
        with path.open("a") as log:
            log.write(json.dumps(self.report()) + "\n")
        return path


def _print_plan(drill: Drill) -> None:
    print(
        f"1. restore {drill.source} as of {drill.options.at or 'the latest possible moment'} to {drill.target}"
    )
    print(f"2. TTL, stream, recovery, tags and protection of {drill.target} as declared for {drill.env}")
    print(
        f"3. check the data of {drill.target}" + (", after its alarms are made" if drill.options.keep else "")
    )
    print(f"4. write the times down; {'keep' if drill.options.keep else 'delete'} {drill.target}")


def main(options: argparse.Namespace) -> int:
    """Runs the drill. Returns 1 when the copy's data have findings."""
    from api.dynamodb.client import DynamoDBClient
    from reporting.numbers import duration

    settings = environment()
    drill = Drill(DynamoDBClient.get_client(patient=True), settings, options)
    _entry.show_location(drill.env)
    if options.dry_run:
        if options.json:
            print(json.dumps({**drill.report(), "dry_run": True}))
        else:
            _print_plan(drill)
        return 0
    drill.run()
    path = drill.write_down()
    if options.json:
        print(json.dumps(drill.report()))
    else:
        for step in drill.steps:
            print(f"{step['step']:<10} {duration(step['seconds']):>10}  {step['result']}")
        print(
            f"{drill.source} at {settings.target}: {duration(drill.report()['seconds'])}, written to {path.name}"
        )
    return _entry.EXIT_DIFFERENT if drill.findings else 0


if __name__ == "__main__":
    sys.exit(
        _entry.run(
            main, arguments().parse_args(), when_stopped="AWS goes on restoring, run it again to continue"
        )
    )
