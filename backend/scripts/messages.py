"""Extracts the texts of the pages, merges their translations and compiles the catalogues; or checks the files."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))


from scripts import _entry

LANGUAGE = "ko"


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = _entry.parser("Update the catalogues of the pages' texts, and list texts without a translation.")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 unless everything is up to date"
    )
    return parser


def main(options: argparse.Namespace) -> int:
    """0 when every text is translated (and, with --check, the files are up to date), else 1."""
    from django.conf import settings

    from translations import catalogue

    if not settings.configured:
        settings.configure()  # Django's template lexer needs some; the project's own need an environment
    merge = catalogue.merge(LANGUAGE)
    stale = not catalogue.is_fresh(LANGUAGE, merge.catalog)
    if stale and not options.check:
        catalogue.write(LANGUAGE, merge.catalog)
    missing, faulty = ([text.forms[0] for text in texts] for texts in (merge.missing, merge.faulty))
    if options.json:
        report = {
            "texts": len(merge.catalog), "missing": missing, "faulty": faulty,
            "stale": stale and options.check,
        }  # fmt: skip
        print(json.dumps(report, ensure_ascii=False))
    else:
        status = ("out of date: run make messages" if options.check else "written") if stale else "up to date"
        print(f"{len(merge.catalog)} texts, {status}")
        for text in missing:
            print(f"{LANGUAGE}: untranslated: {text!r}")
        for text in faulty:
            print(f"{LANGUAGE}: placeholders differ: {text!r}")
    return _entry.EXIT_DIFFERENT if missing or faulty or (stale and options.check) else 0


if __name__ == "__main__":
    sys.exit(_entry.run(main, arguments().parse_args()))
