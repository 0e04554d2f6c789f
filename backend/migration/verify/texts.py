"""Puts the parts of large texts together as a scan meets them, in memory that does not grow with the texts.

A part's compressed bytes go through a decompressor at once and only the state of unfinished
texts is kept. What a scan leaves unfinished is fetched again by key. The result is one record
for each whole text, to be matched with one for each reference that an item makes to a text.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from typing import Any

from migration.verify.kinds import TEXT_BUCKETS, TEXTS, Bucket

_PIECE = 1 << 20


def text_bucket(pk: str) -> Bucket:
    """The bucket of everything in a partition of text parts."""
    return TEXTS, zlib.crc32(pk.encode("utf-8", "surrogatepass")) % TEXT_BUCKETS


def text_record(pk: str, name: str, parts: str, ttl: str, length: str) -> str:
    """A whole text, or a reference to one; `name` is attribute#digest, `ttl` is empty for none.

    `length` is the text's in bytes; references that were stored before lengths were have an empty one.
    """
    return f"{pk}\n{name}\n{parts}\n{ttl}\n{length}"


def without_length(record: str) -> str:
    """A text's record as the reference to it stands that does not say how long the text is."""
    return record[: record.rindex("\n") + 1]


class _Text:
    """A text whose parts are coming in."""

    __slots__ = ("digest", "inflate", "length", "parts", "ttl")

    def __init__(self, ttl: str) -> None:
        self.parts = 0
        self.length = 0
        self.ttl = ttl
        self.inflate = zlib.decompressobj()
        self.digest = blake2b(digest_size=8)

    def feed(self, data: bytes) -> None:
        """Takes the next part. Raises zlib.error for bytes that are not of a compressed text."""
        self.parts += 1
        while data:
            self._take(self.inflate.decompress(data, _PIECE))
            data = self.inflate.unconsumed_tail
        # A decompressor may still hold output when its input is used up.
        while not self.inflate.eof and (more := self.inflate.decompress(b"", _PIECE)):
            self._take(more)

    def _take(self, data: bytes) -> None:
        self.length += len(data)
        self.digest.update(data)


class Texts:
    """Assembles the texts of one segment. `done` is called with (partition key, record) for each whole text."""

    def __init__(self, done: Callable[[str, str], None]) -> None:
        self._done = done
        self._open: dict[tuple[str, str], _Text] = {}
        self._ended: tuple[str, str] | None = None
        self.unfinished: set[tuple[str, str]] = set()

    def add(self, item: dict[str, Any]) -> None:
        """Takes a part. Raises KeyError, TypeError or ValueError for an item that is not one."""
        pk, sk = item["PK"]["S"], item["SK"]["S"]
        name, _, number = sk.rpartition("#")
        key = (pk, name)
        ttl = item["ttl"]["N"] if "ttl" in item else ""
        data = base64.b64decode(item["b"]["B"], validate=True)
        if len(item) != (4 if ttl else 3) or not number.isdecimal():
            raise ValueError("not a part of a text")
        if key in self.unfinished:
            return
        text = self._open.get(key)
        if text is None:
            text = _Text(ttl)
            if key != self._ended:
                self._open[key] = text
        if int(number) != text.parts or ttl != text.ttl or key == self._ended:
            self._give_up(key)
            return
        try:
            text.feed(data)
        except zlib.error:
            self._give_up(key)
            return
        if text.inflate.eof:
            del self._open[key]
            self._ended = key
            if text.inflate.unused_data or text.digest.hexdigest() != digest_in(name):
                self.unfinished.add(key)
            else:
                self._done(pk, text_record(pk, name, str(text.parts), ttl, str(text.length)))

    def _give_up(self, key: tuple[str, str]) -> None:
        self._open.pop(key, None)
        self.unfinished.add(key)

    def end(self) -> set[tuple[str, str]]:
        """Ends the segment: (partition key, name) of the texts that were not whole."""
        self.unfinished.update(self._open)
        self._open.clear()
        return self.unfinished


def digest_in(name: str) -> str:
    """The digest that a text's name carries (behind it may stand a revision)."""
    return name.partition("#")[2].partition(".")[0]


def examine(pk: str, name: str, parts: Iterable[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """(record, what is wrong) of a text whose parts were fetched in order; nothing is wrong with a whole one.

    Parts beyond the text's end and parts of another TTL make records of their own, which match nothing.
    """
    text: _Text | None = None
    problem = ""
    for item in parts:
        sk = item["SK"]["S"]
        number = sk.rpartition("#")[2]
        ttl = item["ttl"]["N"] if "ttl" in item else ""
        if text is None:
            text = _Text(ttl)
        if problem:
            continue
        if text.inflate.eof:
            problem = f"part {number} stands behind the text's end"
        elif not number.isdecimal() or int(number) != text.parts:
            problem = f"part {text.parts:04} is missing"
        elif ttl != text.ttl:
            problem = f"part {number} has ttl {ttl or 'none'}, the first one {text.ttl or 'none'}"
        else:
            try:
                text.feed(base64.b64decode(item["b"]["B"], validate=True))
            except (zlib.error, ValueError, KeyError, TypeError):
                problem = f"part {number} is damaged"
    if text is None:
        return
    if not problem and not text.inflate.eof:
        problem = f"part {text.parts:04} is missing"
    if not problem and (text.inflate.unused_data or text.digest.hexdigest() != digest_in(name)):
        problem = "the text is not the one that its key names"
    record = text_record(pk, name, str(text.parts), text.ttl, str(text.length))
    yield (f"{record}\n{problem}" if problem else record), problem
