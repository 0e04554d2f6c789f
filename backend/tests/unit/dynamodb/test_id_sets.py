"""Sets of ids as bytes: small, and read as they were written."""

from __future__ import annotations

import random
import zlib

import pytest

from api.dynamodb.codec.id_sets import pack_ids, unpack_ids
from api.dynamodb.codec.items import CODECS
from api.dynamodb.errors import InvalidInput, ItemTooLarge
from api.dynamodb.schema.ids import MAX_ID


def new_ids(count: int) -> frozenset[int]:
    """Ids of about a year, as the service makes them."""
    made = random.Random(7)
    return frozenset(883_000_000_000_000 + made.randrange(2**47) for _ in range(count))


def test_a_set_comes_back_as_it_went_in() -> None:
    for ids in (frozenset[int](), frozenset({0}), frozenset({MAX_ID}), frozenset({0, MAX_ID}), new_ids(1000)):
        assert unpack_ids(pack_ids(ids)) == ids


def test_new_ids_take_about_six_bytes_each_and_migrated_ones_about_one() -> None:
    assert len(pack_ids(new_ids(2000))) < 6.2 * 2000
    assert len(pack_ids(frozenset(random.Random(7).sample(range(30_000), 5000)))) < 1.1 * 5000


@pytest.mark.parametrize("bad", [-1, MAX_ID + 1, True, 1.0, "1", None])
def test_it_refuses_what_is_no_id(bad: object) -> None:
    with pytest.raises(InvalidInput):
        pack_ids({7, bad})  # type: ignore[arg-type]


def test_it_does_not_read_other_bytes() -> None:
    with pytest.raises(zlib.error):
        unpack_ids(b"other")
    with pytest.raises(ValueError, match="not a set of ids"):
        unpack_ids(zlib.compress(b"1234567"))


def test_a_set_that_its_item_cannot_hold_is_refused_by_name() -> None:
    with pytest.raises(ItemTooLarge, match="solved has"):
        CODECS["progress"].encode_field("solved", new_ids(80_000))
