"""Adds an index to a table in use: estimates, builds, waits and verifies; run again, it continues."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from api.dynamodb.control_plane.declaration import IndexConfig
from api.dynamodb.control_plane.errors import TableChangeError
from config.environment import environment
from config.options import positive
from lifecycle.estimates import SAMPLE_SIZE
from scripts import _entry, _gsi

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient as BotoClient

    from lifecycle.online.plan import IndexPlan
    from lifecycle.online.targets import IndexTarget


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = _gsi.parser(
        "Add a global secondary index to a table in use, wait for it and verify it; safe to run again."
    )
    _gsi.add_key_options(parser)
    parser.add_argument("--dry-run", action="store_true", help="estimate only, change nothing")
    parser.add_argument(
        "--detach", action="store_true", help="return once it is being built; gsi_status.py --wait waits"
    )
    parser.add_argument(
        "--sample",
        type=positive,
        default=SAMPLE_SIZE,
        metavar="N",
        help=f"items to read (default {SAMPLE_SIZE})",
    )
    parser.add_argument("--full", action="store_true", help="read the whole table instead, before and after")
    parser.add_argument(
        "--yes", action="store_true", help="build it even if it skips items and refuses their writes"
    )
    _gsi.add_time_limit(parser)
    return parser


def main(options: argparse.Namespace) -> int:
    """Plans every table first, then builds; 0 when every index is there and agrees, 1 when one does not agree."""
    from lifecycle.online.build import build_index
    from lifecycle.online.plan import make_plan
    from lifecycle.online.targets import find_targets
    from lifecycle.online.verification import verify_index

    client = _gsi.client_of(options, may_write=not options.dry_run)
    prices = environment().prices
    sample = None if options.full else options.sample
    plans = [
        make_plan(client, target, index, sample)
        for target in find_targets(client, _gsi.index_options(options))
        for index in _indexes_of(target, options)
    ]
    report = [plan.json(prices) for plan in plans]
    if not options.json:
        for plan in plans:
            print("\n".join(plan.lines(prices)), flush=True)
    refusals = [plan.refusal for plan in plans if plan.refusal is not None]
    if options.dry_run:
        print(json.dumps(report) if options.json else "nothing was changed: this was a dry run", flush=True)
    if refusals and not options.yes:
        raise TableChangeError(
            refusals[0], hint="correct them, or build it nevertheless with --yes; nothing was changed"
        )
    if options.dry_run:
        return 0
    if options.detach:
        return _start_builds(client, options, plans, report)
    agrees = True
    for plan, entry in zip(plans, report, strict=True):
        target, index = plan.target, plan.index
        build_index(
            client, target.table_name, target.config, index,
            progress=_gsi.show_progress, time_limit=_gsi.time_limit(options),
        )  # fmt: skip
        verification = verify_index(client, target, index, sample=sample)
        agrees &= verification.holds
        entry |= verification.json(prices)
        if not options.json:
            print("\n".join(verification.lines(prices)), flush=True)
    if options.json:
        print(json.dumps(report))
    return 0 if agrees else _entry.EXIT_DIFFERENT


def _indexes_of(target: IndexTarget, options: argparse.Namespace) -> tuple[IndexConfig, ...]:
    if not target.indexes:
        declared = ", ".join(index.name for index in target.config.indexes)
        alternative = f", or one of {declared}" if declared else ""
        raise TableChangeError(
            f"no declaration has {options.index or 'an index'} of {target.table_name}",
            hint=f"give --index NAME --partition-key NAME:TYPE{alternative}",
        )
    return target.indexes


def _start_builds(
    client: BotoClient, options: argparse.Namespace, plans: list[IndexPlan], report: list[dict[str, object]]
) -> int:
    """Starts missing builds, one index of each table, and does not wait for them."""
    from lifecycle.online.build import build_index

    started: set[str] = set()
    for plan, entry in zip(plans, report, strict=True):
        table_name = plan.target.table_name
        if plan.existing is not None and plan.existing.is_active:
            continue
        if table_name in started:
            entry["state"] = "WAITING"
            _gsi.show_progress(
                f"{table_name} {plan.index.name}: not started, one index is built at a time; run this again later"
            )
            continue
        build_index(
            client, table_name, plan.target.config, plan.index,
            progress=_gsi.show_progress, detach=True, time_limit=_gsi.time_limit(options),
        )  # fmt: skip
        started.add(table_name)
        entry["state"] = "BEGUN"
    wait = _gsi.command_for(options, "gsi_status", "--wait")
    print(json.dumps(report) if options.json else f"detached; wait with: {wait}")
    return 0


if __name__ == "__main__":
    sys.exit(_entry.run(main, arguments().parse_args(), when_stopped=_gsi.WHEN_STOPPED))
