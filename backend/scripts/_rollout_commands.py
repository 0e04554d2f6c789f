"""The commands of rollout.py."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Sequence
from typing import Any

from api.dynamodb.client import DynamoDBClient
from api.dynamodb.errors import InvalidInput
from api.dynamodb.transport.read_only import read_only
from config.environment import environment
from reporting.text import text_table
from rollout import comparison, metric_report
from rollout.flags import State, parse_assignment, parse_settings_file
from rollout.operations import Change, Rollout, load_record, record_of
from rollout.system import System
from scripts import _entry


def _system(name: str) -> System:
    try:
        system = importlib.import_module(name).SYSTEM
    except (ModuleNotFoundError, AttributeError) as missing:
        raise InvalidInput(
            f"--system {name}: {missing}", hint="name a module with a SYSTEM, such as rollout.service"
        ) from None
    if not isinstance(system, System):
        raise InvalidInput(f"--system {name}: its SYSTEM is not a rollout.system.System")
    return system


def _rollout(options: argparse.Namespace, *, may_write: bool) -> Rollout:
    system = _system(options.system)
    settings = environment()
    env = options.env or settings.table_environment
    if system.name == "service" and env != settings.name:
        raise InvalidInput(
            f"--env {env}: the configured table belongs to {settings.name}", hint="set ALGOITNY_ENVIRONMENT"
        )
    _entry.show_location(env)
    client = DynamoDBClient.get_client(patient=True)
    return Rollout(system, env, client if may_write else read_only(client))


def _rows(rollout: Rollout, state: State) -> list[list[str]]:
    rows = []
    overrides = dict(environment().rollout.overrides)
    for flag in rollout.system.flags:
        setting = state.settings.get(flag.name)
        value = flag.default if setting is None else setting.value
        rows.append([
            flag.name, value, "" if setting is None else f"{setting.percent} %",
            f"{setting.shadow} %" if setting is not None and setting.shadow else "",
            "" if setting is None else f"{setting.since:%Y-%m-%d %H:%M}", flag.default,
            "reserved" if flag.reserved else str(flag.phase or "any"), overrides.get(flag.name, ""),
        ])  # fmt: skip
    return rows


_HEAD = ("flag", "value", "share", "shadow", "since (UTC)", "default", "phase", "override here")


def _print_state(rollout: Rollout, state: State) -> None:
    print(text_table(_HEAD, _rows(rollout, state)))
    if state.changed_at is not None:
        print(
            f"version {state.version}, {state.changed_at:%Y-%m-%d %H:%M:%S} UTC by {state.changed_by}: {state.reason}"
        )


def _report(options: argparse.Namespace, rollout: Rollout, state: State) -> int:
    if options.json:
        print(json.dumps(record_of(rollout, state)))
    else:
        print(f"{rollout.table_name}, {rollout.env}: processes follow within 2 seconds")
        _print_state(rollout, state)
    return 0


def status(options: argparse.Namespace) -> int:
    """Shows flags, indexes and the last changes. 2 RCU and one DescribeTable."""
    rollout = _rollout(options, may_write=False)
    indexes, state = rollout.index_states(), rollout.store.read()
    history = rollout.store.history(options.history)
    if options.json:
        changes = [
            {"version": past.version, "at": past.changed_at, "by": past.changed_by, "reason": past.reason}
            for past in history
        ]
        print(json.dumps({**record_of(rollout, state), "indexes": indexes, "history": changes}, default=str))
        return 0
    print(f"{rollout.table_name}, {rollout.env}")
    _print_state(rollout, state)
    for name, phase in indexes.items():
        print(f"index {name}: {phase}")
    for past in history[1:]:
        print(
            f"  version {past.version}, {past.changed_at:%Y-%m-%d %H:%M:%S} by {past.changed_by}: {past.reason}"
        )
    if rollout.system.name == "service" and not environment().rollout.flags:
        print(
            "this process's settings have no ALGOITNY_ROLLOUT=1: the service reads the flags where it is set"
        )
    return 0


def enable(options: argparse.Namespace) -> int:
    """Sets flags."""
    values = {} if options.settings is None else parse_settings_file(options.settings.read_text())
    values |= dict(map(parse_assignment, options.flags))
    if not values:
        raise InvalidInput("no flag is named: enable FLAG=VALUE, or --settings FILE")
    rollout = _rollout(options, may_write=True)
    rollout.records = dict(load_record(path, rollout.system) for path in options.record)
    change = Change(
        values, options.percent, options.shadow, options.bad_windows, options.max_p95_ms, options.reason,
        options.override,
    )  # fmt: skip
    state = rollout.enable(change)
    for flag in rollout.system.flags:
        if flag.reserved and flag.name in values:
            print(f"{flag.name} is reserved: nothing reads it", file=sys.stderr)
    return _report(options, rollout, state)


def disable(options: argparse.Namespace) -> int:
    """Sets flags to their defaults."""
    rollout = _rollout(options, may_write=True)
    return _report(options, rollout, rollout.disable(options.flags, options.reason))


def rollback(options: argparse.Namespace) -> int:
    """Sets all flags, or with `--gradual` those of the last phase, to their defaults."""
    rollout = _rollout(options, may_write=True)
    state = rollout.rollback(gradual=options.gradual, reason=options.reason)
    if state is None and not options.json:
        print("every flag has its default: nothing is left to roll back", file=sys.stderr)
    return _report(options, rollout, rollout.store.read() if state is None else state)


def compare(options: argparse.Namespace) -> int:
    """Reads samples by every strategy."""
    rollout = _rollout(options, may_write=False)
    unknown = sorted(set(options.paths) - set(rollout.system.paths))
    if unknown:
        raise InvalidInput(
            f"{', '.join(unknown)}: not a path with several strategies; there are {', '.join(rollout.system.paths)}"
        )
    paths = tuple(options.paths) or rollout.system.paths
    result = comparison.compare(rollout.system.samples(rollout.client, rollout.env, paths, options.samples))
    rows = [{"path": path, "strategy": name, **f.as_json()} for (path, name), f in result.figures.items()]
    if options.json:
        different = [{"path": path, "read": read} for path, read in result.different]
        print(json.dumps({"table": rollout.table_name, "strategies": rows, "different": different}))
    else:
        _print_table(
            ("path", "strategy", "reads", "averageMs", "p95Ms", "averageFetched", "averageUnits"), rows
        )
        for path, read in result.different:
            print(f"different results: {path}, {read}")
        if not rows:
            print("the table has nothing to read")
    return _entry.EXIT_DIFFERENT if result.different else 0


def report(options: argparse.Namespace) -> int:
    """Reads a log file."""
    if str(options.log) == "-":
        result = metric_report.read_log(sys.stdin)
    else:
        with options.log.open(encoding="utf-8", errors="replace") as log:
            result = metric_report.read_log(log)
    if options.json:
        print(json.dumps(result.as_json()))
        return 0
    if not result.reads:
        print(
            "no metric line: set ALGOITNY_READ_METRICS=1, and give the log that the service writes to stderr"
        )
    for title, head, rows in result.tables():
        print(f"{title}")
        _print_table(head, rows)
        print()
    return 0


def _print_table(head: Sequence[str], rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        print(text_table(head, [[str(row[name]) for name in head] for row in rows]))
