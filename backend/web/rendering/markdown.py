"""The Markdown of statements: CommonMark with tables and formulas, without markup of its own and without images."""

from __future__ import annotations

from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from web.rendering.formulas import add_formulas

_SCROLLS = '<div class="scroll" tabindex="0">'


def markdown(*, keeps_lines: bool = False) -> MarkdownIt:
    """A parser and renderer. Markup in a text is text; a page's only `h1` is its title, so headings begin at `h2`.

    keeps_lines: a line break within a paragraph is shown as one.
    """
    parser = (
        MarkdownIt("commonmark", {"html": False, "breaks": keeps_lines})
        .enable(["table", "strikethrough"])
        .disable("image")
    )
    add_formulas(parser)
    parser.core.ruler.push("headings", _lower_headings)
    parser.add_render_rule("table_open", _open_table)
    parser.add_render_rule("table_close", _close_table)
    return parser


def _lower_headings(state: Any) -> None:
    for token in state.tokens:
        if token.tag == "h1":
            token.tag = "h2"


def _open_table(renderer: Any, tokens: list[Token], index: int, options: Any, environment: Any) -> str:
    return f"{_SCROLLS}<table>\n"


def _close_table(renderer: Any, tokens: list[Token], index: int, options: Any, environment: Any) -> str:
    return "</table></div>\n"
