"""Large text: plain, compressed or in parts, and always one value to a reader."""

from __future__ import annotations

import base64
import random
import tracemalloc
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.dynamodb.codec.item_size import WireItem, item_size
from api.dynamodb.codec.large_text import (
    COMPRESSED_FROM,
    INLINE_BYTES,
    beginning,
    is_external,
    pack,
    part_keys,
    stamp,
    stream_inline,
    stream_parts,
    text_bytes,
    unpack_inline,
    unpack_parts,
)
from api.dynamodb.errors import Corrupt
from api.dynamodb.schema.entities import PART


def digits(count: int) -> str:
    return "".join(random.Random(7).choices("0123456789 \n", k=count))


@given(st.text(max_size=5000))
def test_a_text_comes_back_as_it_went_in(text: str) -> None:
    parts: list[WireItem] = []
    value = pack("RUN#7", "cod", text, parts)
    assert (unpack_parts(value, parts) if is_external(value) else unpack_inline(value)) == text


# Text of 534 bytes that compression does not shorten: all of ASCII at random, and some other characters.
NOISE = "".join(map(chr, random.Random(7).choices([*range(128)] * 8 + [*range(128, 0x800)], k=330)))


@pytest.mark.parametrize("text", ["", "x" * (COMPRESSED_FROM - 1), "정" * (COMPRESSED_FROM // 3)])
def test_a_short_text_stays_as_it_is(text: str) -> None:
    assert pack("RUN#7", "cod", text, []) == {"S": text}


def test_a_text_that_compression_makes_no_smaller_stays_as_it_is() -> None:
    assert len(NOISE.encode()) >= COMPRESSED_FROM
    assert pack("RUN#7", "cod", NOISE, []) == {"S": NOISE}


@pytest.mark.parametrize(
    "text", ["x" * COMPRESSED_FROM, "정" * (COMPRESSED_FROM // 3 + 1), "x" * (INLINE_BYTES + 1)]
)
def test_from_256_bytes_it_is_compressed(text: str) -> None:
    parts: list[WireItem] = []
    value = pack("RUN#7", "cod", text, parts)
    assert len(value["B"]) < 100
    assert parts == []
    assert unpack_inline(value) == text


def test_what_stays_large_is_split_into_parts_that_an_item_can_hold() -> None:
    text, parts = digits(3_000_000), list[WireItem]()
    value = pack("RUN#7", "cod", text, parts)
    assert len(parts) == int(value["M"]["n"]["N"]) > 1
    assert all(item_size(part) <= 409_600 for part in parts)
    assert [(p["PK"]["S"], p["SK"]["S"]) for p in parts] == part_keys("RUN#7", "cod", value)
    assert unpack_parts(value, parts) == text


def test_parts_expire_with_their_owner() -> None:
    parts: list[WireItem] = []
    pack("USE#7", "met", digits(20_000), parts, expires_at=99)
    assert [part["ttl"] for part in parts] == [{"N": "99"}]


def test_two_texts_of_one_attribute_never_share_a_part() -> None:
    first, second = list[WireItem](), list[WireItem]()
    pack("RUN#7", "cod", digits(20_000), first)
    pack("RUN#7", "cod", digits(20_001), second)
    assert first[0]["SK"] != second[0]["SK"]


def test_a_stamp_gives_equal_texts_of_two_writers_parts_of_their_own() -> None:
    text = digits(900_000)
    keys = []
    for revision in ("one", "two"):
        parts: list[WireItem] = []
        item: WireItem = {"cod": pack("RUN#7", "cod", text, parts), "lng": {"S": "go"}}
        stamp(item, parts, revision)
        keys.append([(p["PK"]["S"], p["SK"]["S"]) for p in parts])
        assert keys[-1] == part_keys("RUN#7", "cod", item["cod"])
        assert unpack_parts(item["cod"], parts) == text
    assert not set(keys[0]) & set(keys[1])


def test_a_missing_a_foreign_and_a_broken_part_are_found() -> None:
    parts, others = list[WireItem](), list[WireItem]()
    value = pack("RUN#7", "cod", digits(20_000), parts)
    pack("RUN#7", "cod", digits(20_001), others)
    with pytest.raises(Corrupt, match="missing"):
        unpack_parts(value, [None])
    with pytest.raises(Corrupt, match="digest"):
        unpack_parts(value, others)
    with pytest.raises(Corrupt, match="decompressed"):
        unpack_parts(value, [{"b": {"B": b"junk"}}])


def test_a_reference_says_how_long_its_text_is_unless_it_is_an_older_one() -> None:
    text = digits(20_000) + "정답"
    value = pack("RUN#7", "cod", text, [])
    assert text_bytes(value) == 20_000 + 6
    del value["M"]["l"]
    assert text_bytes(value) is None


@pytest.mark.parametrize(
    "text",
    ["", "x", NOISE, "정답" * 600, "x" * 3_000_000],
    ids=["none", "one", "plain", "short", "packed"],
)
def test_a_text_in_its_item_is_measured_and_streamed_without_being_whole(text: str) -> None:
    value = pack("RUN#7", "cod", text, [])
    assert not is_external(value)
    assert text_bytes(value) == len(text.encode())
    pieces = list(stream_inline(value, piece_bytes=1_000))
    assert b"".join(pieces).decode() == text
    assert all(len(piece) <= 1_000 for piece in pieces)


@settings(deadline=None, max_examples=40)
@given(st.integers(5_000, 40_000), st.integers(7, 9_000), st.integers(1, 9_000))
def test_a_streamed_text_comes_in_bounded_pieces_and_whole(length: int, piece: int, part: int) -> None:
    text = digits(length)
    parts: list[WireItem] = []
    value = pack("RUN#7", "cod", text, parts)
    if not is_external(value):
        return
    packed = b"".join(base64.b64decode(one["b"]["B"]) for one in parts)
    cut = [{"b": {"B": base64.b64encode(packed[n : n + part])}} for n in range(0, len(packed), part)]
    pieces = list(stream_parts(value, cut, piece_bytes=piece))
    assert b"".join(pieces).decode() == text
    assert max(map(len, pieces)) <= piece


def test_the_end_of_a_text_that_is_not_the_stored_one_is_never_streamed() -> None:
    parts, others = list[WireItem](), list[WireItem]()
    value = pack("RUN#7", "cod", digits(900_000), parts)
    pack("RUN#7", "cod", digits(900_001), others)
    assert len(parts) > 1
    for wrong, complaint in (
        (others, "digest"),
        ([parts[0], None], "missing"),
        (parts[:1], "ends too early"),
    ):
        streamed = b""
        with pytest.raises(Corrupt, match=complaint):
            for piece in stream_parts(value, wrong):
                streamed += piece
        assert 0 < len(streamed) < 900_000
    with pytest.raises(Corrupt, match="decompressed"):
        next(stream_parts(value, [{"b": {"B": b"junk"}}]))


def test_a_text_begins_with_whole_characters_of_its_first_part() -> None:
    text = "".join(random.Random(2).choices("가나다라마바사", k=600_000))
    parts: list[WireItem] = []
    pack("TC#1", "in", text, parts)
    assert beginning(parts[0], 10) == text[:3]
    assert text.startswith(beginning(parts[0], 10_000))
    with pytest.raises(Corrupt):
        beginning({PART: {"B": "AAAA"}}, 10)


@pytest.mark.parametrize("text", ["x" * COMPRESSED_FROM, "정답" * 600, "x" * INLINE_BYTES])
def test_a_text_is_read_as_it_was_stored_before_short_ones_were_compressed(text: str) -> None:
    value = {"S": text}
    assert unpack_inline(value) == text
    assert text_bytes(value) == len(text.encode())


BOMB = {"B": base64.b64encode(zlib.compress(b"x" * 50_000_000, 9)).decode()}


def test_a_text_in_its_item_is_decompressed_no_further_than_it_may_be_long() -> None:
    for read in (unpack_inline, text_bytes):
        tracemalloc.start()
        with pytest.raises(Corrupt, match="longer than"):
            read(BOMB)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
        tracemalloc.stop()


def test_a_text_in_parts_is_decompressed_no_further_than_its_length() -> None:
    value = pack("RUN#7", "cod", digits(20_000), [])
    for read in (unpack_parts, lambda value, parts: list(stream_parts(value, parts))):
        tracemalloc.start()
        with pytest.raises(Corrupt, match="digest"):
            read(value, [{"b": BOMB}])
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
        tracemalloc.stop()


def test_a_text_in_its_item_that_is_cut_off_is_found() -> None:
    packed = zlib.compress(b"x" * 3_000)
    with pytest.raises(Corrupt, match="ends too early"):
        unpack_inline({"B": base64.b64encode(packed[:-5]).decode()})
