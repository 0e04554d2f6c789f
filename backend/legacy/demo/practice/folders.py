"""Reads the folders of original problems and refuses those that are not in the form; runs none of their programs.

A folder has `problem.toml`, a statement and four hints in each language, a solution in Python and JavaScript, two
wrong programs, and a generator of inputs.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

PROBLEMS = Path(__file__).resolve().parent.parent / "problems"
LANGUAGES = ("ko", "en")
LEVELS = tuple(f"Level {level}" for level in range(1, 6))
HINTS = 4

_HEADINGS = {
    "ko": ("입력", "출력", "제한", "예제 설명"),
    "en": ("Input", "Output", "Constraints", "Notes"),
}
_FIELDS: dict[str, type] = {
    "number": int, "title_ko": str, "title_en": str, "tags": list, "difficulty": str, "time_limit": float,
    "memory_limit": int, "samples": int,
}  # fmt: skip
_NUMBERS = range(1001, 10_000)
_HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
_HINT_LINE = re.compile(r"^---$", re.MULTILINE)
_SLUG = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


class ProblemFolderError(Exception):
    """A problem's folder is not in the form; the message names the file and what to change."""


@dataclass(frozen=True)
class ProblemFolder:
    """One problem as its folder has it.

    time_limit is in seconds, memory_limit in megabytes. titles, statements and hints are by language, `ko` and
    `en`; statements are Markdown. The first `samples` inputs are samples. wrong: programs with a learner's mistake.
    """

    slug: str
    number: int
    titles: Mapping[str, str]
    tags: tuple[str, ...]
    difficulty: str
    time_limit: float
    memory_limit: int
    samples: int
    statements: Mapping[str, str]
    hints: Mapping[str, tuple[str, ...]]
    python: str
    javascript: str
    wrong: tuple[str, ...]
    generator: str


@lru_cache(maxsize=2)
def read_folders(root: Path = PROBLEMS) -> tuple[ProblemFolder, ...]:
    """The problems in the order of their numbers.

    Raises `ProblemFolderError` for a folder that is not in the form, and for a number that two folders have.
    """
    folders = sorted(
        (_read(path) for path in root.iterdir() if path.is_dir() and not path.name.startswith(("_", "."))),
        key=lambda folder: folder.number,
    )
    for previous, folder in pairwise(folders):
        if previous.number == folder.number:
            raise ProblemFolderError(
                f"{folder.slug}/problem.toml: {previous.slug} has number {folder.number} too: give another number"
            )
    return tuple(folders)


def _read(folder: Path) -> ProblemFolder:
    slug = folder.name
    if not _SLUG.fullmatch(slug):
        raise ProblemFolderError(f"{slug}: a folder's name is lower-case words joined by underscores")
    fields = _fields(folder)
    return ProblemFolder(
        slug=slug,
        number=fields["number"],
        titles={language: fields[f"title_{language}"] for language in LANGUAGES},
        tags=tuple(fields["tags"]),
        difficulty=fields["difficulty"],
        time_limit=float(fields["time_limit"]),
        memory_limit=fields["memory_limit"],
        samples=fields["samples"],
        statements={language: _statement(folder, language) for language in LANGUAGES},
        hints={language: _hints(folder, language) for language in LANGUAGES},
        python=_text(folder, "solution.py"),
        javascript=_text(folder, "solution.js"),
        wrong=(_text(folder, "wrong_1.py"), _text(folder, "wrong_2.py")),
        generator=_text(folder, "generator.py"),
    )


def _text(folder: Path, name: str) -> str:
    try:
        text = (folder / name).read_bytes().decode()
    except FileNotFoundError:
        raise ProblemFolderError(f"{folder.name}/{name} is missing") from None
    except UnicodeDecodeError as error:
        raise ProblemFolderError(f"{folder.name}/{name} is not UTF-8 ({error.reason})") from None
    if "\r" in text or not text.endswith("\n") or not text.strip():
        raise ProblemFolderError(f"{folder.name}/{name}: every line, the last one too, ends in a line feed")
    return text


def _fields(folder: Path) -> dict[str, Any]:
    def refuse(message: str) -> ProblemFolderError:
        return ProblemFolderError(f"{folder.name}/problem.toml: {message}")

    try:
        fields = tomllib.loads(_text(folder, "problem.toml"))
    except tomllib.TOMLDecodeError as error:
        raise refuse(str(error)) from None
    if fields.keys() != _FIELDS.keys():
        raise refuse(f"the fields are {', '.join(_FIELDS)}, not {', '.join(fields)}")
    for name, kind in _FIELDS.items():
        if type(fields[name]) is not kind or not fields[name]:
            raise refuse(f"{name} is {fields[name]!r}: it must be a {kind.__name__} that is not empty or 0")
    if not all(isinstance(tag, str) and tag for tag in fields["tags"]):
        raise refuse(f"tags is {fields['tags']!r}: it must be a list of texts")
    if fields["difficulty"] not in LEVELS:
        raise refuse(f"difficulty is {fields['difficulty']!r}: choose one of {', '.join(LEVELS)}")
    if fields["number"] not in _NUMBERS:
        raise refuse(f"number is {fields['number']}: it must be from {_NUMBERS[0]} to {_NUMBERS[-1]}")
    if min(fields["time_limit"], fields["memory_limit"], fields["samples"]) < 0:
        raise refuse("time_limit, memory_limit and samples must be positive")
    return fields


def _statement(folder: Path, language: str) -> str:
    name = f"statement.{language}.md"
    text = _text(folder, name)
    headings = tuple(_HEADING.findall(text))
    if headings != _HEADINGS[language]:
        raise ProblemFolderError(
            f"{folder.name}/{name}: the headings are {', '.join(_HEADINGS[language])}, not {', '.join(headings)}"
        )
    if not all(section.strip() for section in _HEADING.split(text)):
        raise ProblemFolderError(f"{folder.name}/{name}: the story or a section is empty")
    return text


def _hints(folder: Path, language: str) -> tuple[str, ...]:
    name = f"hints.{language}.md"
    hints = tuple(hint.strip() for hint in _HINT_LINE.split(_text(folder, name)))
    if len(hints) != HINTS or not all(hints):
        raise ProblemFolderError(
            f"{folder.name}/{name}: it must have {HINTS} hints, with a line --- between them, not {len(hints)}"
        )
    return hints
