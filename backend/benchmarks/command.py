"""What the benchmark commands share: their options, their output, and how they end.

Exit code 0: every target that was measured is met; 1: one is missed; 2: it could not be measured.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.figures import Target, verdict
from benchmarks.lab import PeerFailed, PeerMissing
from config.options import positive
from engines.processes import EngineFailed, EngineUnavailable

_STANDARD_OUTPUT = Path("-")


def parser(description: str) -> argparse.ArgumentParser:
    """A command line with `--json [FILE]`; the first line of `description` is its help."""
    arguments = argparse.ArgumentParser(description=description.splitlines()[0], allow_abbrev=False)
    arguments.add_argument(
        "--json", nargs="?", type=Path, const=_STANDARD_OUTPUT, metavar="FILE",
        help="write all figures as JSON to FILE, or print only them",
    )  # fmt: skip
    return arguments


def sectioned_parser(description: str, sections: Sequence[str]) -> argparse.ArgumentParser:
    """The same for a benchmark of several sections, with the number of rounds."""
    arguments = parser(description)
    arguments.add_argument(
        "--rounds", type=positive, metavar="N", help="rounds of every section (default: 5)"
    )
    arguments.add_argument(
        "--quick", action="store_true", help="only check that it runs; the figures mean nothing"
    )
    arguments.add_argument(
        "--only", action="append", metavar="NAME", choices=sections,
        help=f"run one section, may be repeated: {', '.join(sections)}",
    )  # fmt: skip
    return arguments


def finish(
    options: argparse.Namespace, text: str, document: dict[str, Any], targets: Sequence[Target]
) -> int:
    """Prints the report, or writes the document where `--json` says; the exit code."""
    line, code = verdict(targets)
    if options.json == _STANDARD_OUTPUT:
        print(json.dumps(document))
        return code
    if options.json is not None:
        options.json.write_text(json.dumps(document, indent=1) + "\n")
    print(f"{text}\n\n{line}")
    return code


def run(main: Callable[[argparse.Namespace], int], arguments: argparse.ArgumentParser) -> int:
    """Runs a benchmark; what keeps it from measuring becomes one line on standard error."""
    try:
        return main(arguments.parse_args())
    except (EngineUnavailable, EngineFailed, PeerMissing, PeerFailed, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
