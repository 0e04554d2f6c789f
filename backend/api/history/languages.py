"""The programming languages of runs: stored name and title. `web.rendering.syntaxes` has a syntax for each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Language(NamedTuple):
    """A language as pages name it."""

    title: str


LANGUAGES: Mapping[str, Language] = {
    "python": Language("Python"),
    "cpp": Language("C++"),
    "java": Language("Java"),
    "javascript": Language("JavaScript"),
    "typescript": Language("TypeScript"),
    "go": Language("Go"),
    "c": Language("C"),
    "csharp": Language("C#"),
    "kotlin": Language("Kotlin"),
    "rust": Language("Rust"),
    "swift": Language("Swift"),
    "ruby": Language("Ruby"),
    "php": Language("PHP"),
    "scala": Language("Scala"),
}


def title_of(language: str) -> str:
    """The title of a language; an unknown one is unchanged."""
    entry = LANGUAGES.get(language.casefold())
    return entry.title if entry else language
