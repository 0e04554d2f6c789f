"""Code as lines of HTML with classes, made on the server by Pygments."""

from __future__ import annotations

from functools import lru_cache

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

from api.history.languages import LANGUAGES

# About a quarter of a second of work at most; longer code is shown as it is, without colours.
MAX_HIGHLIGHTED = 40_000
_KEPT = 64


def code_lines(code: str, language: str | None) -> tuple[SafeString, ...]:
    """The lines of a program, escaped, with `<span class>` around what has a colour; none for an empty one.

    `language` is a name as runs store it, letter case aside; of an unknown one, and of code of more than 40,000
    characters, the lines have no colours. No span goes over the end of a line. A line break at the end of the
    code makes no line of its own.
    """
    text = code.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")
    if not text:
        return ()
    known = LANGUAGES.get((language or "").casefold())
    if known is None or len(text) > MAX_HIGHLIGHTED:
        return tuple(escape(line) for line in text.split("\n"))
    return _highlighted(text, known.lexer)


@lru_cache(maxsize=_KEPT)
def _highlighted(text: str, lexer_name: str) -> tuple[SafeString, ...]:
    """The lines in colours; those of the latest programs are kept, because a run's code never changes."""
    options = {"startinline": True} if lexer_name == "php" and "<?" not in text else {}
    lexer = get_lexer_by_name(lexer_name, stripnl=False, ensurenl=False, **options)
    # With `nowrap` the formatter closes and opens spans at each line break, so that lines can be taken apart.
    html = highlight(f"{text}\n", lexer, HtmlFormatter(nowrap=True))
    # Pygments escapes every token.
    return tuple(mark_safe(line) for line in html.removesuffix("\n").split("\n"))  # noqa: S308
