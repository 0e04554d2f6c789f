"""JSON as it is stored: a text. Nothing that JSON can say is lost on the way in or out.

Numbers keep every digit (an integer of any size; a fraction that a float cannot hold
comes back as Decimal). NaN and Infinity are not JSON and are refused both ways.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from api.dynamodb.errors import InvalidInput

_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


class JsonText(str):
    """A text that is already known to be JSON; it is stored as it stands."""

    __slots__ = ()


def _refuse_constant(name: str) -> Any:
    raise InvalidInput(f"{name} is not JSON")


def _number(text: str) -> float | Decimal:
    value = float(text)
    exact = Decimal(text)
    return value if value not in (float("inf"), float("-inf")) and Decimal(repr(value)) == exact else exact


def _pieces(value: Any) -> Iterator[str]:
    """Writes a value in pieces, for values that hold a Decimal: it keeps its own digits."""
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise InvalidInput(f"{value} is not JSON")
        yield str(value)
    elif isinstance(value, dict):
        yield "{"
        for number, (key, inner) in enumerate(value.items()):
            yield f"{',' if number else ''}{json.dumps(str(key), ensure_ascii=False)}:"
            yield from _pieces(inner)
        yield "}"
    elif isinstance(value, list | tuple):
        yield "["
        for number, inner in enumerate(value):
            if number:
                yield ","
            yield from _pieces(inner)
        yield "]"
    elif value is None or isinstance(value, str | int | float):
        yield json.dumps(value, ensure_ascii=False, allow_nan=False)
    else:
        raise InvalidInput(f"{type(value).__name__} cannot be stored as JSON")


def dumps(value: Any) -> JsonText:
    """The shortest JSON text of a value. Raises `InvalidInput` for what JSON cannot hold."""
    if isinstance(value, JsonText):
        return value
    try:
        return JsonText(_ENCODER.encode(value))
    except TypeError:
        return JsonText("".join(_pieces(value)))
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"not JSON: {error}") from None


def loads(text: str) -> Any:
    """The value of a JSON text. Raises `InvalidInput` for what is not JSON, NaN and Infinity included."""
    try:
        return json.loads(text, parse_constant=_refuse_constant, parse_float=_number)
    except (json.JSONDecodeError, RecursionError) as error:
        raise InvalidInput(f"not JSON: {error}") from None
