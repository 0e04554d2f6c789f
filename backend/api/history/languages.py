"""The programming languages of runs: the name that is stored, the one that is shown, the highlighter's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Language(NamedTuple):
    """A language: how people write it, and what Pygments calls it."""

    title: str
    lexer: str


LANGUAGES: Mapping[str, Language] = {
    "python": Language("Python", "python"),
    "cpp": Language("C++", "cpp"),
    "java": Language("Java", "java"),
    "javascript": Language("JavaScript", "javascript"),
    "typescript": Language("TypeScript", "typescript"),
    "go": Language("Go", "go"),
    "c": Language("C", "c"),
    "csharp": Language("C#", "csharp"),
    "kotlin": Language("Kotlin", "kotlin"),
    "rust": Language("Rust", "rust"),
    "swift": Language("Swift", "swift"),
    "ruby": Language("Ruby", "ruby"),
    "php": Language("PHP", "php"),
    "scala": Language("Scala", "scala"),
}


def title_of(language: str) -> str:
    """How people write a language; one that is not known stays as it is."""
    known = LANGUAGES.get(language.casefold())
    return known.title if known else language
