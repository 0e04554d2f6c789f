"""Programs as pages show them: highlighted lines with numbers, or plain text where that would take too long."""

from __future__ import annotations

from html import escape
from typing import NamedTuple

from django.utils.safestring import SafeString

from api.history.languages import LANGUAGES
from web.rendering.highlighting import highlighted

# Each numbered line has tags of about 100 bytes.
MAX_NUMBERED = 5_000


class Listing(NamedTuple):
    """The content of a `<code>` element, empty without code.

    `is_plain` if code in a known language is too long for colours; `is_numbered` if it has line numbers.
    """

    html: SafeString
    lines: int
    is_plain: bool = False
    is_numbered: bool = True


def code_listing(code: str, language: str | None, label: str | None = None) -> Listing:
    """A program, escaped, one `<span class="line">` for each line, with colours where its language is known.

    `language` is a name as runs store it, in any letter case. `label` is the label of a line's link, such as
    "Line %(number)s"; without it the lines have numbers and no links. A trailing line break adds no line. Code of
    more than 5,000 lines has neither colours nor numbers.
    """
    text = code.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")
    if not text:
        return Listing(SafeString(), 0)
    lines = text.count("\n") + 1
    if lines > MAX_NUMBERED:
        return Listing(SafeString(escape(text)), lines, is_plain=True, is_numbered=False)
    name = (language or "").casefold()
    html = highlighted(text, name) if name in LANGUAGES else None
    is_plain = html is None and name in LANGUAGES
    numbered = enumerate((escape(text) if html is None else html).split("\n"), 1)
    # The lines are escaped, and so is the label.
    rows = [f'<span class="line"{_number(number, label)}{line}</span>\n' for number, line in numbered]
    return Listing(SafeString("".join(rows)), lines, is_plain)


def _number(number: int, label: str | None) -> str:
    """The rest of a line's tag, and the element that draws its number."""
    if label is None:
        return f'><span class="line-number" data-line="{number}"></span>'
    name = escape(label % {"number": number})
    return f' id="L{number}"><a href="#L{number}" data-line="{number}" aria-label="{name}"></a>'
