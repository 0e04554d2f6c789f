"""How addresses name things: ids as a browser reads them exactly; any other number is the address of nothing."""

from __future__ import annotations

from django.urls import register_converter
from django.urls.converters import IntConverter

from api.dynamodb.ids import MAX_ID

_DIGITS = len(str(MAX_ID))


class IdConverter(IntConverter):
    """A whole number up to the greatest id, `<id:history_id>` in a path."""

    regex = f"[0-9]{{1,{_DIGITS}}}"

    def to_python(self, value: str) -> int:
        """The id. Raises ValueError for one that nothing can have: then the address is not found."""
        found = int(value)
        if found > MAX_ID:
            raise ValueError(value)
        return found


register_converter(IdConverter, "id")
