"""One data file: items as DynamoDB JSON, `{"Item": {...}}` a line, compressed with gzip, as ImportTable reads it."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import asdict, dataclass
from typing import Any, Self

import orjson

from api.dynamodb.codec.item_size import WireItem
from migration.files.destination import Destination

DATA = "data/"
_GZIP = 16 + zlib.MAX_WBITS
# Most bytes of an item are texts that are compressed already: a higher level takes twice the time for 2 % less.
_LEVEL = 3


def line_of(item: WireItem) -> bytes:
    """An item as a line of a file. Its length is what ImportTable charges for."""
    return orjson.dumps({"Item": item}, option=orjson.OPT_APPEND_NEWLINE)


@dataclass(frozen=True)
class DataFile:
    """A finished file. `bytes` is its size before compression, `sha256` of the file as it is stored.

    It holds the rows of the source whose keys come after `after`, up to `last`; both are empty for the job's own file.
    """

    name: str
    step: str
    items: int
    bytes: int
    compressed: int
    sha256: str
    after: tuple[int, ...] = ()
    last: tuple[int, ...] = ()

    @classmethod
    def of(cls, entry: dict[str, Any]) -> Self:
        """A file as a manifest has it. Raises KeyError, TypeError or ValueError."""
        return cls(**{**entry, "after": tuple(entry["after"]), "last": tuple(entry["last"])})

    def as_json(self) -> dict[str, Any]:
        """The file for a manifest."""
        return asdict(self)


class DataFileWriter:
    """Writes one file. The same items make the same bytes: the header has neither a time nor a name."""

    def __init__(self, destination: Destination, name: str, step: str) -> None:
        self._sink = destination.create(name)
        self._name, self._step = name, step
        self._gzip = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
        self._digest = hashlib.sha256()
        self.items = self.bytes = self._compressed = 0

    def add(self, item: WireItem) -> None:
        """Appends an item."""
        line = line_of(item)
        self.items += 1
        self.bytes += len(line)
        self._store(self._gzip.compress(line))

    def _store(self, data: bytes) -> None:
        if data:
            self._digest.update(data)
            self._compressed += len(data)
            self._sink.write(data)

    def finish(self, after: tuple[int, ...] = (), last: tuple[int, ...] = ()) -> DataFile:
        """Ends the file, which is durable then, and returns what the manifest says of it."""
        self._store(self._gzip.flush())
        self._sink.finish()
        return DataFile(
            self._name, self._step, self.items, self.bytes, self._compressed, self._digest.hexdigest(), after, last
        )  # fmt: skip

    def abandon(self) -> None:
        """Drops the file."""
        self._sink.abandon()
