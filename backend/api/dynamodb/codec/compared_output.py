"""The rule by which outputs of programs are compared, and the digest of an output by that rule.

Two outputs count as the same if and only if their digests are equal. A test case keeps the digest of its expected
output, so that a printed one is compared without reading the expected one.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, TypeGuard

# The version of the rule is the first character of every digest. A digest by another rule is no digest.
_RULE = "1"
_DIGEST_BYTES = 15
# Only ASCII: `str.rstrip()` without an argument also removes no-break spaces, form feeds and separators.
_UNCOUNTED = " \t\r"
_UNCOUNTED_AT_END = _UNCOUNTED + "\n"
_INNER = tuple(f"{character}\n" for character in _UNCOUNTED)
_SLICE_CHARACTERS = 1 << 18


def compared_form(text: str) -> str:
    """An output without what does not count: blanks at the ends of lines, and line feeds at its end.

    Only a line feed ends a line.
    """
    text = text[: _counted_length(text)]
    return _without_blanks_at_line_ends(text) if any(pair in text for pair in _INNER) else text


def output_digest(text: str) -> str:
    """The digest of what counts of an output: 21 ASCII characters. Memory: a quarter of a megabyte, seldom a copy."""
    end = _counted_length(text)
    if any(text.find(pair, 0, end) >= 0 for pair in _INNER):
        text = _without_blanks_at_line_ends(text[:end])
        end = len(text)
    digest = blake2b(digest_size=_DIGEST_BYTES)
    for start in range(0, end, _SLICE_CHARACTERS):
        piece = text[start : min(start + _SLICE_CHARACTERS, end)]
        digest.update(piece.encode(errors="surrogatepass"))
    return _RULE + base64.urlsafe_b64encode(digest.digest()).decode()


def with_output_digest(case: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a test case; if its `output` is among them, with the digest of that."""
    output = case.get("output")
    return {**case, "output_digest": output_digest(output)} if isinstance(output, str) else dict(case)


def is_current(digest: str | None) -> TypeGuard[str]:
    """Whether a stored digest was made by this rule."""
    return digest is not None and digest.startswith(_RULE)


def _counted_length(text: str) -> int:
    end = len(text)
    while end and text[end - 1] in _UNCOUNTED_AT_END:
        end -= 1
    return end


def _without_blanks_at_line_ends(text: str) -> str:
    return "\n".join(line.rstrip(_UNCOUNTED) for line in text.split("\n"))
