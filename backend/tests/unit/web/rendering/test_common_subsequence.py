"""Common subsequences: really common, in order, and none is longer."""

from __future__ import annotations

import random
from functools import cache, partial
from itertools import pairwise

import pytest

from tests.support.cpu_time import cpu_seconds
from web.rendering.common_subsequence import common_pairs


def length_by_definition(left: str, right: str) -> int:
    @cache
    def length(i: int, j: int) -> int:
        if i == len(left) or j == len(right):
            return 0
        if left[i] == right[j]:
            return 1 + length(i + 1, j + 1)
        return max(length(i + 1, j), length(i, j + 1))

    return length(0, 0)


@pytest.mark.parametrize("letters", ["a", "ab", "abcd", "abcdefghijkl"])
def test_pairs_are_a_longest_common_subsequence(letters: str) -> None:
    chance = random.Random(letters)
    for _ in range(200):
        left, right = ("".join(chance.choices(letters, k=chance.randrange(12))) for _ in range(2))
        pairs = common_pairs(left, right)
        assert all(left[i] == right[j] for i, j in pairs)
        assert all(i < k and j < n for (i, j), (k, n) in pairwise(pairs))
        assert len(pairs) == length_by_definition(left, right)


def test_nothing_has_nothing_in_common() -> None:
    assert common_pairs([], ["a"]) == common_pairs(["a"], []) == common_pairs(["a"], ["b"]) == []


@pytest.mark.parametrize("letters", ["a", "ab", "0123456789"])
def test_four_times_the_elements_take_at_most_sixteen_times_the_cpu_time(letters: str) -> None:
    chance = random.Random(letters)
    little, much = ([chance.choices(letters, k=size) for _ in range(2)] for size in (500, 2_000))
    for _attempt in range(3):  # other processes can slow a measurement down
        seconds = [cpu_seconds(partial(common_pairs, *sequences)) for sequences in (little, much)]
        if seconds[1] < 32 * seconds[0]:
            break
    else:
        pytest.fail(f"{seconds[0]:.4f} s grew to {seconds[1]:.4f} s")
