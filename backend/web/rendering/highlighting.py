"""Syntax highlighting on the server: a program as escaped HTML with a class for each coloured part."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from web.rendering.code_colours import CLASSES
from web.rendering.syntaxes import FUNCTION, PLAIN, SYNTAXES, TYPE, WORD, Syntax

# What is longer, or has more coloured parts, is not highlighted: at most about 30 ms of CPU time.
MAX_HIGHLIGHTED = 60_000
MAX_COLOURED = 15_000
# The words before the name of a function or a type that is defined.
_DEFINING = {
    **dict.fromkeys(("def", "fn", "fun", "func", "function"), FUNCTION),
    **dict.fromkeys(("class", "enum", "interface", "record", "struct", "trait", "protocol"), TYPE),
}


def highlighted(text: str, language: str) -> str | None:
    """The text as escaped HTML, with `<span class>` around coloured parts; spans never cross line ends.

    `language` is a name of `api.history.languages`. None for text longer than 60,000 characters or with more than
    15,000 coloured parts. The CPU time is linear in the text, see `lexical_parts`.
    """
    if len(text) > MAX_HIGHLIGHTED:
        return None
    html: list[str] = []
    end = 0
    for count, (start, stop, kind) in enumerate(_parts(text, SYNTAXES[language])):
        if count == MAX_COLOURED:
            return None
        html += (escape(text[end:start]), _span(CLASSES[kind], escape(text[start:stop])))
        end = stop
    html.append(escape(text[end:]))
    return "".join(html)


def _span(name: str, html: str) -> str:
    if "\n" not in html:
        return f'<span class="{name}">{html}</span>'
    return "\n".join(f'<span class="{name}">{line}</span>' if line else "" for line in html.split("\n"))


def _parts(text: str, syntax: Syntax) -> Iterator[tuple[int, int, str]]:
    """The coloured parts: start, end and kind."""
    before = ""
    for match in syntax.pattern.finditer(text):
        kind = match.lastgroup
        if kind == WORD:
            word = match.group()
            kind = (
                syntax.words.get(word)
                or _DEFINING.get(before)
                or _kind_of_name(text, match.start(), match.end())
            )
            before = word
        else:
            before = ""
        if kind is not None and kind != PLAIN:
            yield match.start(), match.end(), kind


def _kind_of_name(text: str, start: int, end: int) -> str | None:
    """The kind of a word that is not the language's own: a type by its letters, a function by its parenthesis."""
    name = text[start:end]
    is_called = text.startswith("(", end)
    if name[0].isupper() and not name.isupper() and not (is_called and text[start - 1 : start] == "."):
        return TYPE
    return FUNCTION if is_called else None
