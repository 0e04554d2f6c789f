"""Statements in files: a folder for each problem, from which they are brought into the table.

A problem's folder has `problem.toml` with its `number`, its `platform` unless a default is given, its `title_ko` and
`title_en`; beside it `statement.ko.md` and `statement.en.md` (Markdown with LaTeX), `hints.ko.md` and `hints.en.md`
(hints with a line `---` between them) and `solution.py`, `solution.js` and the like. Any of these may be missing, and
what is missing stays as it is in the table. Other files, and other fields of `problem.toml`, are left alone.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from api.dynamodb.errors import ConditionFailed, InvalidInput, NotFound
from api.dynamodb.repositories import ProblemRepository
from api.dynamodb.schema.entities import STATEMENT_LANGUAGES
from api.dynamodb.schema.records import Problem
from api.history.models import MAX_CODE
from api.http.errors import ApiError
from api.problems.statements import checked_statement

STORED, UNCHANGED, UNKNOWN, REFUSED = "stored", "unchanged", "unknown", "refused"
_HINT_LINE = re.compile(r"^---[ \t]*$", re.MULTILINE)
# The language of a solution by the end of its file's name.
_LANGUAGES = {
    "py": "python", "cpp": "cpp", "java": "java", "js": "javascript", "ts": "typescript", "go": "go", "c": "c",
    "cs": "csharp", "kt": "kotlin", "rs": "rust", "swift": "swift", "rb": "ruby", "php": "php", "scala": "scala",
}  # fmt: skip


class FileError(Exception):
    """A file that cannot be taken over; the message names it and what is wrong."""


class StatementFolder(NamedTuple):
    """What a problem's folder has: fields of `Problem`, and the solutions by programming language."""

    platform: str
    number: str
    fields: Mapping[str, Any]
    solutions: Mapping[str, str]


class Imported(NamedTuple):
    """What became of a folder: `STORED`, `UNCHANGED`, `UNKNOWN` (no such problem) or `REFUSED`, and why."""

    folder: str
    outcome: str
    problem_id: int | None = None
    fields: tuple[str, ...] = ()
    note: str = ""


def import_statements(
    problems: ProblemRepository, root: Path, *, platform: str, dry_run: bool = False
) -> Iterator[Imported]:
    """Brings the statements of each folder below `root` into the table; a folder that is refused stops no other.

    platform: of problems whose `problem.toml` names none. With `dry_run` the same, without writing.
    Two GetItems for each folder (1 RCU and 1 RCU for each 4 KB), and one UpdateItem with its GetItem where something
    changes. Raises `InvalidInput` for a root without such folders, and the data layer's errors.
    """
    folders = sorted(path.parent for path in root.glob("*/problem.toml")) if root.is_dir() else []
    if not folders:
        raise InvalidInput(
            f"{root} has no folders with a problem.toml: name the folder that the problems' are in"
        )
    for path in folders:
        try:
            yield _import(problems, path, platform, dry_run)
        except FileError as error:
            yield Imported(path.name, REFUSED, note=str(error))


def _import(problems: ProblemRepository, path: Path, platform: str, dry_run: bool) -> Imported:
    folder = read_folder(path, platform)
    problem = problems.get_problem_by_number(folder.platform, folder.number, consistent=True)
    if problem is None:
        return Imported(path.name, UNKNOWN, note=f"there is no problem {folder.number} of {folder.platform}")
    problem_id, changes = problem["problem_id"], _changes(folder, problem)
    if not changes:
        return Imported(path.name, UNCHANGED, problem_id)
    if not dry_run:
        try:
            problems.set_statements(
                problem_id, changes, expected_statement_version=problem["statement_version"] or 0
            )
        except (ConditionFailed, NotFound):
            note = "somebody changed its statements meanwhile: run the command again"
            return Imported(path.name, REFUSED, problem_id, note=note)
    return Imported(path.name, STORED, problem_id, tuple(changes))


def _changes(folder: StatementFolder, problem: Problem) -> dict[str, Any]:
    """The fields that differ from the problem's. Its own solution has a column, so `solutions` has the others."""
    stored: Mapping[str, Any] = problem
    added_solutions = {name: code for name, code in folder.solutions.items() if name != problem["language"]}
    fields = {**folder.fields, **({"solutions": added_solutions} if added_solutions else {})}
    return {name: value for name, value in fields.items() if stored[name] != value}


def read_folder(path: Path, platform: str) -> StatementFolder:
    """What a problem's folder has. Raises `FileError`."""
    about = _about(path)
    fields: dict[str, Any] = {}
    for language in STATEMENT_LANGUAGES:
        texts: dict[str, Any] = {}
        if f"title_{language}" in about:
            texts["title"] = about[f"title_{language}"]
        if (statement := _text(path / f"statement.{language}.md")) is not None:
            texts["statement"] = statement
        if (hints := _text(path / f"hints.{language}.md")) is not None:
            texts["hints"] = [hint.strip() for hint in _HINT_LINE.split(hints)]
        try:
            checked = checked_statement(texts)
        except ApiError as error:
            fault = error.fields[0]
            name = fault.field.removeprefix("body.")
            raise FileError(f"{path.name}: {name} in {language}: {fault.message(str)}") from None
        fields |= {f"{name}_{language}": value for name, value in checked.items()}
    solutions = {
        language: code
        for ending, language in _LANGUAGES.items()
        if (code := _text(path / f"solution.{ending}")) is not None
    }
    for language, code in solutions.items():
        if len(code) > MAX_CODE:
            raise FileError(f"{path.name}: the solution in {language} has more than {MAX_CODE:,} characters")
    return StatementFolder(str(about.get("platform", platform)), str(about["number"]), fields, solutions)


def _about(path: Path) -> dict[str, Any]:
    name = f"{path.name}/problem.toml"
    try:
        about = tomllib.loads(_text(path / "problem.toml") or "")
    except tomllib.TOMLDecodeError as error:
        raise FileError(f"{name}: {error}") from None
    if type(about.get("number")) not in (int, str) or about["number"] == "":
        raise FileError(f"{name}: give the problem's number, such as number = 1001")
    for field in ("platform", "title_ko", "title_en"):
        if not isinstance(about.get(field, ""), str):
            raise FileError(f"{name}: {field} must be a text")
    return about


def _text(path: Path) -> str | None:
    """A file's text with LF line ends; None if there is none. Raises `FileError`."""
    try:
        return path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise FileError(f"{path.parent.name}/{path.name} is not UTF-8: {error.reason}") from None
    except OSError as error:
        raise FileError(f"{path.parent.name}/{path.name}: {error.strerror}") from None
