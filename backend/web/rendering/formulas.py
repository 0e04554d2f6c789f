"""LaTeX formulas in Markdown: `$...$` in a line, `$$...$$` set apart, as MathML."""

from __future__ import annotations

from html import unescape
from typing import Any
from xml.etree import ElementTree as ET

from django.utils.html import format_html
from latex2mathml.converter import convert_to_element
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

# Of one formula; the converter is recursive, and nobody reads a longer one.
MOST_CHARACTERS = 2_000
# A formula of this length may be wider than a phone, so it scrolls, and the keyboard reaches it.
_WIDE = 40


def add_formulas(markdown: MarkdownIt) -> None:
    """Teaches a Markdown parser formulas."""
    markdown.block.ruler.before("fence", "formula", _block, {"alt": ["paragraph", "blockquote", "list"]})
    markdown.inline.ruler.before("escape", "formula", _inline)
    markdown.add_render_rule("formula", _as_html)


def mathml(latex: str, *, is_block: bool = False) -> str:
    """A formula as MathML; one that cannot be read as the text that was written."""
    try:
        if len(latex) > MOST_CHARACTERS:
            raise ValueError("too long")
        element = convert_to_element(latex, display="block" if is_block else "inline")
        for node in element.iter():
            # The converter leaves entities in its texts, and would write a "<" of the formula as markup.
            node.text = None if node.text is None else unescape(node.text)
        return ET.tostring(element, encoding="unicode")
    except Exception:  # the converter raises whatever its tables and recursion raise
        delimiter = "$$" if is_block else "$"
        return format_html('<code class="math-error">{}{}{}</code>', delimiter, latex, delimiter)


def _as_html(renderer: Any, tokens: Any, index: int, options: Any, environment: Any) -> str:
    token = tokens[index]
    if not token.block and token.markup != "$$":
        return mathml(token.content)
    tab_stop = ' tabindex="0"' if len(token.content) > _WIDE else ""
    formula = f'<span class="formula"{tab_stop}>{mathml(token.content, is_block=True)}</span>'
    return f"<p>{formula}</p>\n" if token.block else formula


def _inline(state: StateInline, silent: bool) -> bool:
    """`$x$`, without blanks inside the delimiters and no digit behind: "$5 and $6" is money. `$$x$$` anywhere."""
    source, start = state.src, state.pos
    if source[start] != "$":
        return False
    delimiter = "$$" if source.startswith("$$", start) else "$"
    begin = start + len(delimiter)
    end = _closing(source, begin, delimiter)
    content = source[begin:end].strip() if end >= 0 else ""
    if not content:
        return False
    if delimiter == "$" and (
        source[begin].isspace() or source[end - 1].isspace() or source[end + 1 : end + 2].isdecimal()
    ):
        return False
    if not silent:
        token = state.push("formula", "", 0)
        token.content, token.markup = content, delimiter
    state.pos = end + len(delimiter)
    return True


def _closing(source: str, begin: int, delimiter: str) -> int:
    """Where a formula ends; -1 if it does not. A dollar behind a backslash is part of it."""
    end = source.find(delimiter, begin)
    while end > 0 and (len(source[begin:end]) - len(source[begin:end].rstrip("\\"))) % 2:
        end = source.find(delimiter, end + 1)
    return end


def _block(state: StateBlock, first: int, last: int, silent: bool) -> bool:
    """Lines between `$$` at the beginning of a line and `$$` at the end of one."""

    def line(number: int) -> str:
        return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]].rstrip()

    if state.is_code_block(first) or not line(first).startswith("$$"):
        return False
    for number in range(first, last):
        text = line(number)[2:] if number == first else line(number)
        if not text.endswith("$$"):
            continue
        if not silent:
            lines = [line(n) for n in range(first, number + 1)]
            token = state.push("formula", "", 0)
            token.content, token.markup, token.block = "\n".join(lines)[2:-2].strip(), "$$", True
            token.map = [first, number + 1]
        state.line = number + 1
        return True
    return False
