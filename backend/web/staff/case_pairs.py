"""Finds the files that make up test cases by their paths, in the layouts that judges and contest tools use.

A path is read word by word: `in/1.txt`, `input1.txt`, `1.in.txt` and `1.in` are all the input of case 1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple
from unicodedata import normalize

Role = Literal["input", "output"]

_ROLES: Mapping[str, Role] = {
    **dict.fromkeys(("in", "inp", "input", "inputs", "stdin"), "input"),
    **dict.fromkeys(("out", "output", "outputs", "stdout", "ans", "answer", "answers", "expected"), "output"),
}
_SAMPLES = frozenset(("sample", "samples", "example", "examples", "예제"))
# What is a role as the ending of a name alone: `01.a` is Polygon's answer to `01`.
_ENDINGS: Mapping[str, Role] = {"a": "output", "o": "output", "res": "output", "sol": "output", "i": "input"}
_TEXT_ENDINGS = frozenset(("txt", "dat", "text"))
# Numbers, words in capitals, other words; `sampleInput1` has three.
_WORDS = re.compile(r"[0-9]+|[A-Z]+(?![a-z])|[A-Z]?[^\W0-9_A-Z]+|[^\W_]")
_MARKS = re.compile(
    r"(?:^|/)(?:\._[^/]*|\.DS_Store|Thumbs\.db|desktop\.ini)$|(?:^|/)__MACOSX/", re.IGNORECASE
)


class CaseFile(NamedTuple):
    """A path as it is understood. `case` are the words that name the case, the same for its input and its output."""

    path: str
    case: tuple[str, ...]
    role: Role | None
    is_sample: bool


@dataclass
class Pairs:
    """Paths of inputs with their outputs, in order, and all others by the reason why they were not used."""

    cases: list[tuple[CaseFile, CaseFile]] = field(default_factory=list)
    without_output: list[str] = field(default_factory=list)
    without_input: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)
    unclear: list[str] = field(default_factory=list)


def is_system_file(path: str) -> bool:
    """Whether a path is what Macs and Windows add to folders, such as `._1.in` and `__MACOSX/`."""
    return _MARKS.search(path) is not None


def pair_files(paths: Sequence[str]) -> Pairs:
    """The pairs among paths, samples first and then by name, 2 before 10.

    A file whose name says neither is an input if there is just an output of its name: `01` beside `01.a`.
    """
    files = sorted(map(_understood, paths), key=_order)
    pairs = Pairs()
    inputs: dict[tuple[str, ...], CaseFile] = {}
    outputs: dict[tuple[str, ...], CaseFile] = {}
    for file in files:
        same_role = inputs if file.role == "input" else outputs
        if file.role is not None and same_role.setdefault(file.case, file) is not file:
            pairs.repeated.append(file.path)
    for file in files:
        if file.role is None and file.case in outputs and file.case not in inputs:
            inputs[file.case] = file
        elif file.role is None:
            pairs.unclear.append(file.path)
    for file in sorted(inputs.values(), key=_order):
        if file.case in outputs:
            pairs.cases.append((file, outputs[file.case]))
        else:
            pairs.without_output.append(file.path)
    pairs.without_input = [file.path for file in outputs.values() if file.case not in inputs]
    return pairs


def _understood(path: str) -> CaseFile:
    """The words of a path: what kind of file it is, and of which case. Macs write é as e and an accent: NFC."""
    stem, dot, ending = normalize("NFC", path).rpartition(".")
    if "/" in ending or not stem:
        stem, dot, ending = stem + dot + ending, "", ""
    words = _WORDS.findall(stem)
    if ending.casefold() not in _TEXT_ENDINGS | _ENDINGS.keys():
        words += _WORDS.findall(ending)
    roles = [role for word in words if (role := _ROLES.get(word.casefold())) is not None]
    case = tuple(word for word in words if word.casefold() not in _ROLES)
    role = _ENDINGS.get(ending.casefold(), roles[-1] if roles else None) if _is_data(ending) else None
    return CaseFile(path, case, role, any(word.casefold() in _SAMPLES for word in case))


def _is_data(ending: str) -> bool:
    """Whether files with this ending are data, not programs or documents that lie beside them."""
    folded = ending.casefold()
    return (
        folded in _TEXT_ENDINGS
        or folded in _ENDINGS
        or all(word.isdecimal() or word.casefold() in _ROLES for word in _WORDS.findall(ending))
    )


def _order(file: CaseFile) -> tuple[bool, list[tuple[bool, int, str]], str]:
    """The sort key: samples first, then numbers by value. A number of any length: by its digits, not as an integer."""
    words = [word.lstrip("0") if word.isdecimal() else word.casefold() for word in file.case]
    return (
        not file.is_sample,
        [
            (not digits.isdecimal(), len(word) if digits.isdecimal() else 0, word)
            for digits, word in zip(file.case, words, strict=True)
        ],
        file.path,
    )
