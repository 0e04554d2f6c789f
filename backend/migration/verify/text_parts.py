"""Assembles large texts from their parts in the order of a scan, in memory that does not grow with the texts.

Each part is decompressed at once; only the state of unfinished texts is kept. Texts that are
still unfinished after a scan are fetched again by key. The result is one record for each
complete text, which is matched with the record of each reference to a text.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from typing import Any, NamedTuple

from api.dynamodb.schema.entities import PART, PK, SK, TTL
from migration.verify.digest import hash_of
from migration.verify.item_kinds import TEXT_BUCKETS, TEXTS, Bucket

_PIECE = 1 << 20
_MAX_OPEN = 16


def text_bucket(pk: str) -> Bucket:
    """The bucket of a partition of text parts."""
    return TEXTS, zlib.crc32(pk.encode("utf-8", "surrogatepass")) % TEXT_BUCKETS


def text_record(pk: str, name: str, parts: str, ttl: str, length: str) -> str:
    """The record of a complete text or of a reference to one; `name` is attribute#digest, `ttl` may be empty.

    `length` is the text's size in bytes; it is empty in references that were stored before they had one.
    """
    return f"{pk}\n{name}\n{parts}\n{ttl}\n{length}"


class TextRecord(NamedTuple):
    """The fields of a text's record."""

    pk: str
    name: str
    parts: str
    ttl: str
    length: str

    @classmethod
    def parse(cls, record: str) -> TextRecord:
        """Parses a record of `text_record`."""
        return cls(*record.split("\n")[:5])

    @property
    def owner(self) -> str:
        """The item and the attribute of the text, such as `RUN#1 cod`."""
        return f"{self.pk[4:]} {self.name.partition('#')[0]}"


def text_hash(record: str) -> int:
    """The hash of a text's record."""
    return hash_of(record.encode("utf-8", "surrogatepass"))


def without_length(record: str) -> str:
    """The record of a text as in a reference without a length."""
    return record[: record.rindex("\n") + 1]


class _PartialText:
    """A text whose parts are still arriving."""

    __slots__ = ("digest", "inflate", "length", "parts", "ttl")

    def __init__(self, ttl: str) -> None:
        self.parts = 0
        self.length = 0
        self.ttl = ttl
        self.inflate = zlib.decompressobj()
        self.digest = blake2b(digest_size=8)

    def feed(self, data: bytes) -> None:
        """Adds the next part. Raises zlib.error for invalid compressed data."""
        self.parts += 1
        while data:
            self._take(self.inflate.decompress(data, _PIECE))
            data = self.inflate.unconsumed_tail
        # A decompressor may have more output when its input is used up.
        while not self.inflate.eof and (more := self.inflate.decompress(b"", _PIECE)):
            self._take(more)

    def _take(self, data: bytes) -> None:
        self.length += len(data)
        self.digest.update(data)


class TextAssembler:
    """Assembles the texts of one segment. Calls `done` with (partition key, record) for each complete text.

    Calls `unfinished` with (partition key, name), once or more often, for each text whose parts do not come in order,
    are not all there or are not the text. At most 16 texts are open at a time.
    """

    def __init__(self, done: Callable[[str, str], None], unfinished: Callable[[str, str], None]) -> None:
        self._done = done
        self._unfinished = unfinished
        self._open: dict[tuple[str, str], _PartialText] = {}
        self._ended: tuple[str, str] | None = None

    def add(self, item: dict[str, Any]) -> bool:
        """Adds a part. Returns False for an item that is not one; its keys have the form of a part's."""
        pk, sk = item[PK]["S"], item[SK]["S"]
        name, _, number = sk.rpartition("#")
        key = (pk, name)
        try:
            ttl = item[TTL]["N"] if TTL in item else ""
            data = base64.b64decode(item[PART]["B"], validate=True)
        except (KeyError, TypeError, ValueError, AttributeError):
            return False
        if len(item) != (4 if ttl else 3):
            return False
        text = self._open.get(key)
        if text is None:
            text = _PartialText(ttl)
            if int(number) == 0 and key != self._ended:
                self._make_room()
                self._open[key] = text
        if int(number) != text.parts or ttl != text.ttl or key == self._ended:
            self._give_up(key)
            return True
        try:
            text.feed(data)
        except zlib.error:
            self._give_up(key)
            return True
        if text.inflate.eof:
            del self._open[key]
            self._ended = key
            if text.inflate.unused_data or text.digest.hexdigest() != digest_in(name):
                self._unfinished(*key)
            else:
                self._done(pk, text_record(pk, name, str(text.parts), ttl, str(text.length)))
        return True

    def _make_room(self) -> None:
        if len(self._open) >= _MAX_OPEN:
            self._give_up(next(iter(self._open)))

    def _give_up(self, key: tuple[str, str]) -> None:
        self._open.pop(key, None)
        self._unfinished(*key)

    def end(self) -> None:
        """Ends the segment."""
        for key in list(self._open):
            self._give_up(key)


def digest_in(name: str) -> str:
    """The digest in a text's name, without the revision that may follow it."""
    return name.partition("#")[2].partition(".")[0]


def examine(pk: str, name: str, parts: Iterable[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yields (record, problem) of a text from its parts in order; nothing when there are no parts.

    The problem is empty for a complete text; otherwise it is also part of the record, which matches nothing.
    """
    text: _PartialText | None = None
    problem = ""
    for item in parts:
        sk = item[SK]["S"]
        number = sk.rpartition("#")[2]
        ttl = item[TTL]["N"] if TTL in item else ""
        if text is None:
            text = _PartialText(ttl)
        if problem:
            continue
        if text.inflate.eof:
            problem = f"part {number} comes after the text's end"
        elif number != f"{text.parts:04}":
            problem = f"part {text.parts:04} is missing"
        elif len(item) != (4 if ttl else 3):
            problem = f"part {number} is damaged"
        elif ttl != text.ttl:
            problem = f"part {number} has ttl {ttl or 'none'}, the first one {text.ttl or 'none'}"
        else:
            try:
                text.feed(base64.b64decode(item[PART]["B"], validate=True))
            except (zlib.error, ValueError, KeyError, TypeError):
                problem = f"part {number} is damaged"
    if text is None:
        return
    if not problem and not text.inflate.eof:
        problem = f"part {text.parts:04} is missing"
    if not problem and (text.inflate.unused_data or text.digest.hexdigest() != digest_in(name)):
        problem = "the text does not have the digest in its key"
    record = text_record(pk, name, str(text.parts), text.ttl, str(text.length))
    yield (f"{record}\n{problem}" if problem else record), problem
