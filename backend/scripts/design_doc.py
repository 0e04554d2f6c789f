"""Keeps the design document's generated tables up to date, and prints the simulation of key heat."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from config.environment import environment
from design import document
from design.cost_tables import simulated
from design.growth import SCALES, bill, stocks, units_per_second
from design.heat import report
from scripts import _entry


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    made = _entry.parser("Check or rewrite the generated tables of DYNAMODB_SINGLE_TABLE_DESIGN_V2.md.")
    what = made.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--write", action="store_true", help="rewrite the generated blocks that are out of date"
    )
    what.add_argument(
        "--check", action="store_true", help="exit with 1 when a generated block is out of date"
    )
    what.add_argument(
        "--simulate", action="store_true", help="print growth at the configured prices, and the hottest keys"
    )
    return made


def _document(options: argparse.Namespace) -> int:
    try:
        if options.write:
            names = document.write()
        else:
            names = document.stale(document.PATH.read_text(encoding="utf-8"), document.made())
    except (document.BlockError, OSError) as error:
        print(f"error: {document.PATH.name}: {error}", file=sys.stderr)
        return _entry.EXIT_FAILED
    if options.json:
        print(json.dumps({"written" if options.write else "stale": names}))
    elif not names:
        print(f"{document.PATH.name} is up to date")
    else:
        done = "wrote" if options.write else "out of date, run make docs:"
        print(f"{done} {', '.join(names)}")
    return _entry.EXIT_DIFFERENT if names and options.check else 0


def _simulate(options: argparse.Namespace) -> int:
    prices = environment().prices
    found: list[dict[str, Any]] = []
    for scale in SCALES:
        cost = bill(scale, prices)
        heats = simulated(scale)
        if not options.json:
            print(f"{scale.users:,} users: {cost.total:,.2f} dollars a month")
            print("\n".join(f"[{label}] {report(heat)}" for label, heat in heats), end="\n\n")
        found.append(
            {
                "users": scale.users,
                "stocks": [asdict(stock) for stock in stocks(scale)],
                "average": asdict(units_per_second(scale, peak=False)),
                "peak": asdict(units_per_second(scale, peak=True)),
                "dollars_a_month": {**asdict(cost), "total": cost.total},
                "heat": [
                    {
                        "label": label,
                        "shape": asdict(heat.shape),
                        "seconds": heat.seconds,
                        "requests_per_second": heat.requests_per_second,
                        "unlisted_below": heat.floor,
                        "overloaded": [key.pk for key in heat.overloaded],
                        "hottest": [{**asdict(key), "share": key.share} for key in heat.hottest[:20]],
                    }
                    for label, heat in heats
                ],
            }
        )
    if options.json:
        print(json.dumps({"prices": asdict(prices), "scales": found}))
    return 0


def main(options: argparse.Namespace) -> int:
    """Does what was asked; 1 when the check finds a block out of date."""
    return _simulate(options) if options.simulate else _document(options)


if __name__ == "__main__":
    sys.exit(_entry.run(main, arguments().parse_args()))
