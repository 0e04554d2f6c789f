"""make bench-rollout: the playground's lists by scan and by index, consistent and not: units, time, visibility."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import command
from config.options import positive


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument(
        "--tables", type=positive, default=20_000, metavar="N", help="how many (default: 20000)"
    )
    parser.add_argument(
        "--scores", type=positive, default=100_000, metavar="N", help="how many in the end (default: 100000)"
    )
    return parser


def main(options: argparse.Namespace) -> int:
    """Measures and prints; 0 when every target is met, 1 otherwise."""
    from api.dynamodb.errors import DataLayerError
    from examples.playground_scores.measure import run

    try:
        return run(options.tables, options.scores)
    except DataLayerError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(command.run(main, arguments()))
