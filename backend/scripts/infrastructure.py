"""Checks or writes `infra/`: the CloudFormation template and IAM policies generated from the declared schema."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts import _entry


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = _entry.parser(
        "Check infra/ against the declared schema (exit 1 and a diff when it differs), or write it again."
    )
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--check", action="store_true", help="compare only (the default)")
    action.add_argument("--write", action="store_true", help="write the files that differ")
    action.add_argument(
        "--watch", type=Path, metavar="DIR",
        help="print a template with alarms for the tables that the modules of this folder declare",
    )  # fmt: skip
    action.add_argument(
        "--reader", type=Path, metavar="DIR",
        help="print the policy of somebody who reads the tables that the modules of this folder declare",
    )  # fmt: skip
    parser.add_argument(
        "--env",
        action="append",
        metavar="NAME",
        help="environment of --reader, may be repeated (default: prod)",
    )
    parser.add_argument("--folder", type=Path, help="another folder instead of infra/")
    return parser


def _report(options: argparse.Namespace) -> int:
    from lifecycle.infrastructure import files

    if options.watch:
        from lifecycle.infrastructure.watch import folder_template

        title = options.watch.resolve().parent.name.replace("_", " ")
        print(files.json_text(folder_template(options.watch, title)), end="")
        return 0
    if options.reader:
        from lifecycle.infrastructure.readers import folder_reader

        print(files.json_text(folder_reader(options.reader, options.env or ["prod"])), end="")
        return 0
    if options.write:
        written = files.write(options.folder or files.FOLDER)
        if options.json:
            print(json.dumps({"written": written}))
        else:
            print(f"wrote {', '.join(written)}" if written else "infra/ is up to date")
        return 0
    differences = files.differences(options.folder or files.FOLDER)
    if options.json:
        print(json.dumps({"stale": list(differences), "differences": differences}))
    elif differences:
        print("\n".join(differences.values()))
        print(f"out of date, run make infra: {', '.join(differences)}")
    else:
        print("infra/ is up to date")
    return _entry.EXIT_DIFFERENT if differences else 0


def main(options: argparse.Namespace) -> int:
    """Checks or writes the files; 1 when the check finds a file out of date."""
    try:
        return _report(options)
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return _entry.EXIT_FAILED


if __name__ == "__main__":
    sys.exit(_entry.run(main, arguments().parse_args()))
