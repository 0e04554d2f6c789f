"""Builds the archive of the function that keeps MySQL equal to the table after a cutover, for AWS Lambda."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts import _entry


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = _entry.parser(
        "Build the archive of the AWS Lambda function that keeps MySQL equal to the table after a cutover: this "
        "checkout's code and the pinned packages, without a download. docs/cutover.md says how to deploy it."
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help="the archive (default: live-function.zip in the state's folder)",
    )
    parser.add_argument(
        "--ca",
        type=Path,
        metavar="FILE",
        help="the certificate authority by which MySQL's certificate is verified, PEM",
    )
    return parser


def main(options: argparse.Namespace) -> int:
    """Builds the archive and says what to do with it."""
    from config.environment import environment
    from lifecycle.infrastructure.function import HANDLER, RUNTIME
    from lifecycle.infrastructure.function_archive import build_archive

    archive = build_archive(options.output or environment().state_dir / "live-function.zip", options.ca)
    if options.json:
        print(
            json.dumps({**asdict(archive), "path": str(archive.path), "handler": HANDLER, "runtime": RUNTIME})
        )
        return 0
    print(f"{archive.path}: {archive.size / 1e6:.1f} MB, {archive.architecture}, {RUNTIME}, {HANDLER}")
    print(f"sha256 {archive.sha256}")
    print(f"with {', '.join(f'{name} {version}' for name, version in archive.packages.items())}")
    print("next: copy it to a bucket and deploy infra/algoitny-live-function.json, as docs/cutover.md says")
    return 0


if __name__ == "__main__":
    sys.exit(_entry.run(main, arguments().parse_args()))
