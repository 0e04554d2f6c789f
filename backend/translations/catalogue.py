"""The catalogues: `django.po`, which people read, and `django.mo`, which the service reads, beside each other.

A text keeps its translation as long as it stays as it is; a text that is gone leaves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import polib

from config.environment import BACKEND_DIR
from translations import in_python, in_templates
from translations.texts import Placed, Text, by_text, pieces
from web.wording import PATTERNS

LOCALES = BACKEND_DIR / "web" / "locale"
_HEADER = {
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "MIME-Version": "1.0",
}
_LANGUAGES = {"ko": {"Language": "ko", "Plural-Forms": "nplurals=1; plural=0;"}}


@dataclass
class Catalogue:
    """A language's catalogue as it should be, and what is wrong with the translations in it."""

    po: polib.POFile
    missing: list[Text] = field(default_factory=list)
    faulty: list[Text] = field(default_factory=list)


# What only programs are told: it is said in English.
_API_ONLY = (
    "endpoints.py", "service.py", "bearer.py", "conditional.py", "export.py", "fault_descriptions.py", "nonces.py",
)  # fmt: skip


def place_of(language: str) -> Path:
    """The folder of a language's catalogue."""
    return LOCALES / language / "LC_MESSAGES"


@cache
def collected() -> dict[Text, list[str]]:
    """Every text of the pages, with the files that show it, named from `backend/` on."""
    return by_text(_placed())


def _placed() -> Iterator[Placed]:
    web = BACKEND_DIR / "web"
    for path in sorted(web.rglob("*.py")):
        yield from (Placed(text, _named(path)) for text in in_python.texts_of(path.read_text()))
    for path in sorted((web / "templates").rglob("*.*")):
        yield from (Placed(text, _named(path)) for text in in_templates.texts_of(path.read_text(), str(path)))
    for path, said in _said():
        if "{}" not in said:
            yield Placed(Text(said), _named(path))


@cache
def _said() -> list[tuple[Path, str]]:
    """What the service says to people when it refuses, with the file that says it."""
    found: list[tuple[Path, str]] = []
    for path in sorted((BACKEND_DIR / "api").rglob("*.py")):
        if path.name not in _API_ONLY:
            found += ((path, said) for said in in_python.said_by(path.read_text()))
    return found


def _named(path: Path) -> str:
    return path.relative_to(BACKEND_DIR).as_posix()


def unpatterned() -> list[str]:
    """What the service says around values, for which `web.wording.PATTERNS` has no pattern."""
    known = {re.sub(r"\{\w+\}", "{}", pattern) for pattern in PATTERNS}
    said = {text for _, text in _said() if "{}" in text}
    return sorted(said - known)


def merged(language: str) -> Catalogue:
    """The catalogue as it should be: every text of the pages, with what was translated before."""
    known = _known(language)
    made = Catalogue(polib.POFile(wrapwidth=110))
    made.po.metadata = {**_HEADER, **_LANGUAGES[language]}
    for text, files in collected().items():
        entry = polib.POEntry(
            msgid=text.singular, msgid_plural=text.plural, occurrences=[(file, "") for file in files],
            flags=[text.flag] if text.flag else [],
        )  # fmt: skip
        if text.context:
            entry.msgctxt = text.context
        translation = known.get(text, "")
        if text.plural:
            entry.msgstr_plural = {0: translation}
        else:
            entry.msgstr = translation
        made.po.append(entry)
        if not translation:
            made.missing.append(text)
        elif not keeps_pieces(text, translation):
            made.faulty.append(text)
    return made


def keeps_pieces(text: Text, translation: str) -> bool:
    """Whether a translation has the same values; one of a plural may leave the number out of neither form."""
    wanted = {tuple(pieces(form)) for form in (text.singular, text.plural) if form}
    return tuple(pieces(translation)) in wanted


def _known(language: str) -> dict[Text, str]:
    """What is translated in `django.po`."""
    path = place_of(language) / "django.po"
    found: dict[Text, str] = {}
    for entry in polib.pofile(str(path)) if path.exists() else ():
        translation = entry.msgstr_plural.get(0, "") if entry.msgid_plural else entry.msgstr
        if translation:
            found[Text(entry.msgid, entry.msgid_plural, entry.msgctxt or "")] = translation
    return found


def is_fresh(language: str, made: Catalogue) -> bool:
    """Whether both files hold what they should."""
    folder = place_of(language)
    po, mo = folder / "django.po", folder / "django.mo"
    return (
        po.exists()
        and mo.exists()
        and po.read_text() == _text(made)
        and mo.read_bytes() == made.po.to_binary()
    )


def _text(made: Catalogue) -> str:
    return f"{made.po}".rstrip("\n") + "\n"


def write(language: str, made: Catalogue) -> None:
    """Writes both files."""
    folder = place_of(language)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "django.po").write_text(_text(made))
    (folder / "django.mo").write_bytes(made.po.to_binary())
