"""Turns the bytes of a result into the texts of rows: UTF-8, numbers without padding, times in UTC."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from pymysql.constants import FIELD_TYPE, FLAG

from migration.mapping import Row
from migration.rows import UndecodableRow

# By position, how a value is spelled otherwise than MySQL sends it.
Conversions = Sequence[tuple[int, Callable[[str], str]]]


def conversions(fields: Iterable[Any], zone: ZoneInfo | None) -> Conversions:
    """The conversions for a result's fields: ZEROFILL numbers lose their zeros, DATETIME of `zone` becomes UTC."""
    result: list[tuple[int, Callable[[str], str]]] = []
    for position, field in enumerate(fields):
        if field.flags & FLAG.ZEROFILL:
            result.append((position, unpadded))
        elif zone is not None and field.type_code in (FIELD_TYPE.DATETIME, FIELD_TYPE.DATE):
            result.append((position, partial(utc_text, zone=zone)))
    return result


def decoded(rows: Iterable[Sequence[bytes | None]], convert: Conversions = ()) -> Iterator[Row]:
    """The rows with each value as text; a row that is not UTF-8 becomes an `UndecodableRow`."""
    for row in rows:
        try:
            values = [None if value is None else value.decode() for value in row]
        except UnicodeDecodeError:
            values = UndecodableRow(row)
        for position, spell in convert:
            text = values[position]
            if text is not None:
                values[position] = spell(text)
        yield values


def unpadded(text: str) -> str:
    """A ZEROFILL number as it is written without ZEROFILL."""
    digits = text.lstrip("0")
    return digits if digits[:1].isdecimal() else f"0{digits}"


def utc_text(text: str, zone: ZoneInfo) -> str:
    """A local time in UTC; of an hour that occurs twice, the first.

    What is no time remains as it is, and a time whose UTC is outside the years 1 to 9999 gets the zone's name in
    front: its row becomes a dead letter.
    """
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        return text
    try:
        return local.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None).isoformat(" ")
    except OverflowError:
        return f"{zone.key} {text}"
