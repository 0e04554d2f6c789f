"""Stores text of any size: short ones as they are, then compressed where that is smaller, then split into parts.

A compressed text is a zlib stream without a preset dictionary: one for code earns 1 to 2 % on code that it does not
come from (`make bench-texts`), and every reader would need the very version that wrote an item. A text of 256 bytes
to 4 KB may also be stored plain, as all were before such texts were compressed.

The parts have a partition of their own, so that reading a list or the item itself does not pay for them. Their
sort keys contain a digest of the text: a replaced text gets new parts, and a reader never mixes two texts.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from typing import Any

from api.dynamodb.codec.item_size import WireItem, WireValue, to_wire_binary
from api.dynamodb.errors import Corrupt, InvalidInput
from api.dynamodb.schema import keys
from api.dynamodb.schema.entities import PART, PK, SK, TEXT_BYTES, TEXT_DIGEST, TEXT_PARTS, TEXT_REVISION, TTL

# Code of this length becomes 60 % of its bytes, for 20 microseconds of CPU; shorter texts gain little.
COMPRESSED_FROM = 256
# What an item holds of one text, plain or compressed.
INLINE_BYTES = 4096
PART_BYTES = 400_000
PIECE_BYTES = 1 << 16
_COMPRESSION_LEVEL = 6
# Deflate writes at least one byte for 1,032 bytes of text, so no text that `pack` stores in its item is longer.
_MAX_INLINE_TEXT = 1032 * INLINE_BYTES
# A reference without a length, as they once were, allows for more than any column of the source holds in practice.
_MAX_TEXT = 1 << 30
_MISSING = "a part of a large text is missing"
_TOO_EARLY = "a large text ends too early"
_TOO_LONG = "a compressed text is longer than any that is stored in its item"
_NOT_THE_SAME = "a large text does not match its digest"


def check_utf8(text: str) -> bytes:
    """The text's bytes. Raises `InvalidInput` for one that UTF-8 cannot hold."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise InvalidInput("holds a lone surrogate, which UTF-8 cannot hold") from None


def pack(
    owner: str, attribute: str, text: str, parts: list[WireItem], expires_at: int | None = None
) -> dict[str, Any]:
    """The attribute value that represents a text in its item.

    `owner` names the item (`RUN#7`) and `attribute` the attribute's short name. Parts are appended to `parts`
    as complete items, with the TTL `expires_at` (epoch seconds) if the owner expires. Raises `InvalidInput` for
    a text that UTF-8 cannot hold.
    """
    if len(text) < COMPRESSED_FROM and text.isascii():
        return {"S": text}
    data = check_utf8(text)
    if len(data) < COMPRESSED_FROM:
        return {"S": text}
    packed = zlib.compress(data, _COMPRESSION_LEVEL)
    if len(packed) >= len(data) <= INLINE_BYTES:
        return {"S": text}
    if len(packed) <= INLINE_BYTES:
        return {"B": to_wire_binary(packed)}
    digest = blake2b(data, digest_size=8).hexdigest()
    pieces = [packed[start : start + PART_BYTES] for start in range(0, len(packed), PART_BYTES)]
    pk = keys.parts_pk(owner)
    for number, piece in enumerate(pieces):
        part: WireItem = {
            PK: {"S": pk},
            SK: {"S": keys.part_sk(attribute, digest, number)},
            PART: {"B": to_wire_binary(piece)},
        }
        if expires_at is not None:
            part[TTL] = {"N": str(expires_at)}
        parts.append(part)
    return {
        "M": {
            TEXT_DIGEST: {"S": digest},
            TEXT_PARTS: {"N": str(len(pieces))},
            TEXT_BYTES: {"N": str(len(data))},
        }
    }


def is_external(value: WireValue) -> bool:
    """Whether the text is stored in parts outside its item."""
    return "M" in value


def text_bytes(value: WireValue) -> int | None:
    """How many bytes of UTF-8 a text has, without reading its parts.

    None for an external text that was stored before lengths were recorded.
    """
    if not is_external(value):
        return sum(map(len, stream_inline(value)))
    length = value["M"].get(TEXT_BYTES)
    return None if length is None else int(length["N"])


def part_keys(owner: str, attribute: str, value: WireValue) -> list[tuple[str, str]]:
    """(PK, SK) of the parts of an external value, in order; empty for other values."""
    if not is_external(value):
        return []
    reference = value["M"]
    pk = keys.parts_pk(owner)
    name = reference[TEXT_DIGEST]["S"]
    if TEXT_REVISION in reference:
        name = f"{name}.{reference[TEXT_REVISION]['S']}"
    return [(pk, keys.part_sk(attribute, name, n)) for n in range(int(reference[TEXT_PARTS]["N"]))]


def external_part_keys(owner: str, item: WireItem) -> list[tuple[str, str]]:
    """(PK, SK) of the parts of all external texts of an item, whatever it is."""
    return [key for name, value in item.items() for key in part_keys(owner, name, value)]


