"""JSON values as stored texts, without loss in either direction, and the one definition of JSON that may be stored.

Numbers keep every digit: an integer of any size, and a fraction that a float cannot hold as Decimal.

What is stored can be read and shown, so `dumps` (the API, the forms) and `checked` (the move from MySQL and its
verification) refuse the same: NaN and Infinity, which are not JSON; half of a surrogate pair, which UTF-8 cannot
hold; nesting deeper than MySQL's own limit, since readers count levels together with their calls; numbers that
a Decimal cannot hold or that take a gigabyte to print; and texts of more than `MAX_BYTES`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from itertools import accumulate
from typing import Any

from api.dynamodb.codec.large_text import check_utf8
from api.dynamodb.errors import InvalidInput

MAX_LEVELS = 100
# Twice the largest body of a request.
MAX_BYTES = 32 * 1024 * 1024
# The digits of a number without zeros before them, and its power of ten.
MAX_DIGITS = 1_000
MAX_EXPONENT = 999

_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
# Numbers that are shorter than this, and whose exponents are, are within the limits.
_LONG_NUMBER = 300
_LONG_EXPONENT = re.compile(rb"[eE][-+]?[0-9]{3}")
# Numbers that are longer than this are not, and are not even looked at.
_ENDLESS_NUMBER = 10_000
# Half of a surrogate pair as an escape; escaped backslashes and complete pairs are passed over.
_HALF_PAIR = re.compile(
    r"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
# Puts spaces between numbers; the letters of `true` and `false` make no long ones.
_NUMBERS_APART = bytes(byte if byte in b"0123456789+-.eE" else ord(" ") for byte in range(256))


class JsonText(str):
    """A text that is JSON that may be stored; it is stored unchanged."""

    __slots__ = ()


def dumps(value: Any) -> JsonText:
    """The shortest JSON text of a value. Raises `InvalidInput` for a value that may not be stored."""
    if isinstance(value, JsonText):
        return value
    text = encode(value)
    _check_limits(check_utf8(text))
    return JsonText(text)


def checked(text: str) -> JsonText:
    """A JSON text as it is. Raises `InvalidInput` with the reason if it may not be stored."""
    import orjson  # the help of commands is printed where it is not installed

    data = check_utf8(text)
    _check_limits(data)
    try:
        orjson.loads(data)  # four times as fast as `json`, and refuses all that may not be stored
    except orjson.JSONDecodeError:
        _check_carefully(text)
    return JsonText(text)


def encode(value: Any) -> str:
    """The shortest JSON text of a value, with no limits: for documents that contain stored values.

    Raises `InvalidInput` for a value that JSON cannot hold.
    """
    try:
        try:
            return _ENCODER.encode(value)
        except TypeError:
            return "".join(_pieces(value))
    except (ValueError, RecursionError) as error:
        raise _invalid(error) from None


def loads(text: str) -> Any:
    """The value of a JSON text; halves of surrogate pairs become U+FFFD. Raises `InvalidInput` for other texts."""
    if "\\ud" in text or "\\uD" in text:
        text = _HALF_PAIR.sub(lambda match: r"\ufffd" if match[1] else match[0], text)
    try:
        try:
            return _DECODER.decode(text)
        except json.JSONDecodeError:
            raise
        except ValueError:  # an integer that is too long: rare, and Python's own function is the faster one
            return json.loads(text, parse_constant=_refuse_constant, parse_float=_number, parse_int=_integer)
    except (ValueError, InvalidOperation, RecursionError) as error:
        raise _invalid(error) from None


def levels(data: bytes) -> int:
    """How deeply a JSON text, in UTF-8, is nested. For a text that is not JSON the number means nothing."""
    return _levels_outside_strings(_outside_strings(data))


def _outside_strings(data: bytes) -> bytes:
    """A JSON text without its strings and names."""
    if b"\\" in data:
        data = data.replace(b"\\\\", b"").replace(b'\\"', b"")
    return b"".join(data.split(b'"')[::2])


def _levels_outside_strings(outside: bytes) -> int:
    brackets = outside.translate(None, _NOT_BRACKETS)
    return max(accumulate(map(_STEPS.__getitem__, brackets)), default=0)


def _check_limits(data: bytes) -> None:
    """Raises `InvalidInput` for too many bytes or levels, and for a number beyond the limits."""
    if len(data) > MAX_BYTES:
        raise InvalidInput(f"invalid JSON: it has {len(data):,} bytes, at most {MAX_BYTES:,} are allowed")
    outside = _outside_strings(data)
    if len(outside) > MAX_LEVELS and _levels_outside_strings(outside) > MAX_LEVELS:
        raise InvalidInput(f"invalid JSON: it is nested more than {MAX_LEVELS} levels deep")
    if len(outside) > _LONG_NUMBER or _LONG_EXPONENT.search(outside):
        for number in outside.translate(_NUMBERS_APART).split():
            if len(number) > _LONG_NUMBER or _LONG_EXPONENT.search(number):
                _check_number(number.decode())


def _check_number(text: str) -> None:
    """Raises `InvalidInput` for a number beyond the limits."""
    number = _decimal(text)
    if len(text) > _ENDLESS_NUMBER or (number is not None and len(number.as_tuple().digits) > MAX_DIGITS):
        problem = f"has more than {MAX_DIGITS:,} digits"
    elif number is None or abs(number.adjusted()) > MAX_EXPONENT:
        problem = f"is not between 1e-{MAX_EXPONENT} and 1e{MAX_EXPONENT}"
    else:
        return
    raise InvalidInput(f"invalid JSON: the number {_shortened(text)} {problem}")


def _decimal(text: str) -> Decimal | None:
    """A number; None if a Decimal cannot hold it. Not of a text so long that it is refused for its length."""
    try:
        return Decimal(text) if len(text) <= _ENDLESS_NUMBER else None
    except InvalidOperation:
        return None


def _shortened(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}..."


def _check_carefully(text: str) -> None:
    """Raises `InvalidInput` for what is not JSON, and for half of a surrogate pair.

    Numbers that only a Decimal holds are no reason.
    """
    try:
        # Integers may have more digits than Python converts; they are not needed here.
        json.loads(text, parse_constant=_refuse_constant, parse_int=float)
    except (ValueError, RecursionError) as error:
        raise _invalid(error) from None
    half = next((match[1] for match in _HALF_PAIR.finditer(text) if match[1]), None)
    if half is not None:
        raise InvalidInput(f"invalid JSON: {half} is a lone surrogate, which UTF-8 cannot hold")


def _invalid(error: Exception) -> InvalidInput:
    return error if isinstance(error, InvalidInput) else InvalidInput(f"invalid JSON: {error}")


def _refuse_constant(name: str) -> Any:
    raise InvalidInput(f"{name} is not JSON")


def _number(text: str) -> float | Decimal:
    value = float(text)
    if repr(value) == text:
        return value
    exact = Decimal(text)
    return value if value not in (float("inf"), float("-inf")) and Decimal(repr(value)) == exact else exact


# `json.loads` would make one for each text.
_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_number)


def _integer(text: str) -> int | Decimal:
    """An integer; one of more digits than Python converts (4,300) is a Decimal."""
    try:
        return int(text)
    except ValueError:
        return Decimal(text)


def _pieces(value: Any) -> Iterator[str]:
    """Encodes a value in pieces, for values with a Decimal, which keeps its own digits."""
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
