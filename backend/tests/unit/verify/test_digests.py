"""Digests of multisets: the order does not matter, everything else does."""

from __future__ import annotations

import random

from migration.verify.digest import RecordDigests, differing_buckets, hash_of, render
from migration.verify.item_kinds import BUCKETS, OUTSIDE, bucket_number, bucket_width


def digests(records: list[dict[str, str]]) -> RecordDigests:
    totals = RecordDigests()
    for record in records:
        totals.add(("users", 0), 1, hash_of(render(record)))
    return totals


def test_the_order_of_records_and_of_attributes_does_not_matter() -> None:
    records = [{"id": str(number), "name": f"n{number}"} for number in range(50)]
    shuffled = [dict(reversed(record.items())) for record in random.Random(1).sample(records, 50)]
    assert not differing_buckets(digests(records), digests(shuffled))


def test_a_record_that_stands_twice_is_found_even_where_a_xor_would_cancel_out() -> None:
    record = {"id": "1"}
    assert differing_buckets(digests([record]), digests([record, record, record])) == {("users", 0)}


def test_a_bucket_that_one_side_lacks_differs() -> None:
    assert differing_buckets(digests([{"id": "1"}]), RecordDigests()) == {("users", 0)}
    assert not differing_buckets(RecordDigests(), RecordDigests())


def test_merging_adds_up() -> None:
    complete = digests([{"id": "1"}, {"id": "2"}])
    half = digests([{"id": "1"}])
    half.merge(digests([{"id": "2"}]))
    assert not differing_buckets(complete, half)


def test_a_step_never_has_more_buckets_than_declared() -> None:
    for last in (0, 1, 40, 10**6, 10**12, 2**53):
        width = bucket_width(last)
        assert 0 <= bucket_number(last, width) < BUCKETS
        assert bucket_number(-1, width) == OUTSIDE
        assert bucket_number(width * BUCKETS, width) == OUTSIDE
