"""Pieces of code and JSON that this project did not write: the standard libraries of the languages on this machine.

A piece begins at an empty line, behind the file's heading, and is as long as a text that people store.
"""

from __future__ import annotations

import json
import random
import subprocess
import sysconfig
import zipfile
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from shutil import which

MIN_BYTES, MAX_BYTES = 300, 4000
_MAX_FILES = 600
_HEADING_BYTES = 1500


def _output(*command: str) -> str:
    """What a command prints; nothing if it is not there or fails."""
    if which(command[0]) is None:
        return ""
    completed = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False
    )
    return completed.stdout.strip() if completed.returncode == 0 else ""


def _files(folder: str | Path, *patterns: str) -> Iterator[bytes]:
    if not str(folder):
        return
    for pattern in patterns:
        for path in sorted(Path(folder).glob(pattern))[:_MAX_FILES]:
            if path.is_file():
                yield path.read_bytes()


def _python() -> Iterator[bytes]:
    yield from _files(sysconfig.get_path("stdlib"), "*.py")


def _go() -> Iterator[bytes]:
    yield from _files(_output("go", "env", "GOROOT"), "src/*/*.go")


def _rust() -> Iterator[bytes]:
    yield from _files(_output("rustc", "--print", "sysroot"), "lib/rustlib/src/rust/library/*/src/**/*.rs")


def _cpp() -> Iterator[bytes]:
    yield from _files("/usr/include/c++", "*/bits/*.h", "*/ext/*.h")


def _java() -> Iterator[bytes]:
    program = which("javac") or which("java")
    if program is None:
        return
    installed = Path(program).resolve().parents[2]
    archives = (path for path in sorted(installed.glob("*/lib/src.zip")) if path.is_file())
    for archive in islice(archives, 1):
        with zipfile.ZipFile(archive) as sources:
            names = [name for name in sources.namelist() if name.startswith("java.base/java/util/")]
            for name in sorted(names)[:_MAX_FILES]:
                yield sources.read(name)


def _node(pattern: str) -> Iterator[bytes]:
    yield from _files(_output("npm", "root", "--global"), pattern)


_SOURCES: dict[str, Callable[[], Iterable[bytes]]] = {
    "Python": _python,
    "Go": _go,
    "Rust": _rust,
    "C++": _cpp,
    "Java": _java,
    "JavaScript": lambda: _node("npm/lib/**/*.js"),
    "JSON": lambda: _node("npm/**/*.json"),
}


def _pieces(text: str, rng: random.Random) -> Iterator[str]:
    """A file's pieces, of lengths from 300 to 4,000 bytes that are as frequent at any order of magnitude."""
    position = min(len(text) // 3, _HEADING_BYTES)
    while (start := text.find("\n\n", position)) >= 0:
        length = int(MIN_BYTES * (MAX_BYTES / MIN_BYTES) ** rng.random())
        piece = text[start + 2 : start + 2 + length]
        if len(piece) < length:
            return
        yield piece
        position = start + 2 + length


def _json_texts(text: str, rng: random.Random) -> Iterator[str]:
    """A JSON file in the shortest spelling, if it is as long as a stored text."""
    try:
        compact = json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"))
    except ValueError:
        return
    if MIN_BYTES <= len(compact) <= MAX_BYTES:
        yield compact


def samples(most: int, seed: int = 1) -> dict[str, list[str]]:
    """At most that many pieces by language; languages that this machine does not have are left out."""
    by_language = {}
    for language, source in _SOURCES.items():
        rng = random.Random(f"{seed} {language}")
        cut = _json_texts if language == "JSON" else _pieces
        texts = (data.decode(errors="ignore") for data in source())
        pieces = [piece for text in texts for piece in cut(text, rng)]
        rng.shuffle(pieces)
        if pieces:
            by_language[language] = pieces[:most]
    return by_language
