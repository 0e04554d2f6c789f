"""Extracts the texts of the service, the pages and their templates with Babel."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import IO, Any, NamedTuple

from babel.messages.extract import DEFAULT_KEYWORDS, extract, extract_python
from django.utils.translation.template import templatize

from config.environment import BACKEND_DIR

# Django's lazy and no-op functions take the same arguments as those that Babel knows.
_LIKE = {"gettext": ("gettext_lazy", "gettext_noop"), "ngettext": ("ngettext_lazy",)}
_LIKE |= {"pgettext": ("pgettext_lazy",), "npgettext": ("npgettext_lazy",)}
KEYWORDS: Mapping[str, Any] = {
    **DEFAULT_KEYWORDS,
    **{name: DEFAULT_KEYWORDS[like] for like, names in _LIKE.items() for name in names},
}


class Text(NamedTuple):
    """A text as the catalogues key it: singular, or (singular, plural), with the context that tells it from others."""

    id: str | tuple[str, ...]
    context: str | None = None

    @property
    def forms(self) -> tuple[str, ...]:
        """The singular, and the plural if there is one."""
        return (self.id,) if isinstance(self.id, str) else self.id


def extract_django(
    file: Any, keywords: Mapping[str, Any], comment_tags: Collection[str], options: Any
) -> Iterator[Any]:
    """Babel's extraction method for Django templates, which Django itself rewrites as calls of gettext.

    Raises `SyntaxError` for a template that Django cannot read.
    """
    source = templatize(file.read().decode())
    # Only the calls are Python; without their indentation, the fillers between them do not disturb the tokenizer.
    lines = "\n".join(line.strip() for line in source.splitlines())
    yield from extract_python(BytesIO(lines.encode()), keywords, comment_tags, options)


def texts_of(file: IO[bytes], *, is_template: bool) -> Iterator[Text]:
    """The texts of a Python file or a template, in order."""
    for _, text, _, context in extract(extract_django if is_template else "python", file, KEYWORDS):
        yield Text(text, context)


def collect() -> dict[Text, list[str]]:
    """Every text of the service and the pages, by file and text, with its files as named from `backend/`."""
    files: dict[Text, set[str]] = {}
    for path, is_template in _sources():
        with path.open("rb") as file:
            for text in texts_of(file, is_template=is_template):
                files.setdefault(text, set()).add(path.relative_to(BACKEND_DIR).as_posix())
    ordered = sorted(files, key=lambda text: (min(files[text]), text.forms, text.context or ""))
    return {text: sorted(files[text]) for text in ordered}


def _sources() -> Iterator[tuple[Path, bool]]:
    for folder in ("api", "web"):
        for path in (BACKEND_DIR / folder).rglob("*.py"):
            yield path, False
    for path in (BACKEND_DIR / "web" / "templates").rglob("*.*"):
        yield path, True
