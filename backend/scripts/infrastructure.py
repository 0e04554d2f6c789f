"""Keeps `infra/` (the CloudFormation template and the IAM policies) as the declared schema says."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from lifecycle.infrastructure import files
from scripts import _entry


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    made = _entry.parser(
        "Check infra/ against the declared schema (exit 1 and a diff when it differs), or write it again."
    )
    what = made.add_mutually_exclusive_group()
    what.add_argument(
        "--check", action="store_true", help="compare only; this is what it does unless told otherwise"
    )
    what.add_argument("--write", action="store_true", help="write the files that differ")
    made.add_argument("--folder", type=Path, default=files.FOLDER, help="another folder in place of infra/")
    return made


def _report(options: argparse.Namespace) -> int:
    if options.write:
        written = files.write(options.folder)
        if options.json:
            print(json.dumps({"written": written}))
        else:
            print(f"wrote {', '.join(written)}" if written else "infra/ is up to date")
        return 0
    wrong = files.differences(options.folder)
    if options.json:
        print(json.dumps({"stale": list(wrong), "differences": wrong}))
    elif wrong:
        print("\n".join(wrong.values()))
        print(f"out of date, run make infra: {', '.join(wrong)}")
    else:
        print("infra/ is up to date")
    return _entry.EXIT_DIFFERENT if wrong else 0


def main(options: argparse.Namespace) -> int:
    """Does what was asked; 1 when the check finds a file out of date."""
    try:
        return _report(options)
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return _entry.EXIT_FAILED


if __name__ == "__main__":
    sys.exit(_entry.run(main, arguments().parse_args()))
