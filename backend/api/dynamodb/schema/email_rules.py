"""The rules by which e-mail addresses are compared: the keys of users and of their guards are made by them.

A rule is never changed, since the keys that it made are in tables: a better one is added as `v3` and to `key_rules`,
`normal_email` becomes that one, and a versioned change rewrites the keys (`lifecycle/changes/`). Tests pin what each
rule makes of every kind of character, so that a new release of Python or of idna cannot change one unnoticed.

v1 (until November 2026) folded as texts are searched. It made one address of `straße` and `strasse`, of `ſ` and `s`, of
the Kelvin sign and `k`, which mail systems keep apart, so that one person could enter another's account.

v2 folds what mail systems fold: the case of ASCII letters, the domain by UTS 46 without transitional mapping, and the
Unicode form (NFC) of the part before the @. It drops characters that nobody sees at the ends, and refuses them inside.
"""

from __future__ import annotations

import re
from string import ascii_lowercase, ascii_uppercase
from unicodedata import normalize

from api.dynamodb.errors import InvalidInput
from api.dynamodb.schema.folding import folded_name
from api.dynamodb.schema.unseen_characters import UNSEEN

_PLAIN = re.compile(r"[!-~]*")
_UNSEEN = re.compile(f"[{UNSEEN}]")
_OUTER = re.compile(rf"[\s{UNSEEN}]")
_JOINERS = "\u200c\u200d"
_ASCII_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)
# NFC makes ASCII of three characters: the Kelvin sign, the Greek question mark and the Greek varia. They stay as they
# are, so that no address with one of them is another person's.
_NORMALISED = re.compile("[^\u212a\u037e\u1fef]+")
_ACE = "xn--"


class UnseenCharacter(InvalidInput):
    """An e-mail address has a character that nobody sees, other than at its ends."""


def v1(email: str) -> str:
    """The first rule: NFC, no outer spaces, Unicode's full case folding."""
    return folded_name(email)


def v2(email: str) -> str:
    """The second rule; a text without an @ is taken as a part before one. Raises `UnseenCharacter`."""
    if _PLAIN.fullmatch(email):
        return email.lower()
    local, at, domain = _trim(email).rpartition("@")
    if not at:
        return _normal_text(domain)
    return f"{_normal_text(local)}@{_normal_domain(domain)}"


normal_email = v2
# The number of the present rule, for what has to be made again after a change of rules.
VERSION = 2


def same_email(first: str, second: str) -> bool:
    """Whether two texts are one person's address, by the present rule."""
    try:
        return first == second or normal_email(first) == normal_email(second)
    except UnseenCharacter:
        return False


def former_forms(email: str) -> list[str]:
    """What earlier rules made of the spellings of an address, where the present rule makes something else of it.

    Empty for almost every address, and for every one in ASCII whose domain is not an encoded one.
    """
    if _PLAIN.fullmatch(email) and _ACE not in email.lower():
        return []
    spellings = [email]
    local, at, domain = _trim(email).rpartition("@")
    if at:
        try:
            encoded = _normal_domain(domain)
        except UnseenCharacter:
            encoded = domain
        spellings += [f"{local}@{encoded}", f"{local}@{_decoded_domain(encoded)}"]
    try:
        present = normal_email(email)
    except UnseenCharacter:
        present = ""
    return [form for form in dict.fromkeys(map(v1, spellings)) if form not in ("", present)]


def unseen_characters(email: str) -> list[str]:
    """The characters of an address that nobody sees, as `U+200B`, in order of appearance."""
    return [] if _PLAIN.fullmatch(email) else [_code_point(match[0]) for match in _UNSEEN.finditer(email)]


def _code_point(character: str) -> str:
    return f"U+{ord(character):04X}"


def _trim(text: str) -> str:
    """The text without spaces, and without what nobody sees, at its ends."""
    start, end = 0, len(text)
    while start < end and _OUTER.match(text, start):
        start += 1
    while start < end and _OUTER.match(text, end - 1):
        end -= 1
    return text[start:end]


def _refuse_unseen(text: str) -> None:
    for match in _UNSEEN.finditer(text):
        if not (match[0] in _JOINERS and _joins(text, match.start())):
            raise UnseenCharacter(f"the e-mail address has {_code_point(match[0])}, which nobody sees")


def _joins(text: str, position: int) -> bool:
    """Whether a joiner (U+200C, U+200D) is part of a word, as domains allow it: some scripts cannot do without."""
    import idna

    try:
        return idna.valid_contextj(text, position)
    except (ValueError, idna.IDNAError):
        return False


def _normal_text(text: str) -> str:
    _refuse_unseen(text)
    # Twice: a letter in lower case may compose with an accent with which the capital does not.
    return _NORMALISED.sub(
        lambda part: normalize("NFC", normalize("NFC", part[0]).translate(_ASCII_LOWER)), text
    )


def _normal_domain(domain: str) -> str:
    """The domain as the name system has it, in ASCII. One that UTS 46 refuses is compared as a text."""
    if domain.isascii():
        _refuse_unseen(domain)
        return domain.lower()
    import idna  # the help of commands is printed where it is not installed

    try:
        mapped = idna.uts46_remap(domain, std3_rules=True)
    except idna.IDNAError:
        return _normal_text(domain)
    labels = mapped.split(".")
    for label in labels:
        _refuse_unseen(label)
    return ".".join(
        label if label.isascii() else _ACE + label.encode("punycode").decode("ascii") for label in labels
    )


def _decoded_domain(domain: str) -> str:
    """The domain with its encoded labels as people read them."""
    return ".".join(map(_decoded_label, domain.split(".")))


def _decoded_label(label: str) -> str:
    if not label.startswith(_ACE):
        return label
    try:
        return label.removeprefix(_ACE).encode("ascii").decode("punycode")
    except (UnicodeError, OverflowError, ValueError):
        return label
