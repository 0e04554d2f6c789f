"""URL converters: ids, of which a number above the largest does not match, and the languages of statements."""

from __future__ import annotations

from django.urls import register_converter
from django.urls.converters import IntConverter, StringConverter

from api.dynamodb.schema.entities import STATEMENT_LANGUAGES
from api.dynamodb.schema.ids import MAX_ID

_DIGITS = len(str(MAX_ID))


class IdConverter(IntConverter):
    """An integer up to `MAX_ID`: `<id:history_id>` in a path."""

    regex = f"[0-9]{{1,{_DIGITS}}}"

    def to_python(self, value: str) -> int:
        """The id. Raises ValueError above `MAX_ID`, so that the URL does not match."""
        number = int(value)
        if number > MAX_ID:
            raise ValueError(value)
        return number


class LanguageConverter(StringConverter):
    """A language of statements: `<language:language>` in a path."""

    regex = "|".join(STATEMENT_LANGUAGES)


register_converter(IdConverter, "id")
register_converter(LanguageConverter, "language")
