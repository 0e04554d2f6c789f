"""The generated files of `infra/`: their contents, how the existing ones differ, and writing them."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from config.environment import PROJECT_DIR
from lifecycle.infrastructure import page
from lifecycle.infrastructure.function import function_template
from lifecycle.infrastructure.grants import by_itself
from lifecycle.infrastructure.policies import DOCUMENTS
from lifecycle.infrastructure.readers import example_readers
from lifecycle.infrastructure.table import TABLE_NAME
from lifecycle.infrastructure.template import template
from lifecycle.infrastructure.watch import example_templates

FOLDER = PROJECT_DIR / "infra"
TEMPLATE = "algoitny-table.json"
WATCH = "algoitny-watch.json"
LIVE_FUNCTION = "algoitny-live-function.json"
PAGE = "README.md"
POLICY_FOLDER = "iam"
EXAMPLES_FOLDER = "examples"


WIDTH = 110


def json_text(value: Any) -> str:
    """A template or policy as the text of its file."""
    return _json(value) + "\n"


def _json(value: Any, depth: int = 0, prefix: int = 0) -> str:
    """JSON in the order of the code; a value that fits on a line is written on one.

    CloudFormation accepts 51,200 bytes from a command line, and one value per line would come close to that.
    """
    line = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or depth + prefix + len(line) <= WIDTH:
        return line
    inner = " " * (depth + 2)
    if isinstance(value, list):
        parts, ends = [inner + _json(each, depth + 2) for each in value], "[]"
    else:
        keys = {name: json.dumps(name) + ": " for name in value}
        parts = [inner + keys[n] + _json(each, depth + 2, len(keys[n])) for n, each in value.items()]
        ends = "{}"
    return ends[0] + "\n" + ",\n".join(parts) + "\n" + " " * depth + ends[1]


def contents(folder: Path = FOLDER) -> dict[str, str]:
    """The text of every file, by its path in the folder.

    The README is written by hand except for its tables, so the rest of its text comes from the folder. Raises
    FileNotFoundError without it, and ValueError when a generated block is missing.
    """
    locate = by_itself(TABLE_NAME)
    return {
        TEMPLATE: json_text(template()),
        WATCH: json_text(template(with_table=False)),
        LIVE_FUNCTION: json_text(function_template()),
        **{f"{POLICY_FOLDER}/{policy.name}.json": json_text(policy.document(locate)) for policy in DOCUMENTS},
        **{
            f"{EXAMPLES_FOLDER}/{name}-{kind}.json": json_text(document)
            for kind, documents in (("watch", example_templates()), ("reader", example_readers()))
            for name, document in documents.items()
        },
        PAGE: page.update_blocks((folder / PAGE).read_text(encoding="utf-8")),
    }


def _existing(folder: Path) -> dict[str, str]:
    paths = [folder / name for name in (TEMPLATE, WATCH, LIVE_FUNCTION, PAGE) if (folder / name).is_file()]
    for generated in (POLICY_FOLDER, EXAMPLES_FOLDER):
        paths += sorted((folder / generated).glob("*.json"))
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def differences(folder: Path = FOLDER) -> dict[str, str]:
    """Files that are out of date, each with a unified diff to its generated text."""
    expected, existing = contents(folder), _existing(folder)
    return {
        name: _diff(name, existing.get(name, ""), expected.get(name, ""))
        for name in sorted({*expected, *existing})
        if existing.get(name) != expected.get(name)
    }


def _diff(name: str, existing: str, expected: str) -> str:
    lines: Iterable[str] = difflib.unified_diff(
        existing.splitlines(), expected.splitlines(), f"{FOLDER.name}/{name}", "generated", lineterm=""
    )
    return "\n".join(lines)


def write(folder: Path = FOLDER) -> list[str]:
    """Writes files that are out of date, removes those that nothing declares, and returns their names."""
    expected, names = contents(folder), list(differences(folder))
    for name in names:
        path = folder / name
        if name not in expected:
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(expected[name], encoding="utf-8")
    return names
