"""Large text is not an error: up to 4 KB it stays as it is, then it is compressed, then split into parts.

The parts of a text stand in a partition of their own, so that a page of a list or the
item itself never pays for them. Their sort keys carry a digest of the text: a text that
is replaced gets new parts, and a reader never mixes two of them.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from typing import Any

from api.dynamodb import keys
from api.dynamodb.entities import PART, PK, SK, TTL
from api.dynamodb.errors import Corrupt, InvalidInput
from api.dynamodb.item_size import WireItem, WireValue, to_wire_binary

INLINE_BYTES = 4096
PART_BYTES = 400_000
PIECE_BYTES = 1 << 16
_COMPRESSION_LEVEL = 6
_MISSING = "a part of a large text is missing"
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
    """The attribute value that stands for a text in its item.

    `owner` names the item (`RUN#7`) and `attribute` the attribute's short name; parts that the
    text needs are appended to `parts` as whole items, with the TTL `expires_at` (epoch seconds)
    if the owner expires. Raises `InvalidInput` for a text that UTF-8 cannot hold.
    """
    if len(text) <= INLINE_BYTES and text.isascii():
        return {"S": text}
    data = check_utf8(text)
    if len(data) <= INLINE_BYTES:
        return {"S": text}
    packed = zlib.compress(data, _COMPRESSION_LEVEL)
    if len(packed) <= INLINE_BYTES:
        return {"B": to_wire_binary(packed)}
    digest = blake2b(data, digest_size=8).hexdigest()
    pieces = [packed[start : start + PART_BYTES] for start in range(0, len(packed), PART_BYTES)]
    for number, piece in enumerate(pieces):
        part: WireItem = {
            PK: {"S": keys.check_partition_key(keys.parts_pk(owner))},
            SK: {"S": keys.part_sk(attribute, digest, number)},
            PART: {"B": to_wire_binary(piece)},
        }
        if expires_at is not None:
            part[TTL] = {"N": str(expires_at)}
        parts.append(part)
    return {"M": {"d": {"S": digest}, "n": {"N": str(len(pieces))}, "l": {"N": str(len(data))}}}


def is_external(value: WireValue) -> bool:
    """Whether the text stands in parts outside its item."""
    return "M" in value


def text_bytes(value: WireValue) -> int | None:
    """How many bytes of UTF-8 a text has, without reading its parts.

    None for an external text that was stored when lengths were not recorded yet.
    """
    if not is_external(value):
        return sum(map(len, stream_inline(value)))
    length = value["M"].get("l")
    return None if length is None else int(length["N"])


def part_keys(owner: str, attribute: str, value: WireValue) -> list[tuple[str, str]]:
    """(PK, SK) of the parts that an external value refers to, in order; empty for other values."""
    if not is_external(value):
        return []
    reference = value["M"]
    pk = keys.parts_pk(owner)
    name = reference["d"]["S"]
    if "r" in reference:
        name = f"{name}.{reference['r']['S']}"
    return [(pk, keys.part_sk(attribute, name, n)) for n in range(int(reference["n"]["N"]))]


def stamp(item: WireItem, parts: Iterable[WireItem], revision: str) -> None:
    """Gives the parts that were just packed for an item keys of their own, which no other writer uses.

    With it, a writer may always remove the parts of the text it replaced or failed to store, even
    when another one stores the same text in the same item at that moment.
    """
    for part in parts:
        attribute, digest, number = part[SK]["S"].split("#")
        part[SK] = {"S": f"{attribute}#{digest}.{revision}#{number}"}
        item[attribute]["M"]["r"] = {"S": revision}


def unpack_inline(value: WireValue) -> str:
    """The text of a value that stands in its item, plain or compressed."""
    if "S" in value:
        return str(value["S"])
    return zlib.decompress(base64.b64decode(value["B"])).decode()


def stream_inline(value: WireValue, *, piece_bytes: int = PIECE_BYTES) -> Iterator[bytes]:
    """The bytes of a text that stands in its item, in pieces of at most `piece_bytes`.

    4 KB of compressed bytes may stand for 4 MB of text.
    """
    if "S" in value:
        data = value["S"].encode()
        yield from (data[start : start + piece_bytes] for start in range(0, len(data), piece_bytes))
    else:
        yield from _inflated(zlib.decompressobj(), base64.b64decode(value["B"]), piece_bytes)


def unpack_parts(value: WireValue, parts: Iterable[Mapping[str, WireValue] | None]) -> str:
    """The text of an external value, from its parts in order.

    Raises `Corrupt` when a part is missing or the text is not the one that was stored.
    """
    pieces = []
    for part in parts:
        if part is None:
            raise Corrupt(_MISSING)
        pieces.append(base64.b64decode(part[PART]["B"]))
    try:
        data = zlib.decompress(b"".join(pieces))
    except zlib.error as error:
        raise Corrupt(f"a large text cannot be decompressed: {error}") from None
    if blake2b(data, digest_size=8).hexdigest() != value["M"]["d"]["S"]:
        raise Corrupt(_NOT_THE_SAME)
    return data.decode()


def stream_parts(
    value: WireValue, parts: Iterable[Mapping[str, WireValue] | None], *, piece_bytes: int = PIECE_BYTES
) -> Iterator[bytes]:
    """The bytes of an external text in pieces, while its parts come in, in order.

    A part, and two pieces of at most `piece_bytes`, are all that is held. The last piece is handed out when
    the whole text matched its digest, so that a text that does not is never taken for whole. Raises as
    `unpack_parts`, in the middle of the stream.
    """
    inflate, digest = zlib.decompressobj(), blake2b(digest_size=8)
    held = b""
    for part in parts:
        if part is None:
            raise Corrupt(_MISSING)
        for piece in _inflated(inflate, base64.b64decode(part[PART]["B"]), piece_bytes):
            digest.update(piece)
            if held:
                yield held
            held = piece
    if not inflate.eof:
        raise Corrupt("a large text ends before its end")
    if inflate.unused_data or digest.hexdigest() != value["M"]["d"]["S"]:
        raise Corrupt(_NOT_THE_SAME)
    if held:
        yield held


def beginning(first_part: Mapping[str, WireValue], most_bytes: int) -> str:
    """The first characters of an external text, out of its first part: at most `most_bytes` of UTF-8.

    They are not compared with the text's digest, which only the whole matches. Raises `Corrupt`.
    """
    try:
        data = zlib.decompressobj().decompress(base64.b64decode(first_part[PART]["B"]), most_bytes)
    except zlib.error as error:
        raise Corrupt(f"a large text cannot be decompressed: {error}") from None
    # The last character may be cut in two.
    return data.decode(errors="ignore")


def _inflated(inflate: zlib._Decompress, data: bytes, piece_bytes: int) -> Iterator[bytes]:
    """What the next bytes of a compressed text are, in pieces."""
    try:
        while not inflate.eof and (piece := inflate.decompress(data, piece_bytes)):
            yield piece
            data = inflate.unconsumed_tail
    except zlib.error as error:
        raise Corrupt(f"a large text cannot be decompressed: {error}") from None