def stamp(item: WireItem, parts: Iterable[WireItem], revision: str) -> None:
    """Adds `revision` to the keys of an item's new parts, so that no other writer has the same keys.

    A writer may then always delete the parts of a text that it replaced or failed to store, even if another
    writer stores the same text in the same item at the same time.
    """
    for part in parts:
        attribute, digest, number = part[SK]["S"].split("#")
        part[SK] = {"S": keys.part_sk(attribute, f"{digest}.{revision}", int(number))}
        item[attribute]["M"][TEXT_REVISION] = {"S": revision}


def unpack_inline(value: WireValue) -> str:
    """The text of an inline value, plain or compressed. Raises `Corrupt` for one that `pack` would not store there."""
    if "S" in value:
        return str(value["S"])
    data = _decompress(base64.b64decode(value["B"]), _MAX_INLINE_TEXT)
    if len(data) > _MAX_INLINE_TEXT:
        raise Corrupt(_TOO_LONG)
    return data.decode()


def stream_inline(value: WireValue, *, piece_bytes: int = PIECE_BYTES) -> Iterator[bytes]:
    """The bytes of an inline text, in pieces of at most `piece_bytes`.

    4 KB of compressed bytes may hold 4 MB of text. Raises `Corrupt` before there is more.
    """
    if "S" in value:
        data = value["S"].encode()
        yield from (data[start : start + piece_bytes] for start in range(0, len(data), piece_bytes))
    else:
        length = 0
        for piece in _inflated(zlib.decompressobj(), base64.b64decode(value["B"]), piece_bytes):
            length += len(piece)
            if length > _MAX_INLINE_TEXT:
                raise Corrupt(_TOO_LONG)
            yield piece


def unpack_parts(value: WireValue, parts: Iterable[Mapping[str, WireValue] | None]) -> str:
    """The text of an external value, from its parts in order.

    Raises `Corrupt` when a part is missing or the text is not the one that was stored.
    """
    pieces = []
    for part in parts:
        if part is None:
            raise Corrupt(_MISSING)
        pieces.append(base64.b64decode(part[PART]["B"]))
    data = _decompress(b"".join(pieces), _recorded_bytes(value))
    if blake2b(data, digest_size=8).hexdigest() != value["M"][TEXT_DIGEST]["S"]:
        raise Corrupt(_NOT_THE_SAME)
    return data.decode()


def stream_parts(
    value: WireValue, parts: Iterable[Mapping[str, WireValue] | None], *, piece_bytes: int = PIECE_BYTES
) -> Iterator[bytes]:
    """The bytes of an external text in pieces, decompressed while its parts arrive, in order.

    Memory holds one part and two pieces of at most `piece_bytes`. The last piece is returned only after the
    text matched its digest, so that a damaged text never looks complete. Raises like `unpack_parts`, in the
    middle of the stream.
    """
    inflate, digest = zlib.decompressobj(), blake2b(digest_size=8)
    previous = b""
    length, most_bytes = 0, _recorded_bytes(value)
    for part in parts:
        if part is None:
            raise Corrupt(_MISSING)
        for piece in _inflated(inflate, base64.b64decode(part[PART]["B"]), piece_bytes):
            digest.update(piece)
            length += len(piece)
            if length > most_bytes:
                raise Corrupt(_NOT_THE_SAME)
            if previous:
                yield previous
            previous = piece
    if not inflate.eof:
        raise Corrupt(_TOO_EARLY)
    if inflate.unused_data or digest.hexdigest() != value["M"][TEXT_DIGEST]["S"]:
        raise Corrupt(_NOT_THE_SAME)
    if previous:
        yield previous


def beginning(first_part: Mapping[str, WireValue], most_bytes: int) -> str:
    """The first characters of an external text, from its first part: at most `most_bytes` of UTF-8.

    They are not checked against the digest, which covers the complete text. Raises `Corrupt`.
    """
    try:
        data = zlib.decompressobj().decompress(base64.b64decode(first_part[PART]["B"]), most_bytes)
    except zlib.error as error:
        raise Corrupt(f"a large text cannot be decompressed: {error}") from None
    # The last character may be incomplete.
    return data.decode(errors="ignore")


def _recorded_bytes(value: WireValue) -> int:
    """How many bytes an external text may have."""
    length = text_bytes(value)
    return _MAX_TEXT if length is None else length


def _decompress(packed: bytes, most_bytes: int) -> bytes:
    """The bytes of a text; `most_bytes` and one if it has more, the rest is not decompressed. Raises `Corrupt`."""
    inflate = zlib.decompressobj()
    try:
        data = inflate.decompress(packed, most_bytes + 1)
    except zlib.error as error:
        raise Corrupt(f"a large text cannot be decompressed: {error}") from None
    if not inflate.eof and len(data) <= most_bytes:
        raise Corrupt(_TOO_EARLY)
    return data


def _inflated(inflate: zlib._Decompress, data: bytes, piece_bytes: int) -> Iterator[bytes]:
    """Decompresses the next bytes of a text, in pieces."""
    try:
        while not inflate.eof and (piece := inflate.decompress(data, piece_bytes)):
            yield piece
            data = inflate.unconsumed_tail
    except zlib.error as error:
        raise Corrupt(f"a large text cannot be decompressed: {error}") from None
