"""Texts in parts are put together as they come, and whatever is wrong with one is named."""

from __future__ import annotations

import base64
import random
import zlib
from hashlib import blake2b
from typing import Any

import pytest

from migration.verify.text_parts import TextAssembler, examine, text_record

TEXT = random.Random(5).randbytes(4_000).hex().encode()
DIGEST = blake2b(TEXT, digest_size=8).hexdigest()
PK, NAME = "TXT#RUN#7", f"cod#{DIGEST}"
WHOLE = text_record(PK, NAME, "3", "", str(len(TEXT)))


def parts(data: bytes | None = None) -> list[dict[str, Any]]:
    packed = zlib.compress(TEXT) if data is None else data
    third = len(packed) // 3 + 1
    return [
        {
            "PK": {"S": PK},
            "SK": {"S": f"{NAME}#{number:04}"},
            "b": {"B": base64.b64encode(packed[number * third : (number + 1) * third]).decode()},
        }
        for number in range(3)
    ]


def put_together(items: list[dict[str, Any]]) -> tuple[list[str], set[tuple[str, str]]]:
    records: list[str] = []
    unfinished: set[tuple[str, str]] = set()
    texts = TextAssembler(lambda pk, record: records.append(record), lambda *key: unfinished.add(key))
    for item in items:
        assert texts.add(item)
    texts.end()
    return records, unfinished


def test_parts_in_order_are_a_whole_text() -> None:
    assert put_together(parts()) == ([WHOLE], set())
    assert list(examine(PK, NAME, parts())) == [(WHOLE, "")]


@pytest.mark.parametrize("order", [(2, 1, 0), (0, 2, 1), (1, 2, 0)])
def test_parts_out_of_order_are_left_to_be_fetched_again(order: tuple[int, ...]) -> None:
    assert put_together([parts()[number] for number in order]) == ([], {(PK, NAME)})


@pytest.mark.parametrize("lost", [0, 1, 2])
def test_a_lost_part_is_named(lost: int) -> None:
    remaining = [item for number, item in enumerate(parts()) if number != lost]
    assert put_together(remaining) == ([], {(PK, NAME)})
    ((record, problem),) = examine(PK, NAME, remaining)
    assert problem == f"part {lost:04} is missing"
    assert record != WHOLE


def test_a_text_of_another_digest_is_not_the_one_that_its_key_names() -> None:
    altered = parts(zlib.compress(TEXT[:-1] + b"x"))
    assert put_together(altered) == ([], {(PK, NAME)})
    assert [problem for _, problem in examine(PK, NAME, altered)] == [
        "the text does not have the digest in its key"
    ]


def test_a_part_of_another_ttl_is_named() -> None:
    items = parts()
    items[1]["ttl"] = {"N": "5"}
    assert put_together(items) == ([], {(PK, NAME)})
    assert [problem for _, problem in examine(PK, NAME, items)] == ["part 0001 has ttl 5, the first one none"]


def test_a_part_behind_the_end_is_named() -> None:
    more = {**parts()[2], "SK": {"S": f"{NAME}#0003"}}
    assert put_together([*parts(), more])[1] == {(PK, NAME)}
    assert [problem for _, problem in examine(PK, NAME, [*parts(), more])] == [
        "part 0003 comes after the text's end"
    ]


def test_no_parts_are_no_record() -> None:
    assert list(examine(PK, NAME, [])) == []


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"b": {"S": "text"}},
        {"b": {"B": "!"}},
        {"b": {"B": ""}, "extra": {"S": ""}},
        {"b": {"B": ""}, "ttl": {}},
    ],
    ids=["no_bytes", "a_text", "no_base64", "an_attribute_more", "no_ttl"],
)
def test_an_item_that_is_no_part_is_refused(attributes: dict[str, Any]) -> None:
    item = {"PK": {"S": PK}, "SK": {"S": f"{NAME}#0000"}, **attributes}
    assert not TextAssembler(lambda pk, record: None, lambda pk, name: None).add(item)


@pytest.mark.parametrize("number", ["1", "00001", "001", "x"])
def test_a_part_whose_number_is_not_padded_to_four_digits_is_missing(number: str) -> None:
    items = parts()
    items[1]["SK"] = {"S": f"{NAME}#{number}"}
    ((_, problem),) = examine(PK, NAME, items)
    assert problem == "part 0001 is missing"


def test_texts_that_never_end_take_no_memory_of_their_own() -> None:
    unfinished: set[tuple[str, str]] = set()
    assembler = TextAssembler(lambda pk, record: None, lambda *key: unfinished.add(key))
    for number in range(200):
        assembler.add({**parts()[0], "PK": {"S": f"TXT#RUN#{number}"}})
    assert len(assembler._open) == 16
    assembler.end()
    assert len(unfinished) == 200
