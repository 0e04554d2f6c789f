"""The catalogues: `django.po`, which people read, and `django.mo`, which the service reads, beside each other.

A text keeps its translation as long as it is unchanged; a text that is gone leaves the catalogue.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from config.environment import BACKEND_DIR
from translations.extraction import Text, collect

LOCALES = BACKEND_DIR / "web" / "locale"
_WIDTH = 110
_PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[sd]|\{\w+[^{}]*\}")


class _StableCatalog(Catalog):
    """A catalogue whose header has no dates and versions, so that the same texts give the same file."""

    @property  # type: ignore[misc]
    def mime_headers(self) -> list[tuple[str, str]]:
        """The headers that readers of the file need."""
        return [
            ("Language", self.locale_identifier or ""), ("Plural-Forms", self.plural_forms),
            ("MIME-Version", "1.0"), ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit"),
        ]  # fmt: skip


@dataclass
class Merge:
    """A language's catalogue as it should be, the texts without a translation, and those with a wrong one."""

    catalog: Catalog
    missing: list[Text] = field(default_factory=list)
    faulty: list[Text] = field(default_factory=list)


def folder_of(language: str) -> Path:
    """The folder of a language's catalogue."""
    return LOCALES / language / "LC_MESSAGES"


def merge(language: str) -> Merge:
    """Every text of the service and the pages, with the translations that `django.po` has."""
    existing = _read(language)
    catalog = _StableCatalog(
        language, fuzzy=False, header_comment="# Written by `make messages`; translations are edited here."
    )
    result = Merge(catalog)
    for text, files in collect().items():
        message = existing.get(text.id, text.context)
        translation = (message and message.string) or ""
        forms = (translation,) if isinstance(translation, str) else tuple(translation)
        catalog.add(text.id, translation, locations=[(file, 0) for file in files], context=text.context)
        if not all(forms):
            result.missing.append(text)
        elif not all(keeps_placeholders(text, form) for form in forms):
            result.faulty.append(text)
    return result


def keeps_placeholders(text: Text, translation: str) -> bool:
    """Whether a translation has the placeholders of the text: of its singular or of its plural."""
    return _placeholders(translation) in [_placeholders(form) for form in text.forms]


def _placeholders(text: str) -> set[str]:
    return set(_PLACEHOLDER.findall(text.replace("%%", "")))


def _read(language: str) -> Catalog:
    path = folder_of(language) / "django.po"
    if not path.exists():
        return Catalog(language)
    with path.open("rb") as file:
        return read_po(file, language, ignore_obsolete=True)


def is_fresh(language: str, catalog: Catalog) -> bool:
    """Whether both files have what they should."""
    folder = folder_of(language)
    return all(
        (folder / name).exists() and (folder / name).read_bytes() == content
        for name, content in _files(catalog).items()
    )


def write(language: str, catalog: Catalog) -> None:
    """Writes both files."""
    folder = folder_of(language)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in _files(catalog).items():
        (folder / name).write_bytes(content)


def _files(catalog: Catalog) -> dict[str, bytes]:
    po, mo = BytesIO(), BytesIO()
    write_po(po, catalog, width=_WIDTH, include_lineno=False)
    write_mo(mo, catalog)
    return {"django.po": po.getvalue(), "django.mo": mo.getvalue()}
