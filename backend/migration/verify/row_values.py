"""Converts values of source rows to the form in which the table should store them.

This is independent of the service's codec and key builders, so that an error in them is not repeated here; which
JSON may be stored is the service's definition.
"""

from __future__ import annotations

import re
import unicodedata
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Context, Decimal
from hashlib import blake2b
from typing import Any

from migration.errors import BadRow
from migration.mapping import Row, read_json

Record = dict[str, Any]
# The stored attribute name of each field of a kind.
Attributes = Mapping[str, str]

INLINE_BYTES = 4096
_SLICE_CHARACTERS = 1 << 18
_BLANK_BEFORE_LINE_END = re.compile(r"[ \t\r]\n")
NO_TIME = "0001-01-01T00:00:00.000000"
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  (times in the source are UTC without an offset)
_MICROSECOND = timedelta(microseconds=1)
_PLAIN_DIGITS = 20
_ALL_DIGITS = Context(prec=1_000)
_TRUE, _FALSE = {"BOOL": True}, {"BOOL": False}


class Unmovable(Exception):
    """A row that cannot be stored as an item; it should be in the dead-letter file."""


def digest_of(data: bytes) -> str:
    """The 64-bit digest that identifies a large text."""
    return blake2b(data, digest_size=8).hexdigest()


def text_value(text: str) -> dict[str, Any]:
    """A large text in a record: the text itself up to 4 KB, its digest beyond that.

    Raises UnicodeEncodeError for a text that UTF-8 cannot hold.
    """
    if len(text) <= INLINE_BYTES and (text.isascii() or len(text.encode()) <= INLINE_BYTES):
        return {"S": text}
    digest = blake2b(digest_size=8)
    for start in range(0, len(text), _SLICE_CHARACTERS):
        digest.update(text[start : start + _SLICE_CHARACTERS].encode())
    return {"D": digest.hexdigest()}


def parse_time(text: str) -> datetime | None:
    """Parses a DATETIME; None for a date with a zero year, month or day."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        if "-00" in text[4:10] or text.startswith("0000-"):
            return None
        raise Unmovable(f"{text[:40]!r} is not a time") from None


def micros(when: datetime) -> int:
    """Microseconds since 1970."""
    return (when - _EPOCH) // _MICROSECOND


def time_of(us: int) -> datetime:
    """The moment that is `us` microseconds after 1970. Raises OverflowError outside the years 1 to 9999."""
    return _EPOCH + us * _MICROSECOND


def whole(text: str) -> str:
    """A whole number in its plain spelling; a ZEROFILL column comes with zeros in front. Raises `Unmovable`."""
    if text.isdecimal() and text[0] != "0":
        return text
    try:
        return str(int(text))
    except ValueError:
        raise Unmovable(f"{text[:60]!r} is not a whole number") from None


def boolean(text: str | None) -> dict[str, bool]:
    """Converts a tinyint or BIT. Raises `Unmovable` unless its value is 0 or 1."""
    if text == "1":
        return _TRUE
    if text == "0":
        return _FALSE
    number = None if text is None else whole(text)
    if number in ("0", "1"):
        return _TRUE if number == "1" else _FALSE
    raise Unmovable(f"a boolean is {text}")


def require_values(row: Row, *positions: int) -> None:
    """Raises `Unmovable` for NULL at one of these positions."""
    for position in positions:
        if row[position] is None:
            raise Unmovable(f"column {position + 1} is NULL")


def add_texts(record: Record, attributes: Attributes, **values: str | None) -> None:
    """Adds texts by field name; NULL adds nothing, an empty text does."""
    for name, value in values.items():
        if value is not None:
            record[attributes[name]] = {"S": value}


def add_numbers(record: Record, attributes: Attributes, **values: str | None) -> None:
    """Adds whole numbers by field name. Raises `Unmovable` for another text."""
    for name, value in values.items():
        if value is not None:
            record[attributes[name]] = {"N": whole(value)}


def fraction(text: str) -> str:
    """The canonical text of a number, with all its digits: 1.0 is 1, -0 is 0. Raises ValueError for other texts.

    It avoids floats, so digits that were lost in a float show up as a difference.
    """
    try:
        number = Decimal(text)
        if not number:
            return "0"
        number = number.normalize(_ALL_DIGITS)
    except ArithmeticError:
        raise ValueError(f"{text[:60]!r} is not a number") from None
    if not number.is_finite():
        raise ValueError(f"{text[:60]!r} is not a number")
    return f"{number:f}" if abs(number.adjusted()) < _PLAIN_DIGITS else str(number)


def add_large_texts(record: Record, attributes: Attributes, **values: str | None) -> None:
    """Adds texts that may be large, by field name."""
    for name, value in values.items():
        if value is not None:
            record[attributes[name]] = text_value(value)


def compared_digest(output: str) -> str:
    """The digest of an expected output, without blanks at the ends of its lines and line feeds at its end."""
    output = output.rstrip(" \t\r\n")
    if _BLANK_BEFORE_LINE_END.search(output):
        output = "\n".join(line.rstrip(" \t\r") for line in output.split("\n"))
    digest = blake2b(digest_size=15)
    for start in range(0, len(output), _SLICE_CHARACTERS):
        digest.update(output[start : start + _SLICE_CHARACTERS].encode())
    return "1" + b64encode(digest.digest(), b"-_").decode()


def add_json(record: Record, attributes: Attributes, **values: str | None) -> None:
    """Adds JSON texts by field name. Raises `Unmovable` for JSON that the service does not store.

    Which JSON that is, is defined once for all; how it is stored is not taken from there.
    """
    for name, value in values.items():
        if value is not None:
            try:
                read_json(value)
            except BadRow as error:
                raise Unmovable(str(error)) from None
            record[attributes[name]] = text_value(value)


def add_times(record: Record, attributes: Attributes, **values: str | None) -> None:
    """Adds times by field name; a zero date adds nothing."""
    for name, value in values.items():
        when = None if value is None else parse_time(value)
        if when is not None:
            record[attributes[name]] = {"N": str(micros(when))}


def time_and_id(text: str | None, row_id: str) -> str:
    """The time and id part of a sort key."""
    when = None if text is None else parse_time(text)
    stamp = NO_TIME if when is None else when.isoformat(timespec="microseconds")
    return f"{stamp}#{row_id.zfill(16)}"


def fold(text: str) -> str:
    """Normalizes a platform, number, tag or difficulty for keys."""
    return unicodedata.normalize("NFC", text.strip()).casefold()


def key_part(text: str) -> str:
    """A folded text as a part of a key; # is escaped because it separates parts."""
    return fold(text).replace("%", "%25").replace("#", "%23")
