"""Digests of multisets: the order does not matter, everything else does."""

from __future__ import annotations

import random

from migration.verify.digest import Digests, differing, number_of, render
from migration.verify.kinds import BUCKETS, OUTSIDE, bucket_number, bucket_width


def digests(records: list[dict[str, str]]) -> Digests:
    made = Digests()
    for record in records:
        made.add(("users", 0), 1, number_of(render(record)))
    return made


def test_the_order_of_records_and_of_attributes_does_not_matter() -> None:
    records = [{"id": str(number), "name": f"n{number}"} for number in range(50)]
    shuffled = [dict(reversed(record.items())) for record in random.Random(1).sample(records, 50)]
    assert not differing(digests(records), digests(shuffled))


def test_a_record_that_stands_twice_is_found_even_where_a_xor_would_cancel_out() -> None:
    record = {"id": "1"}
    assert differing(digests([record]), digests([record, record, record])) == {("users", 0)}


def test_a_bucket_that_one_side_lacks_differs() -> None:
    assert differing(digests([{"id": "1"}]), Digests()) == {("users", 0)}
    assert not differing(Digests(), Digests())


def test_merging_adds_up() -> None:
    whole = digests([{"id": "1"}, {"id": "2"}])
    half = digests([{"id": "1"}])
    half.merge(digests([{"id": "2"}]))
    assert not differing(whole, half)


def test_a_step_never_has_more_buckets_than_declared() -> None:
    for last in (0, 1, 40, 10**6, 10**12, 2**53):
        width = bucket_width(last)
        assert 0 <= bucket_number(last, width) < BUCKETS
        assert bucket_number(-1, width) == OUTSIDE
        assert bucket_number(width * BUCKETS, width) == OUTSIDE
