"""An e-mail address in the form of keys, by the description in the design document.

It shares no code with the rules of `api.dynamodb.schema`, only the list of characters that nobody sees.
"""

from __future__ import annotations

import re
from unicodedata import normalize

from api.dynamodb.schema.unseen_characters import UNSEEN
from migration.verify.row_values import Unmovable

_UNSEEN = re.compile(f"[{UNSEEN}]")
# What NFC would make ASCII.
_KEPT = re.compile("([\u037e\u1fef\u212a])")


def email_form(email: str) -> str:
    """The form. Raises `Unmovable` for a character inside that nobody sees.

    Neither spaces nor characters that nobody sees at the ends; before the @ NFC and ASCII letters in lower case; then
    the domain's labels as the name system has them.
    """
    if email.isascii() and email.isprintable() and " " not in email:
        return email.lower()
    visible = [
        n for n, character in enumerate(email) if not (character.isspace() or _UNSEEN.match(character))
    ]
    if not visible:
        return ""
    *before, domain = email[visible[0] : visible[-1] + 1].split("@")
    if not before:
        return _composed(domain)
    local = _composed("@".join(before))
    import idna  # the help of commands is printed where it is not installed

    try:
        mapped = domain.lower() if domain.isascii() else idna.uts46_remap(domain)
    except idna.IDNAError:
        return f"{local}@{_composed(domain)}"
    return f"{local}@{'.'.join(_encoded(_checked(label)) for label in mapped.split('.'))}"


def _checked(text: str) -> str:
    for n, character in enumerate(text):
        if _UNSEEN.match(character) and not _is_joiner_in_word(text, n):
            raise Unmovable(f"the e-mail address has U+{ord(character):04X}")
    return text


def _is_joiner_in_word(text: str, position: int) -> bool:
    import idna

    try:
        return idna.valid_contextj(text, position)
    except (ValueError, idna.IDNAError):
        return False


def _composed(text: str) -> str:
    parts = _KEPT.split(_checked(text))
    for n in range(0, len(parts), 2):
        letters = (letter.lower() if letter.isascii() else letter for letter in normalize("NFC", parts[n]))
        parts[n] = normalize("NFC", "".join(letters))
    return "".join(parts)


def _encoded(label: str) -> str:
    return label if label.isascii() else f"xn--{label.encode('punycode').decode()}"
