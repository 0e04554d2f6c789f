"""URL converter for ids. A number above the largest id does not match."""

from __future__ import annotations

from django.urls import register_converter
from django.urls.converters import IntConverter

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


register_converter(IdConverter, "id")
