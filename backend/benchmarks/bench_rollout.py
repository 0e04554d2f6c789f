"""make bench-rollout: the playground's lists by scan and by index, consistent and not: units, time, visibility."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import command
from benchmarks.figures import Figures, Target, document, target_table
from config.options import positive
from reporting.text import markdown_table

if TYPE_CHECKING:
    from examples.playground_scores.measure import Figure, Measured

METHOD = """\
A private DynamoDB Local holds the tables and a thousand scores, and each read is made; then it gets the other scores,
and the lists of tables are read again. Units are those that the engine reports for the whole read, times are medians
behind a warm-up: 30 reads, 3 of a scan, one of the last. A page has 50 tables, or 100 users. New tables are created,
and the index is asked until it lists them. The engine is on the same machine, without a network."""


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = command.parser(__doc__ or "")
    parser.add_argument(
        "--tables", type=positive, default=20_000, metavar="N", help="how many (default: 20000)"
    )
    parser.add_argument(
        "--scores", type=positive, default=100_000, metavar="N", help="how many in the end (default: 100000)"
    )
    return parser


def targets(measured: Measured) -> list[Target]:
    """What the rollout promises, with what was measured of it."""
    scan, query, later = measured.scan, measured.query, measured.later_query
    differing = sum(
        left.listing.entries != right.listing.entries
        for left, right in ((scan, query), (later, measured.later_scan))
    )

    def units(read: Figure, title: str, baseline: Figure, against: str, limit: float) -> Target:
        return Target(
            "units", title, f"{title}, read units", against, "ratio", read.listing.units / baseline.listing.units, limit
        )  # fmt: skip

    times = later.milliseconds / query.milliseconds
    return [
        units(query, "list_tables by the index", scan, "the scan", 1 / 50),
        Target(
            "time",
            "reduction",
            "list_tables by the index, time",
            "the scan",
            "ratio",
            query.milliseconds / scan.milliseconds,
            0.7,
        ),
        units(measured.eventual_users, "list_users, eventual", measured.users, "consistent", 0.5),
        units(measured.eventual_scan, "the scan, eventual", scan, "consistent", 0.5),
        units(later, "list_tables by the index, all scores", query, "few scores", 1),
        Target(
            "time", "growth", "list_tables by the index, all scores, time", "few scores", "ratio", times, 1.5
        ),
        Target("time", "s", "a new table, listed within", "", "s", measured.visible_seconds, 1),
        Target("results", "differ", "pages that differ between strategies", "", "count", differing, 0),
    ]


def report(measured: Measured) -> str:
    """What each read costs."""
    head = ("read", "consistentRead", "fetched", "returned", "read units", "median, ms")
    rows = [
        [
            figure.name, str(figure.consistent).lower(), f"{figure.listing.fetched:,}",
            f"{len(figure.listing.entries):,}", f"{figure.listing.units:,.1f}", f"{figure.milliseconds:,.1f}",
        ]
        for figure in measured.figures
    ]  # fmt: skip
    return markdown_table(head, rows, right=4)


def main(options: argparse.Namespace) -> int:
    """Measures and prints; 0 when every target is met, 1 otherwise, 2 when it could not be measured."""
    from api.dynamodb.errors import DataLayerError
    from examples.playground_scores.measure import FEW_SCORES, run

    try:
        measured = run(options.tables, options.scores)
    except DataLayerError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    reached = targets(measured)
    text = "\n\n".join([
        f"{options.tables:,} tables, {FEW_SCORES:,} scores unless said otherwise", target_table(reached),
        report(measured), f"Method: {METHOD}",
    ])  # fmt: skip
    reads = [figure.as_json() for figure in measured.figures]
    written = document(
        Figures({}), reached, METHOD, tables=options.tables, scores=options.scores, reads=reads
    )
    return command.finish(options, text, written, reached)


if __name__ == "__main__":
    sys.exit(command.run(main, arguments()))
