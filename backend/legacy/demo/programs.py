"""Builds the demonstration's programs in five languages; they look real but are not meant to run.

The parts are in `program_parts/`, a file for each language. A line `%% opening`, `%% helper`, `%% main`,
`%% closing` or `%% table` starts a part; `$name` stands for an identifier that varies between programs.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from random import Random
from string import Template
from struct import unpack
from typing import NamedTuple

LANGUAGES = ("python", "cpp", "java", "javascript", "go")
_LANGUAGE_WEIGHTS = (44, 24, 16, 10, 6)
_FOLDER = Path(__file__).with_name("program_parts")
_PART = re.compile(r"^%% (\w+)\n", re.MULTILINE)

_REMARKS = (
    "시간 초과 수정", "반례: 모든 수가 같을 때", "다시 풀어 보기", "메모리를 줄인 풀이", "맞았습니다!! 🎉",
    "O(N log N)", "입출력 빠르게", "accepted after 3 attempts", "see the editorial, second approach",
    "인덱스는 1부터", "overflow 주의", "off by one fixed", "스터디 3주차 과제", "질문 게시판 반례 통과",
)  # fmt: skip
_NAMES = {
    "n": ("n", "N", "size", "cnt"),
    "arr": ("arr", "nums", "a", "values", "numbers"),
    "best": ("best", "dist", "ans", "answer", "res"),
    "queue": ("queue", "q", "pq", "todo"),
    "graph": ("graph", "adj", "g", "edges_of"),
    "mod": ("1000000007", "998244353", "1000000009", "10007"),
    "inf": ("1000000000", "2147483647", "987654321", "1234567890"),
}


class ProgramParts(NamedTuple):
    """The parts of one language; `table` has the lines before and after a table of numbers."""

    comment: str
    opening: str
    helpers: list[str]
    mains: list[str]
    closing: str
    table: tuple[str, str]


@cache
def _load_parts(language: str) -> ProgramParts:
    if language not in LANGUAGES:
        raise KeyError(language)
    _, *sections = _PART.split((_FOLDER / f"{language}.txt").read_text("utf-8"))
    parts: dict[str, list[str]] = {}
    for name, text in zip(sections[::2], sections[1::2], strict=True):
        parts.setdefault(name, []).append(text)
    before, after = parts["table"][0].splitlines()
    return ProgramParts(
        comment="#" if language == "python" else "//",
        opening=parts["opening"][0],
        helpers=parts["helper"],
        mains=parts["main"],
        closing="".join(parts.get("closing", ())),
        table=(before, after),
    )


def pick_language(rng: Random) -> str:
    """One of the five languages, by how common they are."""
    return rng.choices(LANGUAGES, _LANGUAGE_WEIGHTS)[0]


def _number_table(rng: Random, parts: ProgramParts, length: int) -> str:
    """A precomputed table pasted into the program, about `length` characters of it."""
    count = length // 12 + 1
    cells = [str(number) for number in unpack(f"<{count}I", rng.randbytes(4 * count))]
    lines = [", ".join(cells[at : at + 10]) for at in range(0, len(cells), 10)]
    return f"{parts.table[0]}\n    " + ",\n    ".join(lines) + f"\n{parts.table[1]}\n"


def program(rng: Random, language: str, title: str, table_length: int = 0) -> str:
    """A program of about 300 bytes to several KB in `language`, with `table_length` characters of data.

    Raises `KeyError` for a language that is not one of `LANGUAGES`.
    """
    parts = _load_parts(language)
    helpers = rng.sample(parts.helpers, min(len(parts.helpers), int(rng.random() ** 1.4 * 5)))
    pieces = [parts.opening, *helpers]
    if table_length:
        pieces.append(_number_table(rng, parts, table_length))
    pieces.append(rng.choice(parts.mains))
    pieces.append(parts.closing)
    names = {name: rng.choice(choices) for name, choices in _NAMES.items()}
    names["infL"] = names["inf"] + "L"
    text = Template("".join(pieces)).substitute(names)
    mark = parts.comment
    dice = rng.random()
    if dice < 0.35:
        text = f"{mark} {title}\n{mark} {rng.choice(_REMARKS)}\n{text}"
    elif dice < 0.6:
        text = f"{mark} {rng.choice(_REMARKS)}\n{text}"
    if dice > 0.93:  # an earlier attempt, left in as a comment
        text += "\n" + "".join(f"{mark} {line}\n" for line in text.splitlines()[-40:])
    if rng.random() < 0.01:
        text = text.replace("\n", "\r\n")
    return text
