"""A move in parts: the part that a process moves, and the ranges of keys that divide each table among the parts."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MOST_PARTS = 256
# The sort key of the greatest row of a group, such as a user's last usage log.
LAST_ID = 2**63 - 1


@dataclass(frozen=True)
class Part:
    """Part `number` of `count`, counted from 1."""

    number: int
    count: int

    @property
    def is_last(self) -> bool:
        """Whether no part follows."""
        return self.number == self.count

    def option(self) -> str:
        """The part as on the command line."""
        return f"--part {self.number}/{self.count}"

    def __str__(self) -> str:
        return f"part {self.number} of {self.count}"


def part(text: str) -> Part:
    """The part `2/3`, for argparse. Raises `ArgumentTypeError`."""
    match = re.fullmatch(r"([0-9]{1,4})/([0-9]{1,4})", text)
    number, count = (int(match[1]), int(match[2])) if match else (0, 0)
    if not 1 <= number <= count <= MOST_PARTS:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a part K/N of N parts, such as 2/3, with at most {MOST_PARTS} parts"
        )
    return Part(number, count)


@dataclass(frozen=True)
class KeyRange:
    """The rows whose first key column is above `after`, up to and including `until`; None is no limit.

    The first key column is the row's id, or the user's id of a usage log: all logs of a user are in one range.
    """

    after: int | None = None
    until: int | None = None

    def start(self, key_columns: int) -> tuple[int, ...] | None:
        """The key after which the range begins, of so many columns; None for the beginning of the table."""
        return None if self.after is None else _last_of(self.after, key_columns)

    def end(self, last_key: tuple[int, ...]) -> tuple[int, ...]:
        """The key up to which the range is read in a table that ends with `last_key`."""
        return last_key if self.until is None else min(_last_of(self.until, len(last_key)), last_key)


def _last_of(first_column: int, key_columns: int) -> tuple[int, ...]:
    return (first_column, LAST_ID) if key_columns > 1 else (first_column,)


WHOLE_TABLE = KeyRange()


@dataclass(frozen=True)
class PartBounds:
    """Where the parts of a job divide each step's table: the keys at which parts 1 to N-1 end, in order.

    They are settled once, when the job begins. Rows that are added later belong to the part of their key.
    """

    count: int
    ends: Mapping[str, Sequence[int]]

    def range_of(self, part: Part, step: str) -> KeyRange:
        """The keys of a step's rows that belong to a part."""
        ends = self.ends[step]
        return KeyRange(
            None if part.number == 1 else ends[part.number - 2],
            None if part.is_last else ends[part.number - 1],
        )

    def parts(self) -> list[Part]:
        """All parts, in order."""
        return [Part(number, self.count) for number in range(1, self.count + 1)]


def join_numbers(numbers: Sequence[int]) -> str:
    """Numbers as a list in a sentence, such as `1, 3 and 4`."""
    texts = [str(number) for number in numbers]
    return " and ".join(filter(None, [", ".join(texts[:-1]), *texts[-1:]]))
