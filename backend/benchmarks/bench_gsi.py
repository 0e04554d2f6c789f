"""make bench-gsi: a lookup in the decision log before, during and after its index is added."""

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
        "--decisions", type=positive, default=200_000, metavar="N", help="how many (default: 200000)"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="another seed, other decisions")
    return parser


def main(options: argparse.Namespace) -> int:
    """Measures and prints; 0 when every target is met, 1 otherwise."""
    from api.dynamodb.errors import DataLayerError
    from examples.decision_log.measure import run

    try:
        return run(options.decisions, options.seed)
    except DataLayerError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(command.run(main, arguments()))
