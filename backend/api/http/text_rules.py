"""What names and texts may contain: one definition for the API, the forms of visitors and the forms of staff.

A name is a line that lists show to others: of a person, a plan, a platform, a problem, a tag. It may not have
characters that nobody sees, nor those that turn the direction of what stands around it. A text (code, hints, test
cases) may have anything but NUL, which forms and databases cut texts at. What a program printed is no text of
anybody: it is kept as it was printed.
"""

from __future__ import annotations

import re
from typing import Any
from unicodedata import category, normalize

from pydantic import AfterValidator, JsonValue
from pydantic_core import PydanticCustomError

from api.dynamodb.schema.unseen_characters import UNSEEN
from api.http.error_texts import ERRORS

# The joiner and the emoji selector are what `_EMOJI` allows of what nobody sees.
_PICTURE = r"[\xa9\xae\u2122\u2190-\u27ff\u2900-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
# A picture, or several that are joined to one, such as a woman, a joiner and a laptop.
_EMOJI = rf"{_PICTURE}\ufe0f?(?:\u200d{_PICTURE}\ufe0f?)*|[0-9#*]\ufe0f?\u20e3"
_UNSEEN_CHARACTER = re.compile(f"{_EMOJI}|(?P<unseen>[{UNSEEN}])")
# For the API's document.
NO_NUL: dict[str, JsonValue] = {"pattern": r"^[^\x00]*$"}


class InvalidText(ValueError):
    """A name or text that cannot be stored: an error code of `ERRORS`, and its parameters."""

    def __init__(self, code: str, **parameters: Any) -> None:
        super().__init__(code)
        self.code, self.parameters = code, parameters


def checked_text(text: str) -> str:
    """The text as it is. Raises `InvalidText` for NUL and for half of a character (a lone surrogate)."""
    if "\0" in text:
        raise InvalidText("nul_character")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidText("lone_surrogate") from None
    return text


def checked_name(text: str, limit: int) -> str:
    """A name as it is stored: NFC, without spaces at its ends, of at most `limit` characters.

    Raises `InvalidText` for one that is empty, too long, or has characters that nobody sees.
    """
    name = normalize("NFC", text).strip()
    if len(name) > limit:
        raise InvalidText("too_long", limit=limit)
    checked_text(name)
    for match in _UNSEEN_CHARACTER.finditer(name):
        if match["unseen"]:
            raise InvalidText("unseen_character", character=f"U+{ord(match['unseen']):04X}")
    if not _is_visible(name):
        raise InvalidText("empty")
    return name


def shown_name(text: str | None) -> str | None:
    """A name from elsewhere, such as Google or older rows, as it is shown: without what nobody sees.

    None if nothing is left.
    """
    if text is None:
        return None
    name = _UNSEEN_CHARACTER.sub(lambda match: "" if match["unseen"] else match[0], normalize("NFC", text))
    name = " ".join(name.split())
    return name if _is_visible(name) else None


def _is_visible(name: str) -> bool:
    """Whether a name has more than spaces and marks without a letter."""
    return any(category(character)[0] in "LNPS" for character in name)


def _checked(text: str) -> str:
    try:
        return checked_text(text)
    except InvalidText as invalid:
        raise PydanticCustomError(invalid.code, ERRORS[invalid.code].text) from None


# Checks a text of a request's model: `Annotated[str, TEXT]`.
TEXT = AfterValidator(_checked)
