"""Adds an index to a table that is in use: says what it means, builds it, waits, proves it; run again, it goes on."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from config.environment import environment
from lifecycle.declaration import IndexConfig
from lifecycle.online.build import build_index
from lifecycle.online.calls import IndexChangeError
from lifecycle.online.plan import IndexPlan, make_plan
from lifecycle.online.proof import prove
from lifecycle.online.survey import SAMPLE
from lifecycle.online.targets import Target, find_targets
from scripts import _entry, _gsi


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    made = _gsi.parser(
        "Add a global secondary index to a table in use, wait for it and verify it; safe to run again."
    )
    _gsi.add_keys(made)
    made.add_argument("--dry-run", action="store_true", help="look and tell, change nothing")
    made.add_argument(
        "--detach", action="store_true", help="return once it is being built; gsi_status.py --wait waits"
    )
    made.add_argument(
        "--sample",
        type=_entry.positive,
        default=SAMPLE,
        metavar="N",
        help=f"items to look at (default {SAMPLE})",
    )
    made.add_argument("--full", action="store_true", help="read the whole table instead, before and after")
    made.add_argument(
        "--yes", action="store_true", help="build it although it would skip items and refuse their writes"
    )
    return made


def main(options: argparse.Namespace) -> int:
    """Plans every table first, then builds; 0 when every index is there and agrees, 1 when one does not agree."""
    client = _gsi.client_of(options, may_write=not options.dry_run)
    prices = environment().prices
    sample = None if options.full else options.sample
    plans = [
        make_plan(client, target, index, sample)
        for target in find_targets(client, _gsi.wanted(options))
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
        raise IndexChangeError(
            refusals[0], hint="mend them, or build it nevertheless with --yes; nothing was changed"
        )
    if options.dry_run:
        return 0
    if options.detach:
        return _begin(options, plans, report)
    agrees = True
    for plan, entry in zip(plans, report, strict=True):
        target, index = plan.target, plan.index
        build_index(client, target.table_name, target.config, index, progress=_gsi.say)
        proof = prove(client, target, index, sample=sample)
        agrees &= proof.holds
        entry |= proof.json(prices)
        if not options.json:
            print("\n".join(proof.lines(prices)), flush=True)
    if options.json:
        print(json.dumps(report))
    return 0 if agrees else _entry.EXIT_DIFFERENT


def _indexes_of(target: Target, options: argparse.Namespace) -> tuple[IndexConfig, ...]:
    if not target.indexes:
        named = (
            f"no declaration has {options.index} of" if options.index else "no declaration has an index of"
        )
        known = ", ".join(index.name for index in target.config.indexes)
        raise IndexChangeError(
            f"{named} {target.table_name}",
            hint="give --index NAME --partition-key NAME:TYPE" + (f", or one of {known}" if known else ""),
        )
    return target.indexes


def _begin(options: argparse.Namespace, plans: list[IndexPlan], report: list[dict[str, object]]) -> int:
    """Starts what is missing, one index of each table, and does not wait for it."""
    client = _gsi.client_of(options, may_write=True)
    begun: set[str] = set()
    for plan, entry in zip(plans, report, strict=True):
        table_name = plan.target.table_name
        if plan.found is not None and plan.found.is_active:
            continue
        if table_name in begun:
            entry["state"] = "WAITING"
            _gsi.say(
                f"{table_name} {plan.index.name}: not begun, one index is built at a time; run this again later"
            )
            continue
        build_index(client, table_name, plan.target.config, plan.index, progress=_gsi.say, detach=True)
        begun.add(table_name)
        entry["state"] = "BEGUN"
    wait = _gsi.again(options, "gsi_status", "--wait")
    print(json.dumps(report) if options.json else f"detached; to wait for it: {wait}")
    return 0


if __name__ == "__main__":
    sys.exit(_entry.run(main, arguments().parse_args(), when_stopped=_gsi.GOES_ON))
