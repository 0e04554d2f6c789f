"""Ids of rows take eight bytes each."""

from __future__ import annotations

import random

from migration.verify.row_ids import RowIds


def test_it_holds_exactly_the_ids_that_were_given() -> None:
    rng = random.Random(5)
    numbers = [rng.randrange(-50, 2**53) for _ in range(500)] + [7, 7, 9]
    ids = RowIds(numbers)
    assert list(ids) == sorted(set(numbers))
    assert len(ids) == len(set(numbers))
    assert all(number in ids for number in numbers)
    assert not any(number + 1 in ids for number in set(numbers) - {n - 1 for n in numbers})
    assert 1 not in RowIds()
