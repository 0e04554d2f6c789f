"""Puts programs in five languages together for the demonstration; they are to look real, not to be run."""

from __future__ import annotations

from random import Random
from string import Template
from struct import unpack

from legacy.demo.code_compiled import CPP, JAVA
from legacy.demo.code_go import GO
from legacy.demo.code_scripting import JAVASCRIPT, PYTHON, Parts

LANGUAGES = ("python", "cpp", "java", "javascript", "go")
_LANGUAGE_WEIGHTS = (44, 24, 16, 10, 6)
_PARTS = {parts.name: parts for parts in (PYTHON, CPP, JAVA, JAVASCRIPT, GO)}

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


def pick_language(rng: Random) -> str:
    """One of the five languages, by how common they are."""
    return rng.choices(LANGUAGES, _LANGUAGE_WEIGHTS)[0]


def number_table(rng: Random, parts: Parts, length: int) -> str:
    """A precomputed table pasted into the program, about `length` characters of it."""
    count = length // 12 + 1
    cells = [str(number) for number in unpack(f"<{count}I", rng.randbytes(4 * count))]
    lines = [", ".join(cells[at : at + 10]) for at in range(0, len(cells), 10)]
    return f"{parts.table[0]}\n    " + ",\n    ".join(lines) + f"\n{parts.table[1]}\n"


def program(rng: Random, language: str, title: str, table_length: int = 0) -> str:
    """A program of about 300 bytes to several KB in this language, with `table_length` characters of data.

    Raises `KeyError` for a language that is not one of `LANGUAGES`.
    """
    parts = _PARTS[language]
    chosen = rng.sample(parts.helpers, min(len(parts.helpers), int(rng.random() ** 1.4 * 5)))
    pieces = [parts.opening, *chosen]
    if table_length:
        pieces.append(number_table(rng, parts, table_length))
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
