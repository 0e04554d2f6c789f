"""make bench-guide: the migration guide's performance table, measured on the engine that is configured."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import command
from config.environment import environment
from config.options import positive
from config.setting_values import ConfigurationError

NOTE = (
    "The guide's latencies are those of AWS from a server in the same region; a local engine's show what this code "
    "does, not what the network to AWS takes. Costs are by the configured prices."
)


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = command.parser(__doc__)
    parser.add_argument(
        "--items", type=positive, default=300, metavar="N",
        help="users, problems, runs and uses in the table (default: 300)",
    )  # fmt: skip
    parser.add_argument(
        "--rounds", type=positive, default=200, metavar="N", help="calls of each operation (default: 200)"
    )
    return parser


def main(options: argparse.Namespace) -> int:
    """Measures on a table of its own, which is deleted at the end, and prints; 2 when it could not be measured."""
    from api.dynamodb.errors import DataLayerError
    from benchmarks import guide

    try:
        settings = environment()
        measurements = guide.measure(options.items, options.rounds)
    except (DataLayerError, ConfigurationError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    rows = [
        {**asdict(each), "dollars_of_1000": each.dollars(settings.prices), "guide": asdict(row)}
        for each, row in zip(measurements, guide.GUIDE, strict=True)
    ]
    heading = (
        f"The guide's table at {settings.target}: {options.items:,} users, problems and runs, {options.rounds:,} "
        "calls each"
    )
    text = f"{heading}\n\n{guide.report(measurements, settings.prices)}\n\n{NOTE}"
    document = {"engine": settings.target, "items": options.items, "rounds": options.rounds, "rows": rows}
    if options.json is None:
        print(text)
    elif str(options.json) == "-":
        print(json.dumps(document))
    else:
        options.json.write_text(json.dumps(document, indent=1) + "\n")
        print(text)
    return 0


if __name__ == "__main__":
    sys.exit(command.run(main, arguments()))
