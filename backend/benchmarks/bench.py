"""make bench: the data path and the limiter against their peers, in one run, as ratios.

A private MiniStack and a stub server are started on free loopback ports and stopped afterwards.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import command
from benchmarks.figures import Figures
from benchmarks.lab import PEERS, PeerMissing, laboratory
from benchmarks.report import result, targets, text
from benchmarks.sections import SECTIONS, Sizes, measure

NAMES = [section.name for section in SECTIONS]


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = command.sectioned_parser(__doc__, NAMES)
    parser.add_argument(
        "--peers", metavar="NAMES", help=f"only these, separated by commas: {', '.join(PEERS)}"
    )
    return parser


def main(options: argparse.Namespace) -> int:
    """Measures and prints; 0 when every measured target is met, 1 otherwise."""
    sizes = Sizes.quick() if options.quick else Sizes()
    if options.rounds is not None:
        sizes = replace(sizes, rounds=options.rounds)
    chosen = options.only or NAMES
    selected = options.peers.split(",") if options.peers else list(PEERS)
    unknown = [name for name in selected if name not in PEERS]
    if unknown:
        raise PeerMissing(f"there is no peer {unknown[0]!r}: choose from {', '.join(PEERS)}")
    needed = {peer.name for section in SECTIONS if section.name in chosen for peer in section.peers}
    peers = [name for name in PEERS if name in selected and name in needed]
    for name in peers:
        PEERS[name].python()  # a missing one is an error now, not after minutes
    with tempfile.TemporaryDirectory() as folder, laboratory(Path(folder)) as lab:
        figures = Figures(measure(lab, sizes, chosen, peers))
        size = int(lab.expected["bytes"])
    reached = targets(figures, chosen)
    heading = f"AlgoItny's data path and limiter, an item of {size} bytes, {os.cpu_count()} CPUs"
    document = result(figures, reached, sizes, peers, size)
    return command.finish(options, f"{heading}\n\n{text(figures, reached)}", document, reached)


if __name__ == "__main__":
    sys.exit(command.run(main, arguments()))
