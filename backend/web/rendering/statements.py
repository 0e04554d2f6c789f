"""Statements as HTML: Markdown with tables and LaTeX formulas, without scripts, styles, images and foreign markup.

Formulas become MathML, which browsers draw by themselves. What cannot be rendered is shown as the text that it is. The
libraries are imported when the first statement is rendered, not when the service starts.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import cache, partial
from hashlib import blake2b

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

logger = logging.getLogger(__name__)

# A longer text is shown as it is: rendering takes some 10 ms for each 10,000 characters.
MOST_CHARACTERS = 64_000
_CACHED_CHARACTERS = 4_000_000


class HtmlCache:
    """Rendered texts by the digest of their source, the least recently used dropped first. Safe for threads."""

    def __init__(self, most_characters: int = _CACHED_CHARACTERS) -> None:
        self._most = most_characters
        self._entries: OrderedDict[bytes, SafeString] = OrderedDict()
        self._characters = 0
        self._lock = threading.Lock()

    def get(self, text: str, render: Callable[[str], SafeString], variant: bytes = b"") -> SafeString:
        """The rendered text, from the cache if it is there; `variant` tells renderers of one text apart."""
        key = blake2b(text.encode(errors="surrogatepass"), digest_size=16, person=variant).digest()
        with self._lock:
            if key in self._entries:
                self._entries.move_to_end(key)
                return self._entries[key]
        html = render(text)
        with self._lock:
            if key not in self._entries:
                self._entries[key] = html
                self._characters += len(html)
            while self._characters > self._most and len(self._entries) > 1:
                self._characters -= len(self._entries.popitem(last=False)[1])
        return html


_cached = HtmlCache()


def statement_html(text: str) -> SafeString:
    """A statement as HTML that may stand in a page; a text that is too long or cannot be rendered as it is."""
    if len(text) > MOST_CHARACTERS:
        return _plain(text)
    return _cached.get(text, partial(_render, False))


def hint_html(text: str) -> SafeString:
    """A hint as HTML: as a statement, but every line break is one, since hints from before were plain text."""
    if len(text) > MOST_CHARACTERS:
        return _plain(text)
    return _cached.get(text, partial(_render, True), b"hint")


def _plain(text: str) -> SafeString:
    return format_html('<pre class="as-written" tabindex="0">{}</pre>', text)


def _render(keeps_lines: bool, text: str) -> SafeString:
    try:
        markup, allowed = _markup(keeps_lines), _allowed()
        return mark_safe(allowed(markup(text.replace("\x00", "\ufffd"))))  # noqa: S308 (nh3 has cleaned it)
    except Exception as error:  # a page with the plain text is better than none
        logger.warning("a statement of %d characters cannot be rendered: %s", len(text), type(error).__name__)
        return _plain(text)


@cache
def _markup(keeps_lines: bool) -> Callable[[str], str]:
    from web.rendering.markdown import markdown

    return markdown(keeps_lines=keeps_lines).render


@cache
def _allowed() -> Callable[[str], str]:
    from web.rendering.clean_html import clean

    return clean
