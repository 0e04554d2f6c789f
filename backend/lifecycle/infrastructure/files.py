"""The files of `infra/`: what stands in them, how the real ones differ, and writing them again."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from config.environment import PROJECT_DIR
from lifecycle.infrastructure import page
from lifecycle.infrastructure.grants import by_itself
from lifecycle.infrastructure.policies import POLICIES
from lifecycle.infrastructure.table import TABLE_NAME
from lifecycle.infrastructure.template import template

FOLDER = PROJECT_DIR / "infra"
TEMPLATE = "algoitny-table.json"
WATCH = "algoitny-watch.json"
PAGE = "README.md"
POLICY_FOLDER = "iam"


WIDTH = 110


def _json(value: Any, depth: int = 0, taken: int = 0) -> str:
    """In the order of the code, which is the same each time; what fits on a line stands on one.

    CloudFormation takes 51,200 bytes from a command line, and one value a line would come close to that.
    """
    line = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or depth + taken + len(line) <= WIDTH:
        return line
    inner = " " * (depth + 2)
    if isinstance(value, list):
        parts, ends = [inner + _json(each, depth + 2) for each in value], "[]"
    else:
        keys = {name: json.dumps(name) + ": " for name in value}
        parts = [inner + keys[n] + _json(each, depth + 2, len(keys[n])) for n, each in value.items()]
        ends = "{}"
    return ends[0] + "\n" + ",\n".join(parts) + "\n" + " " * depth + ends[1]


def made(folder: Path = FOLDER) -> dict[str, str]:
    """Every file's text as it should be, by its path in the folder.

    The page is written by hand but for its tables: its text comes from the folder. Raises
    FileNotFoundError without it, and ValueError when one of its tables has no place.
    """
    own = by_itself(TABLE_NAME)
    return {
        TEMPLATE: _json(template()) + "\n",
        WATCH: _json(template(with_table=False)) + "\n",
        **{f"{POLICY_FOLDER}/{policy.name}.json": _json(policy.document(own)) + "\n" for policy in POLICIES},
        PAGE: page.rewritten((folder / PAGE).read_text(encoding="utf-8")),
    }


def _found(folder: Path) -> dict[str, str]:
    paths = [path for path in (folder / TEMPLATE, folder / WATCH, folder / PAGE) if path.is_file()]
    paths += sorted((folder / POLICY_FOLDER).glob("*.json"))
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def differences(folder: Path = FOLDER) -> dict[str, str]:
    """Files that are not as they should be, each with a unified diff from what is there to what should be."""
    want, have = made(folder), _found(folder)
    return {
        name: _diff(name, have.get(name, ""), want.get(name, ""))
        for name in sorted({*want, *have})
        if have.get(name) != want.get(name)
    }


def _diff(name: str, have: str, want: str) -> str:
    lines: Iterable[str] = difflib.unified_diff(
        have.splitlines(), want.splitlines(), f"{FOLDER.name}/{name}", "made from the schema", lineterm=""
    )
    return "\n".join(lines)


def write(folder: Path = FOLDER) -> list[str]:
    """Writes files that are not as they should be, and removes policies that nobody declares; their names."""
    want, names = made(folder), list(differences(folder))
    for name in names:
        path = folder / name
        if name not in want:
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(want[name], encoding="utf-8")
    return names
