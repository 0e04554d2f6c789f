"""What a source of changes yields: keys of changed rows and ends of transactions. Never values: rows are read again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import total_ordering
from typing import Protocol, Self

import pymysql

from config.environment import Source
from migration.errors import MigrationError
from migration.source.errors import can_continue, explain, may_come_back

# Values by which changes are grouped, as they are in an image of a row: an integer, or a time as text; None for NULL.
Group = tuple[int | str | None, ...]


class SourceRefused(MigrationError):
    """The source has something in its log that this reader must not pass over, or can no longer go on from here."""


class SourceLost(MigrationError):
    """The connection to the source was lost; it may come back."""


def source_failure(error: pymysql.Error, source: Source) -> SourceLost | SourceRefused:
    """What an error of MySQL's means: a connection that may come back, or something that has to be mended."""
    is_lost = can_continue(error) or may_come_back(error)
    return (SourceLost if is_lost else SourceRefused)(explain(error, source))


@total_ordering
@dataclass(frozen=True)
class Position:
    """A place in a binlog: a file and a byte offset. Files are ordered by number: bin.1000000 is after bin.999999."""

    file: str
    offset: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """The position that `str` wrote."""
        file, _, offset = text.rpartition(":")
        return cls(file, int(offset))

    def __str__(self) -> str:
        return f"{self.file}:{self.offset}"

    @property
    def number(self) -> int:
        """The number of the file."""
        return int(self.file.rpartition(".")[2])

    def __lt__(self, other: Position) -> bool:
        return (self.number, self.offset) < (other.number, other.offset)


@dataclass(frozen=True, slots=True)
class RowChange:
    """A changed row: its id, the id before if an update changed it, and the groups of its images."""

    table: str
    row_id: int
    former_id: int | None = None
    groups: tuple[Group, ...] = ()


@dataclass(frozen=True, slots=True)
class XaBegin:
    """The rows that follow, up to the next `Commit`, belong to an XA transaction that is only being prepared."""

    start: Position


@dataclass(frozen=True, slots=True)
class Commit:
    """The end of a transaction or of a single statement; everything before `position` was yielded.

    `time` is the server's, in epoch seconds. `xa` is empty, or the id of an XA transaction that was prepared, committed
    or rolled back, as `outcome` says. `gtid` is MariaDB's, empty where there is none.
    """

    position: Position
    time: int
    xa: str = ""
    outcome: str = ""
    gtid: str = ""


PREPARED, COMMITTED, ROLLED_BACK = "prepared", "committed", "rolled back"
# None: nothing has happened for a moment.
Event = RowChange | XaBegin | Commit | None


class ChangeSource(Protocol):
    """Yields what changed after a position, in the order of commits; never goes on with another connection by itself.

    Raises `SourceRefused` for what it does not understand, and `SourceLost` when the connection ends.
    """

    def events(self) -> Iterator[Event]:
        """What happened, without end unless the source was opened to read up to the present alone."""
        ...

    def close(self) -> None:
        """Ends the connection."""
        ...
