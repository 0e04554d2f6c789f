"""How texts are folded and cut into words for keys, by Unicode 14.0 whatever Python's own tables are.

Keys that are stored were made by these functions: a change of their results needs a new version in `key_rules`.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

from api.dynamodb.schema import unicode_14

MAX_TITLE_WORDS = 16
MAX_WORD_LENGTH = 40

_WORD = re.compile(r"[^\W_]+", re.UNICODE)

Form = Literal["NFC", "NFKC"]


def folded(text: str, form: Form = "NFC") -> str:
    """The text normalised to a form, without letter case. Characters that Unicode 14.0 does not assign stay."""
    if text.isascii():
        return text.lower()
    if unicode_14.is_own_version():
        return unicodedata.normalize(form, text).casefold()
    return "".join(
        unicodedata.normalize(form, piece).casefold() if assigned else piece
        for assigned, piece in unicode_14.segments(text)
    )


def folded_name(text: str) -> str:
    """NFC, no outer spaces, no letter case."""
    return folded(text.strip())


def title_words(title: str) -> list[str]:
    """The distinct words of a title, in order of appearance, at most 16 of 40 characters."""
    text = folded(title, "NFKC")
    if text.isascii() or unicode_14.is_own_version():
        words = _WORD.findall(text)
    else:
        pieces = unicode_14.segments(text)
        words = [word for assigned, piece in pieces if assigned for word in _WORD.findall(piece)]
    return list(dict.fromkeys(word[:MAX_WORD_LENGTH] for word in words))[:MAX_TITLE_WORDS]
