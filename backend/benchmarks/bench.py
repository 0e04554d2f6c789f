"""make bench: the data path and the limiter against their peers, in one run, as ratios.

A private MiniStack and a stub server are started on free loopback ports and stopped
afterwards. Exit code 0: every target that was measured is met; 1: one is missed; 2: it
could not be measured.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.figures import Figures, verdict
from benchmarks.lab import PEERS, PeerFailed, PeerMissing, laboratory
from benchmarks.report import result, targets, text
from benchmarks.sections import SECTIONS, Sizes, measure
from engines.processes import EngineFailed, EngineUnavailable


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    made.add_argument("--rounds", type=int, metavar="N", help="rounds of every section (default: 5)")
    made.add_argument("--quick", action="store_true", help="see that it runs; the figures mean nothing")
    made.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    made.add_argument(
        "--only", action="append", metavar="NAME", choices=[section.name for section in SECTIONS],
        help=f"one section, may be repeated: {', '.join(section.name for section in SECTIONS)}",
    )  # fmt: skip
    made.add_argument(
        "--peers", metavar="NAMES", help=f"only these, with commas between: {', '.join(PEERS)}"
    )  # fmt: skip
    return made


def main(options: argparse.Namespace) -> int:
    """Measures and prints; 0 when every measured target is met, 1 otherwise."""
    sizes = Sizes.quick() if options.quick else Sizes()
    if options.rounds is not None:
        if options.rounds < 1:
            raise SystemExit("error: --rounds takes a whole number from 1")
        sizes = replace(sizes, rounds=options.rounds)
    chosen = options.only or [section.name for section in SECTIONS]
    asked = options.peers.split(",") if options.peers else list(PEERS)
    unknown = [name for name in asked if name not in PEERS]
    if unknown:
        raise PeerMissing(f"there is no peer {unknown[0]!r}: choose from {', '.join(PEERS)}")
    needed = {peer.name for section in SECTIONS if section.name in chosen for peer in section.peers}
    peers = [name for name in PEERS if name in asked and name in needed]
    for name in peers:
        PEERS[name].python()  # a missing one is an error now, not after minutes
    with tempfile.TemporaryDirectory() as folder, laboratory(Path(folder)) as lab:
        figures = Figures(measure(lab, sizes, chosen, peers))
        size = int(lab.expected["bytes"])
    reached = targets(figures, chosen)
    print(f"AlgoItny's data path and limiter, an item of {size} bytes, {os.cpu_count()} CPUs\n")
    print(text(figures, reached))
    if options.json is not None:
        written = result(figures, reached, sizes, peers, size)
        options.json.write_text(json.dumps(written, indent=1) + "\n")
    line, code = verdict(reached)
    print(f"\n{line}")
    return code


if __name__ == "__main__":
    try:
        sys.exit(main(arguments().parse_args()))
    except (EngineUnavailable, EngineFailed, PeerMissing, PeerFailed) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
