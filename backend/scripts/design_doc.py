"""Keeps the generated tables of the design document and of docs/reference.md up to date, and simulates key heat."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts import _entry


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = _entry.parser(
        "Check or rewrite the generated tables of the design document and of docs/reference.md."
    )
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument(
        "--write", action="store_true", help="rewrite the generated blocks that are out of date"
    )
    action.add_argument(
        "--check", action="store_true", help="exit with 1 when a generated block is out of date"
    )
    action.add_argument(
        "--simulate", action="store_true", help="print growth at the configured prices, and the hottest keys"
    )
    return parser


def _documents(options: argparse.Namespace) -> int:
    from design import document

    stale: dict[str, list[str]] = {}
    for item in document.DOCUMENTS:
        try:
            names = document.write(item) if options.write else document.stale_blocks(item.read(), item)
        except (document.BlockError, OSError) as error:
            print(f"error: {item.path.name}: {error}", file=sys.stderr)
            return _entry.EXIT_FAILED
        stale[item.path.name] = names
        if not options.json:
            state = "wrote" if options.write else "out of date, run make docs:"
            print(
                f"{item.path.name}: {state} {', '.join(names)}"
                if names
                else f"{item.path.name} is up to date"
            )
    if options.json:
        print(json.dumps({"written" if options.write else "stale": stale}))
    return _entry.EXIT_DIFFERENT if options.check and any(stale.values()) else 0


def _simulate(options: argparse.Namespace) -> int:
    from config.environment import environment
    from design.cost_tables import simulated
    from design.growth import SCALES, bill, stocks, units_per_second
    from design.heat import report

    prices = environment().prices
    scales: list[dict[str, Any]] = []
    for scale in SCALES:
        cost = bill(scale, prices)
        heats = simulated(scale)
        if not options.json:
            print(f"{scale.users:,} users: {cost.total:,.2f} dollars a month")
            print("\n".join(f"[{label}] {report(heat)}" for label, heat in heats), end="\n\n")
        scales.append(
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
        print(json.dumps({"prices": asdict(prices), "scales": scales}))
    return 0


def main(options: argparse.Namespace) -> int:
    """Runs the command; 1 when the check finds a block out of date."""
    return _simulate(options) if options.simulate else _documents(options)


if __name__ == "__main__":
    sys.exit(_entry.run(main, arguments().parse_args()))
