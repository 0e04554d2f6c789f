"""Collects the pages' texts, merges what is translated, and compiles the catalogues; or checks that they are fresh."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from django.conf import settings

from scripts import _entry
from translations import catalogue

LANGUAGE = "ko"


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    made = _entry.parser("Write the catalogues of the pages' texts again, and name what lacks a translation.")
    made.add_argument("--check", action="store_true", help="write nothing; exit with 1 unless all is fresh")
    return made


def main(options: argparse.Namespace) -> int:
    """0 when every text is translated (and, with --check, the files are fresh), else 1."""
    if not settings.configured:
        settings.configure()  # Django's reader of templates wants some; the project's own need an environment
    made = catalogue.merged(LANGUAGE)
    stale = not catalogue.is_fresh(LANGUAGE, made)
    if stale and not options.check:
        catalogue.write(LANGUAGE, made)
    unpatterned = catalogue.unpatterned()
    if options.json:
        report = {
            "texts": len(made.po), "missing": [text.singular for text in made.missing],
            "faulty": [text.singular for text in made.faulty], "unpatterned": unpatterned,
            "stale": stale and options.check,
        }  # fmt: skip
        print(json.dumps(report, ensure_ascii=False))
    else:
        done = ("out of date: run make messages" if options.check else "written") if stale else "up to date"
        print(f"{len(made.po)} texts, {done}")
        for what, texts in (("untranslated", made.missing), ("other values than the text", made.faulty)):
            for text in texts:
                print(f"{LANGUAGE}: {what}: {text.singular!r}")
        for said in unpatterned:
            print(f"web.wording.PATTERNS lacks {said!r}")
    wrong = bool(made.missing or made.faulty or unpatterned or (stale and options.check))
    return _entry.EXIT_DIFFERENT if wrong else 0


if __name__ == "__main__":
    sys.exit(_entry.run(main, arguments().parse_args()))
