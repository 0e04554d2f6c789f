"""Values of source rows as the table should hold them: texts, numbers, moments, and what is compared folded.

Written apart from the service's codec and keys, so that an error in them is not repeated.
"""

from __future__ import annotations

import unicodedata
from datetime import datetime, timedelta
from decimal import Context, Decimal
from hashlib import blake2b
from typing import Any

from migration.mapping import Row

Record = dict[str, Any]

INLINE_BYTES = 4096
NO_TIME = "0001-01-01T00:00:00.000000"
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  (texts of the source are UTC without saying so)
_MICROSECOND = timedelta(microseconds=1)
_PLAIN_DIGITS = 20
_EVERY_DIGIT = Context(prec=1_000)
_TRUE, _FALSE = {"BOOL": True}, {"BOOL": False}


class Unmovable(Exception):
    """A row that no item can stand for; it should be in the dead-letter file."""


def digest_of(data: bytes) -> str:
    """The 64-bit digest by which a large text is known."""
    return blake2b(data, digest_size=8).hexdigest()


def text_value(text: str) -> dict[str, Any]:
    """A large text in a record: itself up to 4 KB, its digest above."""
    if len(text) <= INLINE_BYTES and (text.isascii() or len(text.encode()) <= INLINE_BYTES):
        return {"S": text}
    return {"D": digest_of(text.encode())}


def moment(text: str) -> datetime | None:
    """A DATETIME's text; None for a zero date, whole or in part."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        if "-00" in text[4:10] or text.startswith("0000-"):
            return None
        raise Unmovable(f"{text[:40]!r} is not a moment") from None


def micros(when: datetime) -> int:
    """Microseconds since 1970."""
    return (when - _EPOCH) // _MICROSECOND


def boolean(text: str | None) -> dict[str, bool]:
    """A tinyint(1) that holds a boolean; any other is unmovable."""
    if text == "1":
        return _TRUE
    if text == "0":
        return _FALSE
    raise Unmovable(f"a boolean is {text}")


def need(row: Row, *positions: int) -> None:
    """Raises `Unmovable` for a NULL in a column that cannot be without a value."""
    for position in positions:
        if row[position] is None:
            raise Unmovable(f"column {position + 1} is NULL")


def texts(record: Record, **values: str | None) -> None:
    """Adds texts; NULL adds nothing, '' does."""
    for name, value in values.items():
        if value is not None:
            record[name] = {"S": value}


def numbers(record: Record, **values: str | None) -> None:
    """Adds numbers as MySQL prints them."""
    for name, value in values.items():
        if value is not None:
            record[name] = {"N": value}


def fraction(text: str) -> str:
    """One text for equal numbers, with all their digits: 1.0 is 1, -0 is 0. Raises ValueError for what is no number.

    No float comes into it, so that digits lost on the way through one are seen.
    """
    try:
        number = Decimal(text)
        if not number:
            return "0"
        number = number.normalize(_EVERY_DIGIT)
    except ArithmeticError:
        raise ValueError(f"{text[:60]!r} is not a number") from None
    if not number.is_finite():
        raise ValueError(f"{text[:60]!r} is not a number")
    return f"{number:f}" if abs(number.adjusted()) < _PLAIN_DIGITS else str(number)


def large(record: Record, **values: str | None) -> None:
    """Adds texts that may be large."""
    for name, value in values.items():
        if value is not None:
            record[name] = text_value(value)


def times(record: Record, **values: str | None) -> None:
    """Adds moments; a zero date adds nothing."""
    for name, value in values.items():
        when = None if value is None else moment(value)
        if when is not None:
            record[name] = {"N": str(micros(when))}


def place(text: str | None, row_id: str) -> str:
    """Time and id as they stand in sort keys."""
    when = None if text is None else moment(text)
    stamp = NO_TIME if when is None else when.isoformat(timespec="microseconds")
    return f"{stamp}#{row_id.zfill(16)}"


def fold(text: str) -> str:
    """E-mails, platforms, numbers, tags and difficulties are compared in this form."""
    return unicodedata.normalize("NFC", text.strip()).casefold()


def in_key(text: str) -> str:
    """A folded text inside a key, where # separates."""
    return fold(text).replace("%", "%25").replace("#", "%23")
